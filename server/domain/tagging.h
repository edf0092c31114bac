// What one tagging does to a member: which tags it puts, replaces or leaves, and why. Pure: the
// caller writes what is decided and tells the answer, so that no second call is needed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/domain/shop.h"

namespace segmentation::domain {

// exclusion_set of a value that stands alone in its category: it replaces all others and any other
// replaces it (过敏史情况 无, beside 有, 酒精过敏 and 香料过敏, which go together).
inline constexpr int32_t kExcludesWholeCategory = -1;

// Whether a member cannot have both values: of one single-choice category, of one exclusion set of
// a category, or one of them stands alone in it. A value does not exclude itself; values of two
// categories never do.
bool ExcludeEachOther(const TagCategory& category, const Tag& a, const Tag& b);

// A tag is there at `at` unless it has expired by then.
bool IsLiveAt(const TagAssignment& assignment, int64_t at_ms);

// Said by somebody who knows the member (agent, buyer, or a person's batch or import), as against
// found by a rule or a model.
bool IsByPerson(TagSource source);

enum class TagOutcome : uint8_t {
  kApplied = 1,         // the member had not this tag
  kUpdated = 2,         // it had it: the number, the end, the confidence or the source changed
  kAlreadyPresent = 3,  // it had it just so: nothing is written
  kOverruled = 4,       // a later or stronger word stands against it: nothing is written
};

struct TaggingDecision {
  TagOutcome outcome = TagOutcome::kAlreadyPresent;
  // The row as it is after the decision, to be written over any row of the same tag, also an
  // expired one; for kOverruled the one refused. Its stamp is that of the live row it changes, else
  // empty.
  TagAssignment assignment;
  // kUpdated of a numeric tag: the number before, if there was one and it differs.
  std::optional<int64_t> previous_number;
  // Rows to delete: live tags that this one replaces, by tag number.
  std::vector<TagAssignment> replaced;
  // Rows to delete silently: all other tags that had expired already, or they would fill the
  // member's limit.
  std::vector<TagAssignment> expired;
  // kOverruled: the tag that stands.
  TagNo overruled_by = 0;
};

// Decides one assignment against the member's tags as they stand. `wanted.assigned_at_ms` says when
// the tag was learned: among tags that exclude each other the latest holds, whatever order they
// arrive in (T25), and of two at one instant the one that comes second.
//
// On a tag that is there already: the first assignment's time stays; a person's word makes a rule's
// tag its own, never the other way (T28); the later number holds, but a rule's never over a
// person's (kOverruled by the tag itself); the later end and the higher confidence hold, no end is
// the latest of all.
//
// Errors: TAG_NOT_FOUND (unknown tag), FIELD_REQUIRED (a numeric tag without number), FIELD_INVALID
// (a number on any other), FIELD_OUT_OF_RANGE (confidence, number, times). `field` is the path of
// the assignment in the request.
absl::StatusOr<TaggingDecision> DecideTagging(const ShopDefinitions& definitions,
                                              std::span<const TagAssignment> current,
                                              const TagAssignment& wanted, std::string_view field);

enum class UntagOutcome : uint8_t {
  kRemoved = 1,
  kNotPresent = 2,     // never had it, or it had expired
  kKeptForPerson = 3,  // a rule or model may not take what a person said (T28)
};

struct UntaggingDecision {
  UntagOutcome outcome = UntagOutcome::kNotPresent;
  // The row to delete; also one that had expired.
  std::optional<TagAssignment> removed;
};

// Decides one removal. A rule withdraws its own tag when nothing supports it any more; what a
// person said or confirmed stays (T28). Persons remove any tag.
UntaggingDecision DecideUntagging(std::span<const TagAssignment> current, TagNo tag_no,
                                  TagSource remover, int64_t at_ms);

// "category/value" split at the first '/', the rest is the value ("罩杯大小/3/4罩杯").
// FIELD_INVALID when a part is missing.
struct TagPath {
  std::string category;
  std::string value;
};
absl::StatusOr<TagPath> ParseTagPath(std::string_view path, std::string_view field);

// A value of a free category: a name of one line, kept in its NFKC form without blanks at the ends,
// so that one brand typed in two widths is one tag.
absl::StatusOr<std::string> NormalizeFreeTagValue(std::string_view value, std::string_view field);

}  // namespace segmentation::domain
