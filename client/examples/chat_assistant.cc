// A chat assistant's plugin: finds the buyer by their account name, shows what is known, writes the
// tag it just heard, and reads its own write.
//   example_chat_assistant SHOP NICK CATEGORY VALUE     (address and token: SEGCTL_ADDRESS,
//   SEGCTL_TOKEN)
#include <cstdlib>
#include <iostream>
#include <string>

#include "segmentation/client.h"

namespace v1 = segmentation::v1;

int Fail(const absl::Status& status) {
  std::cerr << status.message() << "\n";
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: example_chat_assistant SHOP NICK CATEGORY VALUE\n";
    return 2;
  }
  segmentation::ClientOptions options;
  if (const char* address = std::getenv("SEGCTL_ADDRESS")) options.address = address;
  if (const char* token = std::getenv("SEGCTL_TOKEN")) options.token = token;
  options.actor.set_name("agent:xiaomei");
  options.actor.set_origin("chat-assistant");
  // A person waits: better no answer than a late one.
  options.deadline = absl::Seconds(2);
  const absl::StatusOr<segmentation::Client> client = segmentation::Client::Connect(options);
  if (!client.ok()) return Fail(client.status());

  v1::LookupMemberRequest lookup;
  lookup.set_shop_id(argv[1]);
  lookup.mutable_identity()->set_kind(v1::IDENTITY_KIND_NICK);
  lookup.mutable_identity()->set_value(argv[2]);
  absl::StatusOr<v1::LookupMemberResponse> found = client->LookupMember(lookup);
  if (segmentation::GetErrorReason(found.status()) == v1::ERROR_REASON_MEMBER_NOT_FOUND) {
    std::cout << "a new face\n";
    return 0;
  }
  if (!found.ok()) return Fail(found.status());
  const std::string member_id = found->member().member_id();

  v1::TagMemberRequest tag;
  tag.set_shop_id(argv[1]);
  tag.set_member_id(member_id);
  v1::TagAssignment& assignment = *tag.add_tags();
  assignment.set_category(argv[3]);
  assignment.set_value(argv[4]);
  assignment.set_source(v1::TAG_SOURCE_AGENT);
  const absl::StatusOr<v1::TagMemberResponse> tagged = client->TagMember(tag);
  if (!tagged.ok()) return Fail(tagged.status());
  std::cout << v1::TagOutcome_Name(tagged->changes(0).outcome()) << "\n";

  // The answer's token makes the next read see this write on every replica.
  segmentation::CallOptions after_write;
  after_write.min_revision_token = tagged->revision_token();
  v1::ListMemberTagsRequest list;
  list.set_shop_id(argv[1]);
  list.set_member_id(member_id);
  for (const auto& known : client->ListMemberTags(list, after_write)) {
    if (!known.ok()) return Fail(known.status());
    std::cout << known->category_name() << "/" << known->value() << "\n";
  }
  return 0;
}
