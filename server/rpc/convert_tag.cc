#include "server/rpc/convert_tag.h"

#include <google/protobuf/io/coded_stream.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/money.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"
#include "server/rpc/status.h"

namespace segmentation::rpc {
namespace {

constexpr int32_t kNumberDigits = 4;
constexpr size_t kMaxNumberBytes = 32;  // of a tag's number as text

const domain::TagCategory* CategoryOf(domain::TagCategoryNo number,
                                      const domain::ShopDefinitions& definitions) {
  const auto found = definitions.tag_categories.find(number);
  return found == definitions.tag_categories.end() ? nullptr : &found->second;
}

void SetCategory(const domain::TagCategory* category, v1::MemberTag& out) {
  if (category == nullptr) return;
  out.set_category_id(category->id);
  out.set_template_key(category->template_name);
  out.set_category_name(category->name);
}

v1::TagOutcome OutcomeOf(usecase::TagChangeOutcome outcome) {
  using enum usecase::TagChangeOutcome;
  switch (outcome) {
    case kApplied:
      return v1::TAG_OUTCOME_APPLIED;
    case kUpdated:
    case kAlreadyPresent:
      return v1::TAG_OUTCOME_ALREADY_PRESENT;
    case kOverruled:
    case kKeptForPerson:
      return v1::TAG_OUTCOME_OVERRULED;
    case kRemoved:
      return v1::TAG_OUTCOME_REMOVED;
    case kNotPresent:
      return v1::TAG_OUTCOME_NOT_PRESENT;
  }
  return v1::TAG_OUTCOME_UNSPECIFIED;
}

// The same error of an item of the request that is another one of what was handed on.
absl::Status Renumber(const absl::Status& status, size_t from, size_t to) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  const std::string old_prefix = absl::StrCat("items[", from, "]");
  if (from == to || !info || !info->field.starts_with(old_prefix)) return status;
  std::string_view message = base::FromAbsl(status.message());
  message.remove_prefix(info->field.size() + 2);
  return base::MakeError(info->reason,
                         base::StrCat("items[", to, "]", info->field.substr(old_prefix.size())),
                         message, info->metadata);
}

// Only what names the tag.
void KeepName(v1::MemberTag& tag) {
  v1::MemberTag name;
  name.set_category_id(tag.category_id());
  name.set_value(tag.value());
  tag = std::move(name);
}

}  // namespace

absl::StatusOr<domain::TagCategory> FromProto(const v1::TagCategory& message,
                                              std::string_view field) {
  const std::string prefix(field);
  domain::TagCategory category;
  category.id = message.category_id();
  category.template_name = message.template_key();
  category.name = message.display_name();
  ASSIGN_OR_RETURN(category.kind,
                   EnumFrom<domain::TagCategoryKind>(message.kind(), prefix + ".kind"));
  ASSIGN_OR_RETURN(category.choice,
                   EnumFrom<domain::TagChoice>(message.choice(), prefix + ".choice"));
  category.description = message.description();
  return category;
}

domain::Tag FromProto(const v1::Tag& message) {
  domain::Tag tag;
  tag.value = message.value();
  tag.exclusion_set = message.exclusion_set();
  tag.position = message.position();
  tag.synonyms.assign(message.synonyms().begin(), message.synonyms().end());
  tag.description = message.description();
  return tag;
}

absl::StatusOr<usecase::TagInput> FromProto(const v1::TagAssignment& message,
                                            std::string_view field,
                                            std::string_view default_reference) {
  const std::string prefix(field);
  usecase::TagInput input;
  input.category = message.category();
  input.value = message.value();
  if (!message.number().empty()) {
    RETURN_IF_ERROR(domain::ValidateText(message.number(), kMaxNumberBytes, prefix + ".number"));
    ASSIGN_OR_RETURN(input.number,
                     base::ParseDecimal(message.number(), kNumberDigits, prefix + ".number"));
  }
  ASSIGN_OR_RETURN(input.source, EnumFrom<domain::TagSource>(message.source(), prefix + ".source"));
  RETURN_IF_ERROR(domain::ValidateRange(message.confidence_percent(), 0,
                                        domain::kMaxConfidencePercent,
                                        prefix + ".confidence_percent"));
  input.confidence_percent = message.confidence_percent();
  if (message.has_expires_at()) {
    ASSIGN_OR_RETURN(input.expires_at, FromTimestamp(message.expires_at(), prefix + ".expires_at"));
  }
  input.reference =
      message.reference().empty() ? std::string(default_reference) : message.reference();
  return input;
}

usecase::TagRemoval FromProto(const v1::TagKey& key) { return {key.category(), key.value()}; }

absl::StatusOr<usecase::BatchTagItem> FromProto(const v1::TagMemberItem& message,
                                                std::string_view default_reference) {
  usecase::BatchTagItem item;
  item.member_id = message.member_id();
  for (const v1::TagKey& key : message.removals()) item.removals.push_back(FromProto(key));
  for (int i = 0; i < message.tags_size(); ++i) {
    ASSIGN_OR_RETURN(usecase::TagInput tag,
                     FromProto(message.tags(i), absl::StrCat("tags[", i, "]"), default_reference));
    item.tags.push_back(std::move(tag));
  }
  return item;
}

TagBatch FromProto(const v1::BatchTagMembersRequest& request) {
  TagBatch batch;
  for (int i = 0; i < request.items_size(); ++i) {
    absl::StatusOr<usecase::BatchTagItem> item =
        Under(absl::StrCat("items[", i, "]"),
              FromProto(request.items(i), request.actor().conversation_id()));
    batch.unreadable.push_back(item.status());
    if (item.ok()) batch.items.push_back(*std::move(item));
  }
  return batch;
}

v1::TagCategory ToProto(const domain::TagCategory& category, int64_t tag_count) {
  v1::TagCategory out;
  out.set_category_id(category.id);
  out.set_template_key(category.template_name);
  out.set_display_name(category.name);
  out.set_kind(EnumTo<v1::TagCategoryKind>(category.kind));
  out.set_choice(EnumTo<v1::TagChoice>(category.choice));
  out.set_description(category.description);
  out.set_tag_count(tag_count);
  *out.mutable_created_at() = ToTimestamp(category.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(category.stamp.updated_at_ms);
  out.set_etag(EtagText(category.stamp.etag));
  return out;
}

v1::Tag ToProto(const domain::Tag& tag, const domain::TagCategory& category) {
  v1::Tag out;
  out.set_category_id(category.id);
  out.set_value(tag.value);
  out.set_exclusion_set(tag.exclusion_set);
  out.set_position(tag.position);
  for (const std::string& synonym : tag.synonyms) out.add_synonyms(synonym);
  out.set_description(tag.description);
  *out.mutable_created_at() = ToTimestamp(tag.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(tag.stamp.updated_at_ms);
  out.set_etag(EtagText(tag.stamp.etag));
  return out;
}

v1::MemberTag ToProto(const domain::TagAssignment& assignment,
                      const domain::ShopDefinitions& definitions) {
  v1::MemberTag out;
  const auto tag = definitions.tags.find(assignment.tag_no);
  if (tag != definitions.tags.end()) {
    SetCategory(CategoryOf(tag->second.category_no, definitions), out);
    out.set_value(tag->second.value);
  }
  if (assignment.number) out.set_number(base::FormatDecimal(*assignment.number, kNumberDigits));
  out.set_source(EnumTo<v1::TagSource>(assignment.source));
  out.set_confidence_percent(assignment.confidence_percent);
  *out.mutable_assigned_at() = ToTimestamp(assignment.assigned_at_ms);
  out.set_actor_name(assignment.actor);
  if (assignment.expires_at_ms) *out.mutable_expires_at() = ToTimestamp(*assignment.expires_at_ms);
  out.set_reference(assignment.reference);
  return out;
}

v1::TagChange ToProto(const usecase::TagChange& change,
                      const domain::ShopDefinitions& definitions) {
  v1::TagChange out;
  out.set_outcome(OutcomeOf(change.outcome));
  if (change.assignment.tag_no != 0) {
    *out.mutable_tag() = ToProto(change.assignment, definitions);
  } else {
    // A whole category of which the member had nothing.
    SetCategory(CategoryOf(change.category_no, definitions), *out.mutable_tag());
  }
  for (const domain::TagAssignment& replaced : change.replaced) {
    *out.add_replaced() = ToProto(replaced, definitions);
  }
  if (change.overruled_by) {
    *out.mutable_overruled_by() = ToProto(*change.overruled_by, definitions);
  }
  return out;
}

v1::TagEvent ToProto(const storage::TagHistoryRow& row, std::string_view member_id,
                     const domain::ShopDefinitions& definitions) {
  v1::TagEvent out;
  out.set_member_id(std::string(member_id));
  out.set_kind(EnumTo<v1::TagEventKind>(row.action));
  *out.mutable_tag() = ToProto(row.assignment, definitions);
  *out.mutable_occurred_at() = ToTimestamp(row.at_ms);
  out.set_actor_name(row.assignment.actor);
  return out;
}

v1::BatchTagMembersResponse ToProto(const usecase::BatchTagMembersResult& result,
                                    std::span<const absl::Status> unreadable,
                                    const domain::ShopDefinitions& definitions) {
  v1::BatchTagMembersResponse out;
  size_t handed_on = 0;
  for (size_t i = 0; i < unreadable.size(); ++i) {
    v1::TagMemberResult* const row = out.add_results();
    if (!unreadable[i].ok()) {
      *row->mutable_status() = ToItemStatus(unreadable[i]);
      continue;
    }
    const usecase::BatchTagItemResult& item = result.items[handed_on];
    *row->mutable_status() = ToItemStatus(Renumber(item.status, handed_on, i));
    for (const usecase::TagChange& change : item.changes) {
      *row->add_changes() = ToProto(change, definitions);
    }
    ++handed_on;
  }
  return out;
}

void BoundAnswer(v1::TagMemberResponse& response) {
  if (response.ByteSizeLong() <= domain::kMaxAnswerBytes) return;
  for (v1::TagChange& change : *response.mutable_changes()) {
    KeepName(*change.mutable_tag());
    change.clear_replaced();
    if (change.has_overruled_by()) KeepName(*change.mutable_overruled_by());
  }
}

void BoundAnswer(v1::UntagMemberResponse& response) {
  if (response.ByteSizeLong() <= domain::kMaxAnswerBytes) return;
  for (v1::TagChange& change : *response.mutable_changes()) KeepName(*change.mutable_tag());
  const int count = response.changes_size();
  response.set_left_out_change_count(count);  // counts into the size, at its greatest
  int kept = count;
  for (size_t bytes = response.ByteSizeLong(); bytes > domain::kMaxAnswerBytes;) {
    --kept;
    // The change with its field's tag and length.
    const size_t change = response.changes(kept).ByteSizeLong();
    bytes -= 1 +
             google::protobuf::io::CodedOutputStream::VarintSize32(static_cast<uint32_t>(change)) +
             change;
  }
  response.mutable_changes()->DeleteSubrange(kept, count - kept);
  response.set_left_out_change_count(count - kept);
}

}  // namespace segmentation::rpc
