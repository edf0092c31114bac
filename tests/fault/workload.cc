#include "tests/fault/workload.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/checksum.h"

namespace segmentation::fault {
namespace {

constexpr int kNotesPerMember = 500;  // below the service's limit of a member

std::string HashOf(const std::string& bytes) {
  char text[24];
  std::snprintf(text, sizeof(text), "%zu-%08x", bytes.size(), internal::Crc32c(bytes));
  return text;
}

template <typename Response>
absl::StatusOr<std::string> BytesOf(const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return response->SerializeAsString();
}

// How often each thing is there.
using Counts = std::map<std::string, int>;

template <typename T, typename NameOf>
absl::Status CountAll(PageRange<T> range, Counts& counts, NameOf name_of) {
  for (const auto& item : range) {
    if (!item.ok()) return item.status();
    ++counts[name_of(*item)];
  }
  return absl::OkStatus();
}

std::string NoteMember(int number) { return absl::StrCat("m-note-", number / kNotesPerMember); }
std::string BatchMember(int index) { return absl::StrCat("m-batch-", index); }

}  // namespace

Workload::Workload(std::string shop_id, const std::string& ledger_path, uint64_t seed)
    : shop_id_(std::move(shop_id)),
      ledger_path_(ledger_path),
      ledger_(ledger_path),
      random_(seed) {}

absl::StatusOr<std::unique_ptr<Workload>> Workload::Make(const Client& client,
                                                         const std::string& shop_id,
                                                         const std::string& ledger_path,
                                                         uint64_t seed) {
  std::unique_ptr<Workload> made(new Workload(shop_id, ledger_path, seed));
  if (absl::Status status = made->Prepare(client); !status.ok()) return status;
  return made;
}

absl::Status Workload::Prepare(const Client& client) {
  auto shop = In<v1::CreateShopRequest>();
  shop.mutable_shop()->set_time_zone("Asia/Shanghai");
  shop.mutable_shop()->set_currency_code("CNY");
  if (auto made = client.CreateShop(shop); !made.ok()) return made.status();
  for (const char* id : {"single", "batch"}) {
    auto category = In<v1::CreateTagCategoryRequest>();
    category.mutable_category()->set_category_id(id);
    category.mutable_category()->set_display_name(id);
    category.mutable_category()->set_kind(v1::TAG_CATEGORY_KIND_FREE);
    category.mutable_category()->set_choice(v1::TAG_CHOICE_MULTI);
    if (auto made = client.CreateTagCategory(category); !made.ok()) return made.status();
  }
  auto members = In<v1::BatchUpsertMembersRequest>();
  members.add_members()->set_member_id("m-tag");
  for (int i = 0; i < kBatchMembers; ++i) members.add_members()->set_member_id(BatchMember(i));
  for (int i = 0; i < 20; ++i)
    members.add_members()->set_member_id(NoteMember(i * kNotesPerMember));
  return client.BatchUpsertMembers(members).status();
}

std::pair<std::string, Send> Workload::NextSingle(int number, const std::string& request_id) const {
  if (number % 2 == 0) {
    auto request = In<v1::AddNoteRequest>();
    request.set_request_id(request_id);
    request.set_member_id(NoteMember(number / 2));
    request.set_text(absl::StrCat("n", number));
    return {absl::StrCat("note n", number),
            [request](const Client& client) { return BytesOf(client.AddNote(request)); }};
  }
  auto request = In<v1::TagMemberRequest>();
  request.set_request_id(request_id);
  request.set_member_id("m-tag");
  v1::TagAssignment* const tag = request.add_tags();
  tag->set_category("single");
  tag->set_value(absl::StrCat("t", number));
  tag->set_source(v1::TAG_SOURCE_AGENT);
  return {absl::StrCat("tag t", number),
          [request](const Client& client) { return BytesOf(client.TagMember(request)); }};
}

std::pair<std::string, Send> Workload::NextBatch(int number, const std::string& request_id) const {
  auto request = In<v1::BatchTagMembersRequest>();
  request.set_request_id(request_id);
  for (int i = 0; i < kBatchMembers; ++i) {
    v1::TagMemberItem* const item = request.add_items();
    item->set_member_id(BatchMember(i));
    v1::TagAssignment* const tag = item->add_tags();
    tag->set_category("batch");
    tag->set_value(absl::StrCat("b", number));
    tag->set_source(v1::TAG_SOURCE_BATCH);
  }
  return {absl::StrCat("batch b", number),
          [request](const Client& client) -> absl::StatusOr<std::string> {
            const auto answer = client.BatchTagMembers(request);
            if (!answer.ok()) return answer.status();
            for (const v1::TagMemberResult& result : answer->results()) {
              if (result.status().code() != 0 ||
                  result.changes(0).outcome() != v1::TAG_OUTCOME_APPLIED) {
                return absl::InternalError(absl::StrCat(
                    "the answer is not that of a first request: ", result.ShortDebugString()));
              }
            }
            return answer->SerializeAsString();
          }};
}

std::pair<std::string, Send> Workload::NextImport(int number, const std::string& request_id) const {
  return {absl::StrCat("import ", number),
          [this, number, request_id](const Client& client) -> absl::StatusOr<std::string> {
            ImportOptions options;
            options.import_id = request_id;
            options.chunk_rows = kImportOrders / 3;
            OrderImport import = client.ImportOrders(shop_id_, options);
            for (int i = 0; i < kImportOrders; ++i) {
              v1::Order order;
              order.set_source("kill");
              order.set_external_id(absl::StrCat("o", number, "-", i));
              v1::Identity* const buyer = order.add_buyer_identities();
              buyer->set_kind(v1::IDENTITY_KIND_OUID);
              buyer->set_value(absl::StrCat("buyer-", number % 50));
              order.set_status(v1::ORDER_STATUS_PAID);
              order.mutable_created_at()->set_seconds(1'700'000'000 + i);
              order.mutable_paid_at()->set_seconds(1'700'000'000 + i);
              order.set_goods_paid_minor_units(100);
              if (absl::Status added = import.Add(std::move(order)); !added.ok()) return added;
            }
            const auto done = import.Finish();
            if (!done.ok()) return done.status();
            // An order that went in twice under this import would be counted as unchanged.
            const v1::ImportCounts& totals = done->progress.totals;
            if (totals.accepted_count() != kImportOrders || totals.unchanged_count() != 0 ||
                totals.rejected_count() != 0) {
              return absl::InternalError(
                  absl::StrCat("the import's totals are wrong: ", totals.ShortDebugString()));
            }
            return totals.SerializeAsString();
          }};
}

std::pair<std::string, Send> Workload::NextGroup(int number, const std::string& request_id) const {
  auto request = In<v1::CreateGroupRequest>();
  request.set_request_id(request_id);
  request.mutable_group()->set_group_id(absl::StrCat("g", number));
  request.mutable_condition()->set_text(absl::StrCat("BUCKET('", number, "') < 50"));
  return {absl::StrCat("group g", number),
          [request](const Client& client) { return BytesOf(client.CreateGroup(request)); }};
}

void Workload::Write(int kind, const Client& client) {
  for (int number = 0; !stop_; ++number) {
    const std::string request_id = absl::StrCat(shop_id_, "-", kind, "-", number);
    auto [effect, send] = kind == 0   ? NextSingle(number, request_id)
                          : kind == 1 ? NextBatch(number, request_id)
                          : kind == 2 ? NextImport(number, request_id)
                                      : NextGroup(number, request_id);
    ledger_.Intend(request_id, effect);
    absl::StatusOr<std::string> answer = send(client);
    const std::lock_guard lock(mutex_);
    if (!answer.ok()) {
      unknown_.emplace(request_id, std::move(send));
      return;
    }
    ledger_.Acknowledge(request_id, HashOf(*answer));
    ++acknowledged_;
    answered_.emplace(request_id, Sent{std::move(send), *std::move(answer)});
  }
}

void Workload::Run(const ClientOptions& options) {
  std::vector<std::thread> writers;
  for (int kind = 0; kind < 4; ++kind) {
    writers.emplace_back([this, kind, options] {
      const auto client = Client::Connect(options);
      if (client.ok()) Write(kind, *client);
    });
  }
  for (std::thread& writer : writers) writer.join();
}

absl::Status Workload::ResolveUnknown(const Client& client) {
  for (auto& [request_id, send] : unknown_) {
    absl::StatusOr<std::string> answer = send(client);
    if (!answer.ok()) {
      return absl::Status(answer.status().code(),
                          absl::StrCat("the retry of ", request_id,
                                       " got no first answer: ", answer.status().ToString()));
    }
    ledger_.Acknowledge(request_id, HashOf(*answer));
    answered_.emplace(request_id, Sent{std::move(send), *std::move(answer)});
  }
  unknown_.clear();
  return absl::OkStatus();
}

absl::Status Workload::ReplaySome(const Client& client, size_t limit) {
  std::vector<const std::pair<const std::string, Sent>*> chosen;
  for (const auto& one : answered_) chosen.push_back(&one);
  std::shuffle(chosen.begin(), chosen.end(), random_);
  chosen.resize(std::min(limit, chosen.size()));
  for (const auto* one : chosen) {
    const absl::StatusOr<std::string> again = one->second.send(client);
    if (!again.ok()) {
      return absl::InternalError(
          absl::StrCat("the repeat of ", one->first, " failed: ", again.status().ToString()));
    }
    if (*again != one->second.answer) {
      return absl::InternalError(
          absl::StrCat("the repeat of ", one->first, " got another answer than the first"));
    }
  }
  return absl::OkStatus();
}

absl::Status Workload::Verify(const Client& client) const {
  const auto entries = Ledger::Read(ledger_path_);
  if (!entries.ok()) return entries.status();
  // What must be there once each, and how often it was found.
  std::set<std::string> wanted;
  int note_count = 0;
  for (const auto& [request_id, entry] : *entries) {
    if (entry.answer_hash.empty()) {
      return absl::InternalError(absl::StrCat(request_id, " was never answered"));
    }
    std::istringstream words(entry.effect);
    std::string kind;
    std::string name;
    words >> kind >> name;
    if (kind == "import") {
      for (int i = 0; i < kImportOrders; ++i) wanted.insert(absl::StrCat("order o", name, "-", i));
    } else if (kind == "batch") {
      for (int i = 0; i < kBatchMembers; ++i) {
        wanted.insert(absl::StrCat("batch ", BatchMember(i), " ", name));
      }
    } else {
      wanted.insert(entry.effect);
      if (kind == "note") ++note_count;
    }
  }
  Counts found;
  for (int i = 0; i <= note_count; i += kNotesPerMember) {
    auto notes = In<v1::ListNotesRequest>();
    notes.set_member_id(NoteMember(i));
    notes.set_page_size(1000);
    notes.set_reveal_purpose("ledger");
    absl::Status status = CountAll(client.ListNotes(notes), found, [](const v1::Note& note) {
      return absl::StrCat("note ", note.text());
    });
    if (!status.ok()) return status;
  }
  // The history has an event for every time that a tag was put on.
  const auto tags_of = [&](const std::string& member_id, const std::string& prefix) {
    auto history = In<v1::ListTagHistoryRequest>();
    history.set_member_id(member_id);
    history.set_page_size(1000);
    return CountAll(client.ListTagHistory(history), found, [&](const v1::TagEvent& event) {
      return absl::StrCat(prefix, event.tag().value());
    });
  };
  if (absl::Status status = tags_of("m-tag", "tag "); !status.ok()) return status;
  for (int i = 0; i < kBatchMembers; ++i) {
    absl::Status status = tags_of(BatchMember(i), absl::StrCat("batch ", BatchMember(i), " "));
    if (!status.ok()) return status;
  }
  auto orders = In<v1::ListOrdersRequest>();
  orders.set_page_size(1000);
  absl::Status status = CountAll(client.ListOrders(orders), found, [](const v1::Order& order) {
    return absl::StrCat("order ", order.external_id());
  });
  if (!status.ok()) return status;
  auto groups = In<v1::ListGroupsRequest>();
  groups.set_page_size(1000);
  status = CountAll(client.ListGroups(groups), found, [](const v1::Group& group) {
    return absl::StrCat("group ", group.group_id());
  });
  if (!status.ok()) return status;

  for (const std::string& effect : wanted) {
    if (found.count(effect) == 0) {
      return absl::DataLossError(absl::StrCat("LOST in ", shop_id_, ": ", effect));
    }
  }
  for (const auto& [effect, count] : found) {
    if (wanted.count(effect) == 0) {
      return absl::DataLossError(absl::StrCat("in ", shop_id_, " but not in the ledger: ", effect));
    }
    if (count != 1) {
      return absl::DataLossError(
          absl::StrCat("DOUBLE in ", shop_id_, ": ", effect, ", ", count, " times"));
    }
  }
  return absl::OkStatus();
}

}  // namespace segmentation::fault
