#include "server/domain/tagging.h"

#include <algorithm>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::domain {
namespace {

using base::MakeError;
using base::Reason;

absl::Status ValidateAssignment(const TagCategory& category, const TagAssignment& wanted,
                                std::string_view field) {
  if (category.kind == TagCategoryKind::kNumeric) {
    if (!wanted.number) {
      return MakeError(Reason::FIELD_REQUIRED, base::StrCat(field, ".number"),
                       "got nothing, want the number of a numeric tag");
    }
    RETURN_IF_ERROR(ValidateRange(*wanted.number, -kMaxDecimalValue, kMaxDecimalValue,
                                  base::StrCat(field, ".number")));
  } else if (wanted.number) {
    return MakeError(
        Reason::FIELD_INVALID, base::StrCat(field, ".number"),
        base::StrCat("got a number, want none: '", category.name, "' is no numeric category"));
  }
  RETURN_IF_ERROR(ValidateRange(wanted.confidence_percent, 0, kMaxConfidencePercent,
                                base::StrCat(field, ".confidence_percent")));
  RETURN_IF_ERROR(ValidateInstant(wanted.assigned_at_ms, base::StrCat(field, ".assigned_at")));
  if (wanted.expires_at_ms) {
    RETURN_IF_ERROR(ValidateInstant(*wanted.expires_at_ms, base::StrCat(field, ".expires_at")));
    if (*wanted.expires_at_ms <= wanted.assigned_at_ms) {
      return MakeError(Reason::FIELD_OUT_OF_RANGE, base::StrCat(field, ".expires_at"),
                       "got an end that is not after the assignment");
    }
  }
  return absl::OkStatus();
}

// The later of two ends; no end is the latest.
std::optional<int64_t> LaterEnd(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (!a || !b) return std::nullopt;
  return std::max(*a, *b);
}

// The row of a tag that is there already, after it is assigned once more.
TaggingDecision Reassign(const TagAssignment& present, const TagAssignment& wanted) {
  TaggingDecision decision;
  TagAssignment& row = decision.assignment;
  row = present;
  const bool outranks = IsByPerson(wanted.source) || !IsByPerson(present.source);
  const bool renumbers =
      wanted.number != present.number && wanted.assigned_at_ms >= present.assigned_at_ms;
  if (renumbers && !outranks) {
    decision.outcome = TagOutcome::kOverruled;
    decision.assignment = wanted;
    decision.overruled_by = present.tag_no;
    return decision;
  }
  if (renumbers) {
    decision.previous_number = present.number;
    row.number = wanted.number;
    row.assigned_at_ms = wanted.assigned_at_ms;
  }
  if (renumbers || (IsByPerson(wanted.source) && !IsByPerson(present.source))) {
    row.source = wanted.source;
    row.actor = wanted.actor;
    row.reference = wanted.reference;
  }
  row.expires_at_ms = LaterEnd(present.expires_at_ms, wanted.expires_at_ms);
  row.confidence_percent = std::max(present.confidence_percent, wanted.confidence_percent);
  const bool changed = row.source != present.source || row.number != present.number ||
                       row.expires_at_ms != present.expires_at_ms ||
                       row.confidence_percent != present.confidence_percent;
  decision.outcome = changed ? TagOutcome::kUpdated : TagOutcome::kAlreadyPresent;
  return decision;
}

}  // namespace

bool ExcludeEachOther(const TagCategory& category, const Tag& a, const Tag& b) {
  if (a.number == b.number || a.category_no != b.category_no) return false;
  if (category.choice == TagChoice::kSingle) return true;
  if (a.exclusion_set == kExcludesWholeCategory || b.exclusion_set == kExcludesWholeCategory) {
    return true;
  }
  return a.exclusion_set != 0 && a.exclusion_set == b.exclusion_set;
}

bool IsLiveAt(const TagAssignment& assignment, int64_t at_ms) {
  return !assignment.expires_at_ms || at_ms < *assignment.expires_at_ms;
}

bool IsByPerson(TagSource source) {
  switch (source) {
    case TagSource::kAgent:
    case TagSource::kBuyer:
    case TagSource::kBatch:
    case TagSource::kImport:
      return true;
    case TagSource::kRule:
    case TagSource::kModel:
      return false;
  }
  return false;
}

absl::StatusOr<TaggingDecision> DecideTagging(const ShopDefinitions& definitions,
                                              std::span<const TagAssignment> current,
                                              const TagAssignment& wanted, std::string_view field) {
  const auto tag = definitions.tags.find(wanted.tag_no);
  const auto category = tag == definitions.tags.end()
                            ? definitions.tag_categories.end()
                            : definitions.tag_categories.find(tag->second.category_no);
  if (category == definitions.tag_categories.end()) {
    return MakeError(Reason::TAG_NOT_FOUND, field, "the shop has no such tag");
  }
  RETURN_IF_ERROR(ValidateAssignment(category->second, wanted, field));

  TaggingDecision decision;
  const TagAssignment* present = nullptr;
  const TagAssignment* later = nullptr;
  for (const TagAssignment& other : current) {
    if (other.tag_no == wanted.tag_no) {
      if (IsLiveAt(other, wanted.assigned_at_ms)) present = &other;
      continue;
    }
    if (!IsLiveAt(other, wanted.assigned_at_ms)) {
      decision.expired.push_back(other);
      continue;
    }
    const auto other_tag = definitions.tags.find(other.tag_no);
    if (other_tag == definitions.tags.end() ||
        !ExcludeEachOther(category->second, tag->second, other_tag->second)) {
      continue;
    }
    if (other.assigned_at_ms > wanted.assigned_at_ms) {
      if (later == nullptr || other.assigned_at_ms > later->assigned_at_ms) later = &other;
    } else {
      decision.replaced.push_back(other);
    }
  }
  if (later != nullptr) {
    TaggingDecision overruled;
    overruled.outcome = TagOutcome::kOverruled;
    overruled.assignment = wanted;
    overruled.overruled_by = later->tag_no;
    return overruled;
  }
  if (present != nullptr) {
    TaggingDecision again = Reassign(*present, wanted);
    if (again.outcome == TagOutcome::kOverruled) return again;
    again.replaced = std::move(decision.replaced);
    again.expired = std::move(decision.expired);
    return again;
  }
  decision.outcome = TagOutcome::kApplied;
  decision.assignment = wanted;
  decision.assignment.stamp = Stamp();
  return decision;
}

UntaggingDecision DecideUntagging(std::span<const TagAssignment> current, TagNo tag_no,
                                  TagSource remover, int64_t at_ms) {
  UntaggingDecision decision;
  for (const TagAssignment& assignment : current) {
    if (assignment.tag_no != tag_no) continue;
    if (!IsLiveAt(assignment, at_ms)) {
      decision.removed = assignment;
    } else if (!IsByPerson(remover) && IsByPerson(assignment.source)) {
      decision.outcome = UntagOutcome::kKeptForPerson;
    } else {
      decision.outcome = UntagOutcome::kRemoved;
      decision.removed = assignment;
    }
    break;
  }
  return decision;
}

absl::StatusOr<TagPath> ParseTagPath(std::string_view path, std::string_view field) {
  RETURN_IF_ERROR(base::CheckText(path, field));
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size()) {
    return MakeError(
        Reason::FIELD_INVALID, field,
        base::StrCat("got '", base::TruncateBytes(path, 256), "', want category/value"));
  }
  return TagPath{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

absl::StatusOr<std::string> NormalizeFreeTagValue(std::string_view value, std::string_view field) {
  RETURN_IF_ERROR(ValidateName(value, kMaxNameBytes, field));
  const std::string folded = base::FoldNfkc(value);
  const size_t first = folded.find_first_not_of(' ');
  const size_t last = folded.find_last_not_of(' ');
  std::string normalized = folded.substr(first, last - first + 1);
  RETURN_IF_ERROR(ValidateName(normalized, kMaxNameBytes, field));
  return normalized;
}

}  // namespace segmentation::domain
