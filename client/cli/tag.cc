// segctl tag.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/import/csv_header.h"
#include "client/cli/import/csv_reader.h"
#include "client/cli/import/field_text.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct TagFlags {
  std::string member, source = "agent", expires, reference, file;
  std::vector<std::string> tags;
  int confidence = 0;
  int64_t limit = 100;
};

using Flags = std::shared_ptr<TagFlags>;

// CATEGORY/VALUE, or CATEGORY/VALUE=NUMBER of a numeric category. The category may be
// "template.name".
absl::StatusOr<v1::TagAssignment> ParseAssignment(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return absl::InvalidArgumentError("TAG: got '" + text +
                                      "', want CATEGORY/VALUE, e.g. 肤质/油性 or 尺寸/胸围=88.5");
  }
  v1::TagAssignment tag;
  tag.set_category(text.substr(0, slash));
  const std::string rest = text.substr(slash + 1);
  const size_t equals = rest.rfind('=');
  // Only a number after the sign is one: values may hold "=".
  if (equals != std::string::npos && ParseDecimal(rest.substr(equals + 1)).ok()) {
    tag.set_value(rest.substr(0, equals));
    tag.set_number(rest.substr(equals + 1));
  } else {
    tag.set_value(rest);
  }
  return tag;
}

// CATEGORY/VALUE, or CATEGORY alone for all its values.
v1::TagKey ParseTagKey(const std::string& text) {
  const size_t slash = text.find('/');
  v1::TagKey key;
  key.set_category(text.substr(0, slash));
  if (slash != std::string::npos) key.set_value(text.substr(slash + 1));
  return key;
}

absl::StatusOr<v1::TagSource> ParseSource(const TagFlags& flags) {
  return ParseEnum<v1::TagSource>(*v1::TagSource_descriptor(), "TAG_SOURCE_", "--source",
                                  flags.source);
}

absl::Status TagMember(Session& session, Client& client, const TagFlags& flags) {
  v1::TagMemberRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.set_member_id(flags.member);
  auto source = ParseSource(flags);
  if (!source.ok()) return source.status();
  for (const std::string& text : flags.tags) {
    auto tag = ParseAssignment(text);
    if (!tag.ok()) return tag.status();
    tag->set_source(*source);
    tag->set_confidence_percent(flags.confidence);
    tag->set_reference(flags.reference);
    if (!flags.expires.empty()) {
      auto time = ParseTimeFlag(session, client, "--expires", flags.expires);
      if (!time.ok()) return time.status();
      *tag->mutable_expires_at() = *time;
    }
    *request.add_tags() = *std::move(tag);
  }
  return PrintAnswer(session, client.TagMember(request, session.call()));
}

// Reads member_id, tag[, remove] rows and sends them 512 members at a time.
class BatchTagging {
 public:
  BatchTagging(Session& session, Client& client, const TagFlags& flags)
      : session_(session), client_(client), flags_(flags) {}

  absl::Status Run() {
    if (absl::Status status = SetShop(session_, &request_); !status.ok()) return status;
    auto source = ParseSource(flags_);
    if (!source.ok()) return source.status();
    auto reader = CsvReader::Open(flags_.file, std::nullopt, 0);
    if (!reader.ok()) return reader.status();
    CsvRow row;
    absl::StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::InvalidArgumentError(flags_.file + " is empty");
    const CsvHeader header(row.fields);
    auto member = header.Require("member_id", flags_.file);
    if (!member.ok()) return member.status();
    auto tag = header.Require("tag", flags_.file);
    if (!tag.ok()) return tag.status();
    const std::optional<size_t> remove = header.Find({"remove"});
    while (true) {
      more = (*reader)->Next(&row);
      if (!more.ok()) return more.status();
      if (!*more) break;
      if (absl::Status status = Add(row, *member, *tag, remove, *source); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = Send(); !status.ok()) return status;
    Json json{{"done_count", done_}, {"failed_count", failures_.size()}, {"failures", failures_}};
    json["revision_token"] = revision_token_;
    session_.output().Print(json);
    return failures_.empty() ? absl::OkStatus()
                             : absl::InvalidArgumentError(
                                   absl::StrCat(failures_.size(), " rows could not be done"));
  }

 private:
  void Fail(int64_t line, const std::string& member, const std::string& message) {
    failures_.push_back({{"line", line}, {"member_id", member}, {"message", message}});
  }

  absl::Status Add(const CsvRow& row, size_t member, size_t tag, std::optional<size_t> remove,
                   v1::TagSource source) {
    absl::StatusOr<std::string> id = CleanId(FieldAt(row.fields, member));
    absl::StatusOr<bool> removed = ParseYesNo(FieldAt(row.fields, remove));
    const std::string text = CleanText(FieldAt(row.fields, tag));
    absl::StatusOr<v1::TagAssignment> assignment;
    absl::Status problem = id.ok() ? removed.status() : id.status();
    if (problem.ok() && !*removed) {
      assignment = ParseAssignment(text);
      problem = assignment.status();
    }
    if (!problem.ok()) {
      Fail(row.line, id.ok() ? *id : "", std::string(problem.message()));
      return absl::OkStatus();
    }
    v1::TagMemberItem& item = *request_.add_items();
    item.set_member_id(*id);
    if (*removed) {
      *item.add_removals() = ParseTagKey(text);
    } else {
      assignment->set_source(source);
      assignment->set_confidence_percent(flags_.confidence);
      *item.add_tags() = *std::move(assignment);
    }
    lines_.push_back(row.line);
    return request_.items_size() == kMostItems ? Send() : absl::OkStatus();
  }

  absl::Status Send() {
    if (request_.items().empty()) return absl::OkStatus();
    CallOptions options = session_.call();
    options.request_id.clear();  // one command may be many requests
    auto answer = client_.BatchTagMembers(request_, options);
    if (!answer.ok()) return answer.status();
    if (!answer->revision_token().empty()) revision_token_ = answer->revision_token();
    for (int i = 0; i < answer->results_size(); ++i) {
      const v1::BatchItemStatus& status = answer->results(i).status();
      if (status.code() == 0) {
        ++done_;
      } else {
        Fail(lines_[static_cast<size_t>(i)], request_.items(i).member_id(), status.message());
      }
    }
    request_.clear_items();
    lines_.clear();
    return absl::OkStatus();
  }

  static constexpr int kMostItems = 500;
  Session& session_;
  Client& client_;
  const TagFlags& flags_;
  v1::BatchTagMembersRequest request_;
  std::vector<int64_t> lines_;
  int64_t done_ = 0;
  std::vector<Json> failures_;
  std::string revision_token_;
};

absl::Status History(Session& session, Client& client, const TagFlags& flags) {
  v1::ListTagHistoryRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.set_member_id(flags.member);
  return session.output().PrintList(client.ListTagHistory(request, session.call()), "events",
                                    {"occurred_at", "member_id", "kind", "tag.category_name",
                                     "tag.value", "tag.source", "actor_name"},
                                    flags.limit);
}

}  // namespace

void AddTagCategoryCommands(CLI::App& tag, Session& session);  // tag_category.cc

void AddTagCommands(CLI::App& app, Session& session) {
  CLI::App* tag = AddNoun(app, "tag", "Tags on members, and their categories and values");
  AddTagCategoryCommands(*tag, session);
  auto flags = std::make_shared<TagFlags>();

  CLI::App* member =
      AddCommand(*tag, session, "member", "Put tags on a member",
                 [&session, flags](Client& client) { return TagMember(session, client, *flags); });
  member->add_option("MEMBER", flags->member)->required();
  member->add_option("TAG", flags->tags, "CATEGORY/VALUE, or CATEGORY/NAME=NUMBER")->required();
  member->add_option("--source", flags->source, "agent, buyer, batch, rule, import, model");
  member->add_option("--confidence", flags->confidence, "1 to 100 percent");
  member->add_option("--expires", flags->expires, "from when it no longer holds");
  member->add_option("--reference", flags->reference, "order or conversation it comes from");

  CLI::App* untag =
      AddCommand(*tag, session, "untag", "Take tags off a member",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::UntagMemberRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.set_member_id(flags->member);
                   for (const std::string& text : flags->tags)
                     *request.add_tags() = ParseTagKey(text);
                   return PrintAnswer(session, client.UntagMember(request, session.call()));
                 });
  untag->add_option("MEMBER", flags->member)->required();
  untag->add_option("TAG", flags->tags, "CATEGORY/VALUE, or CATEGORY for all its values")
      ->required();

  CLI::App* batch =
      AddCommand(*tag, session, "batch", "Put or take tags for many members, from a CSV file",
                 [&session, flags](Client& client) -> absl::Status {
                   TagFlags batch_flags = *flags;
                   if (batch_flags.source == "agent") batch_flags.source = "batch";
                   return BatchTagging(session, client, batch_flags).Run();
                 });
  batch->add_option("FILE", flags->file, "columns member_id, tag (CATEGORY/VALUE), remove (yes/no)")
      ->required();
  batch->add_option("--source", flags->source, "else batch");
  batch->add_option("--confidence", flags->confidence, "1 to 100 percent");

  AddCommand(*tag, session, "of", "List the tags of a member",
             [&session, flags](Client& client) -> absl::Status {
               v1::ListMemberTagsRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_member_id(flags->member);
               return session.output().PrintList(
                   client.ListMemberTags(request, session.call()), "tags",
                   {"category_name", "value", "number", "source", "confidence_percent",
                    "assigned_at", "actor_name", "expires_at"});
             })
      ->add_option("MEMBER", flags->member)
      ->required();

  CLI::App* history =
      AddCommand(*tag, session, "history", "What happened to the tags of a member, newest first",
                 [&session, flags](Client& client) { return History(session, client, *flags); });
  history->add_option("MEMBER", flags->member)->required();
  history->add_option("--limit", flags->limit, "at most so many; 0 = all");
}

}  // namespace segmentation::cli
