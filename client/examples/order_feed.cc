// An internal service: hands on its orders, here one a line of standard input as "ID MEMBER CENTS",
// and asks how many members a condition has afterwards. Run again with the same import id it goes
// on where it was interrupted.
//   example_order_feed SHOP IMPORT_ID CONDITION < orders     (SEGCTL_ADDRESS, SEGCTL_TOKEN)
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>

#include "segmentation/client.h"

namespace v1 = segmentation::v1;

int Fail(const absl::Status& status) {
  std::cerr << status.message() << "\n";
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: example_order_feed SHOP IMPORT_ID CONDITION < orders\n";
    return 2;
  }
  segmentation::ClientOptions options;
  if (const char* address = std::getenv("SEGCTL_ADDRESS")) options.address = address;
  if (const char* token = std::getenv("SEGCTL_TOKEN")) options.token = token;
  options.actor.set_name("order-feed");
  const absl::StatusOr<segmentation::Client> client = segmentation::Client::Connect(options);
  if (!client.ok()) return Fail(client.status());

  segmentation::ImportOptions import;
  import.import_id = argv[2];
  import.on_rejected = [](const segmentation::RejectedRow& row) {
    std::cerr << "row " << row.row_index + 1 << ": " << row.status.message() << "\n";
};
import.on_progress = [](const segmentation::ImportProgress& progress) {
  std::cerr << progress.committed_rows << " rows are in\n";
}
;
segmentation::OrderImport orders = client->ImportOrders(argv[1], import);
std::string line;
while (std::getline(std::cin, line)) {
  std::istringstream fields(line);
  std::string id, member;
  int64_t cents = 0;
  if (!(fields >> id >> member >> cents)) continue;
  v1::Order order;
  order.set_source("feed");
  order.set_external_id(id);
  order.set_member_id(member);
  order.set_status(v1::ORDER_STATUS_PAID);
  order.mutable_created_at()->set_seconds(std::time(nullptr));
  *order.mutable_paid_at() = order.created_at();
  order.set_goods_paid_minor_units(cents);
  if (const absl::Status status = orders.Add(order); !status.ok()) return Fail(status);
}
const absl::StatusOr<segmentation::ImportResult> result = orders.Finish();
if (!result.ok()) return Fail(result.status());
std::cout << result->progress.totals.accepted_count() << " orders changed something\n";

v1::PreviewGroupRequest preview;
preview.set_shop_id(argv[1]);
preview.mutable_condition()->set_text(argv[3]);
segmentation::CallOptions after_import;
after_import.min_revision_token = result->revision_token;
const absl::StatusOr<v1::PreviewGroupResponse> count = client->PreviewGroup(preview, after_import);
if (!count.ok()) return Fail(count.status());
std::cout << count->member_count() << " members\n";
return 0;
}
