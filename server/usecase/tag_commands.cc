#include "server/usecase/tag_commands.h"

#include <algorithm>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"
#include "server/domain/tagging.h"
#include "server/domain/validation.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;
using domain::Tag;
using domain::TagAssignment;
using domain::TagCategory;

absl::Status TagNotFound(const TagCategory& category, std::string_view value,
                         std::string_view field) {
  return MakeError(Reason::TAG_NOT_FOUND, field,
                   base::StrCat("got '", value, "', no such value in '", category.name, "'"));
}

// A value of a listed category by another spelling of it.
const Tag* FindBySynonym(const WorkingSet& ws, const TagCategory& category,
                         std::string_view value) {
  for (const auto& [number, tag] : ws.definitions().tags) {
    if (tag.category_no != category.number) continue;
    for (const std::string& synonym : tag.synonyms) {
      if (synonym == value) return &tag;
    }
  }
  return nullptr;
}

// The stored spelling of a value. Values of free and numeric categories are what people type.
absl::StatusOr<std::string> SpellingOf(const TagCategory& category, std::string_view value,
                                       std::string_view field) {
  if (category.kind == domain::TagCategoryKind::kListed) return std::string(value);
  return domain::NormalizeFreeTagValue(value, field);
}

// Null if the category has no such value.
absl::StatusOr<const Tag*> FindTagValue(const WorkingSet& ws, const TagCategory& category,
                                        std::string_view value, std::string_view field) {
  ASSIGN_OR_RETURN(const std::string spelling, SpellingOf(category, value, field));
  const Tag* const tag = ws.FindTag(category.number, spelling);
  return tag != nullptr ? tag : FindBySynonym(ws, category, spelling);
}

absl::StatusOr<domain::TagNo> FindOrMakeTag(WorkingSet& ws, const CallContext& context,
                                            const TagCategory& category, std::string_view value,
                                            std::string_view field) {
  ASSIGN_OR_RETURN(const Tag* const found, FindTagValue(ws, category, value, field));
  if (found != nullptr) return found->number;
  if (category.kind == domain::TagCategoryKind::kListed) {
    return TagNotFound(category, value, field);
  }
  if (ws.definitions().tags.size() >= domain::kMaxTagsPerShop) {
    return MakeError(Reason::LIMIT_REACHED, field, "the shop has too many tag values",
                     {{"limit", base::StrCat(domain::kMaxTagsPerShop)}});
  }
  Tag tag;
  tag.category_no = category.number;
  ASSIGN_OR_RETURN(tag.value, SpellingOf(category, value, field));
  tag.number = ws.TakeTagNo();
  tag.id = base::StrCat("tag-", tag.number);
  tag.stamp = ws.NewStamp(context.actor);
  const domain::TagNo number = tag.number;
  ws.PutTag(std::move(tag));
  return number;
}

void PutAssignment(domain::Member& member, TagAssignment assignment) {
  const auto place = std::lower_bound(
      member.tags.begin(), member.tags.end(), assignment,
      [](const TagAssignment& a, const TagAssignment& b) { return a.tag_no < b.tag_no; });
  if (place != member.tags.end() && place->tag_no == assignment.tag_no) {
    *place = std::move(assignment);
  } else {
    member.tags.insert(place, std::move(assignment));
  }
}

void RemoveAssignment(domain::Member& member, domain::TagNo tag_no) {
  std::erase_if(member.tags, [&](const TagAssignment& one) { return one.tag_no == tag_no; });
}

void AddHistory(WorkingSet& ws, domain::MemberNo member_no, storage::TagHistoryRow::Action action,
                TagAssignment assignment) {
  ws.AddTagHistory({member_no, ws.NextEtag(), action, std::move(assignment), ws.now_ms()});
}

// A removed row as the history keeps it: what was there, and who took it.
TagAssignment RemovedBy(TagAssignment assignment, const CallContext& context,
                        domain::TagSource remover) {
  assignment.actor = context.actor;
  assignment.source = remover;
  return assignment;
}

const TagAssignment* FindAssignment(const domain::Member& member, domain::TagNo tag_no) {
  for (const TagAssignment& one : member.tags) {
    if (one.tag_no == tag_no) return &one;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<const TagCategory*> FindTagCategoryByName(const WorkingSet& ws,
                                                         std::string_view name,
                                                         std::string_view field) {
  if (const TagCategory* const by_id = ws.FindTagCategory(name)) return by_id;
  const TagCategory* found = nullptr;
  bool several = false;
  for (const auto& [number, category] : ws.definitions().tag_categories) {
    if (!category.template_name.empty() &&
        name == base::StrCat(category.template_name, ".", category.name)) {
      return &category;
    }
    if (category.name != name) continue;
    several = found != nullptr;
    found = &category;
  }
  if (several) {
    return MakeError(
        Reason::FIELD_INVALID, field,
        base::StrCat("got '", name, "', the name of several categories; want template.name"));
  }
  if (found == nullptr) {
    return MakeError(Reason::TAG_CATEGORY_NOT_FOUND, field,
                     base::StrCat("got '", name, "', no such tag category in this shop"));
  }
  return found;
}

absl::StatusOr<TagChange> ApplyTag(WorkingSet& ws, const CallContext& context,
                                   domain::MemberNo member_no, const TagInput& input,
                                   std::string_view field) {
  RETURN_IF_ERROR(domain::ValidateText(input.reference, domain::kMaxReferenceBytes,
                                       base::StrCat(field, ".reference")));
  ASSIGN_OR_RETURN(const TagCategory* const category,
                   FindTagCategoryByName(ws, input.category, base::StrCat(field, ".category")));
  TagAssignment wanted;
  ASSIGN_OR_RETURN(wanted.tag_no, FindOrMakeTag(ws, context, *category, input.value,
                                                base::StrCat(field, ".value")));
  wanted.source = input.source;
  wanted.actor = context.actor;
  wanted.reference = input.reference;
  wanted.confidence_percent = input.confidence_percent == 0 ? 100 : input.confidence_percent;
  wanted.assigned_at_ms = ws.now_ms();
  wanted.expires_at_ms = input.expires_at;
  wanted.number = input.number;

  const domain::Member& before = *ws.FindMember(member_no);
  ASSIGN_OR_RETURN(domain::TaggingDecision decision,
                   domain::DecideTagging(ws.definitions(), before.tags, wanted, field));
  TagChange change;
  change.category_no = ws.definitions().tags.at(wanted.tag_no).category_no;
  change.assignment = decision.assignment;
  change.previous_number = decision.previous_number;
  if (decision.outcome == domain::TagOutcome::kOverruled) {
    change.outcome = TagChangeOutcome::kOverruled;
    if (const TagAssignment* const other = FindAssignment(before, decision.overruled_by)) {
      change.overruled_by = *other;
    }
    return change;
  }
  if (decision.outcome == domain::TagOutcome::kAlreadyPresent) {
    change.outcome = TagChangeOutcome::kAlreadyPresent;
    return change;
  }

  const bool is_new = decision.outcome == domain::TagOutcome::kApplied;
  change.outcome = is_new ? TagChangeOutcome::kApplied : TagChangeOutcome::kUpdated;
  if (decision.assignment.stamp.etag.revision == 0) {
    decision.assignment.stamp = ws.NewStamp(context.actor);
  } else {
    ws.Restamp(decision.assignment.stamp, context.actor);
  }
  change.assignment = decision.assignment;
  domain::Member& member = *ws.MutableMember(member_no);
  for (const TagAssignment& gone : decision.expired) RemoveAssignment(member, gone.tag_no);
  for (const TagAssignment& gone : decision.replaced) {
    RemoveAssignment(member, gone.tag_no);
    AddHistory(ws, member_no, storage::TagHistoryRow::Action::kReplaced,
               RemovedBy(gone, context, input.source));
  }
  PutAssignment(member, decision.assignment);
  AddHistory(ws, member_no, storage::TagHistoryRow::Action::kAssigned, decision.assignment);
  if (member.tags.size() > domain::kMaxTagsPerMember) {
    return MakeError(Reason::LIMIT_REACHED, field, "the member has too many tags",
                     {{"limit", base::StrCat(domain::kMaxTagsPerMember)}});
  }
  change.replaced = std::move(decision.replaced);
  return change;
}

absl::Status ApplyRemoval(WorkingSet& ws, const CallContext& context, domain::MemberNo member_no,
                          const TagRemoval& removal, domain::TagSource remover,
                          std::string_view field, std::vector<TagChange>& changes) {
  ASSIGN_OR_RETURN(const TagCategory* const category,
                   FindTagCategoryByName(ws, removal.category, base::StrCat(field, ".category")));
  const auto& tags = ws.definitions().tags;
  std::vector<domain::TagNo> wanted;
  if (removal.value.empty()) {
    for (const TagAssignment& one : ws.FindMember(member_no)->tags) {
      const auto tag = tags.find(one.tag_no);
      if (tag != tags.end() && tag->second.category_no == category->number &&
          domain::IsLiveAt(one, ws.now_ms())) {
        wanted.push_back(one.tag_no);
      }
    }
  } else {
    const std::string value_field = base::StrCat(field, ".value");
    ASSIGN_OR_RETURN(const Tag* const tag, FindTagValue(ws, *category, removal.value, value_field));
    if (tag == nullptr) return TagNotFound(*category, removal.value, value_field);
    wanted.push_back(tag->number);
  }
  if (wanted.empty()) {
    changes.push_back({TagChangeOutcome::kNotPresent, category->number, {}, {}, {}, {}});
    return absl::OkStatus();
  }
  for (const domain::TagNo tag_no : wanted) {
    const domain::Member& before = *ws.FindMember(member_no);
    const domain::UntaggingDecision decision =
        domain::DecideUntagging(before.tags, tag_no, remover, ws.now_ms());
    TagChange& change = changes.emplace_back();
    change.category_no = category->number;
    change.assignment.tag_no = tag_no;
    if (const TagAssignment* const present = FindAssignment(before, tag_no)) {
      change.assignment = *present;
    }
    switch (decision.outcome) {
      case domain::UntagOutcome::kNotPresent:
        change.outcome = TagChangeOutcome::kNotPresent;
        break;
      case domain::UntagOutcome::kKeptForPerson:
        change.outcome = TagChangeOutcome::kKeptForPerson;
        break;
      case domain::UntagOutcome::kRemoved:
        change.outcome = TagChangeOutcome::kRemoved;
        AddHistory(ws, member_no, storage::TagHistoryRow::Action::kRemoved,
                   RemovedBy(*decision.removed, context, remover));
        break;
    }
    if (decision.removed) RemoveAssignment(*ws.MutableMember(member_no), tag_no);
  }
  return absl::OkStatus();
}

}  // namespace segmentation::usecase
