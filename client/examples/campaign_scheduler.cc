// A campaign scheduler: streams the audience of a group and hands it on in batches. Interrupted, it
// says where to go on; the audience is complete only when the stream said so and all sums agreed.
//   example_campaign_scheduler SHOP GROUP [CURSOR]     (address and token: SEGCTL_ADDRESS,
//   SEGCTL_TOKEN)
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "segmentation/client.h"

namespace v1 = segmentation::v1;

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: example_campaign_scheduler SHOP GROUP [CURSOR]\n";
    return 2;
  }
  segmentation::ClientOptions options;
  if (const char* address = std::getenv("SEGCTL_ADDRESS")) options.address = address;
  if (const char* token = std::getenv("SEGCTL_TOKEN")) options.token = token;
  const absl::StatusOr<segmentation::Client> client = segmentation::Client::Connect(options);
  if (!client.ok()) {
    std::cerr << client.status().message() << "\n";
    return 1;
  }

  v1::StreamGroupMembersRequest request;
  request.set_shop_id(argv[1]);
  request.set_group_id(argv[2]);
  if (argc == 4) request.set_resume_cursor(argv[3]);
  segmentation::MemberStream audience = client->StreamGroupMembers(request);
  int64_t handed_on = 0;
  while (true) {
    // Broken connections are mended inside: an error here is final.
    const absl::StatusOr<std::vector<std::string_view>> batch = audience.NextChunk();
    if (!batch.ok()) {
      std::cerr << batch.status().message() << "\ngo on with: " << audience.cursor() << "\n";
      return 1;
    }
    if (batch->empty()) break;
    for (const std::string_view member : *batch) std::cout << member << "\n";
    handed_on += static_cast<int64_t>(batch->size());
  }
  std::cerr << handed_on << " members, group revision " << audience.summary()->group_revision()
            << "\n";
  return 0;
}
