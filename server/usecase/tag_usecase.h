// Tags on members. Every method queues one command and returns; see ShopWriter::Submit for how
// `done` is called and the errors it may bring beside those stated here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/member.h"
#include "server/domain/shop.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

// A tag to put on a member. It counts as learned when the batch is decided.
struct TagInput {
  std::string category;           // its id, "template.name", or its name where only one has it
  std::string value;              // in a listed category a value or a synonym of one
  std::optional<int64_t> number;  // numeric categories: in 1/10,000
  domain::TagSource source = domain::TagSource::kAgent;
  int32_t confidence_percent = 100;  // 0 means 100
  std::optional<base::InstantMs> expires_at;
  std::string reference;
};

struct TagRemoval {
  std::string category;  // as TagInput
  std::string value;     // empty: every value of the category that the member has
};

enum class TagChangeOutcome : uint8_t {
  kApplied = 1,         // the member had it not before
  kUpdated = 2,         // it had it; number, end, confidence or source changed
  kAlreadyPresent = 3,  // it had it just so
  kOverruled = 4,       // not applied: `overruled_by` stands against it
  kRemoved = 5,
  kNotPresent = 6,
  kKeptForPerson = 7,  // a rule or model may not take what a person said (T28)
};

struct TagChange {
  TagChangeOutcome outcome = TagChangeOutcome::kAlreadyPresent;
  domain::TagCategoryNo category_no = 0;
  // As it stands now; when removed, as it was; when overruled, as it was asked for. tag_no is 0
  // when a whole category was to be removed and the member has none of it.
  domain::TagAssignment assignment;
  std::optional<int64_t> previous_number;       // kUpdated: the number it replaced
  std::vector<domain::TagAssignment> replaced;  // tags this one replaced, as they were
  std::optional<domain::TagAssignment> overruled_by;
};

struct TagMemberResult {
  std::string member_id;
  std::vector<TagChange> changes;  // in the order asked for; a whole category gives one a tag
};

struct BatchTagItem {
  std::string member_id;
  std::vector<TagRemoval> removals;  // done first
  std::vector<TagInput> tags;
  domain::TagSource remover = domain::TagSource::kBatch;
};
struct BatchTagItemResult {
  absl::Status status;             // field paths begin with "items[i]"
  std::vector<TagChange> changes;  // removals, then assignments; empty when it failed
};
struct BatchTagMembersResult {
  std::vector<BatchTagItemResult> items;  // one for each item, at its index
};

// Tags that one call, or one item of a batch, may name.
inline constexpr size_t kMaxTagsPerCall = 100;

// Thread-safe.
class TagUsecase {
 public:
  // `writer` outlives it.
  explicit TagUsecase(ShopWriter& writer) : writer_(writer) {}

  // All or none, in order. Values of free and numeric categories are made on first use. Errors:
  // MEMBER_NOT_FOUND, TAG_CATEGORY_NOT_FOUND, TAG_NOT_FOUND, FIELD_REQUIRED, FIELD_INVALID (a
  // number where none belongs; a category name that several have), FIELD_OUT_OF_RANGE,
  // LIMIT_REACHED.
  void TagMember(CallContext context, std::string member_id, std::vector<TagInput> tags,
                 AnswerEncoder<TagMemberResult> encode, WriteCallback done);

  // All or none, in order. `remover` says whose word it is. Errors: MEMBER_NOT_FOUND,
  // TAG_CATEGORY_NOT_FOUND, TAG_NOT_FOUND.
  void UntagMember(CallContext context, std::string member_id, std::vector<TagRemoval> removals,
                   domain::TagSource remover, AnswerEncoder<TagMemberResult> encode,
                   WriteCallback done);

  // Items are done in order; each succeeds or fails alone. BATCH_TOO_LARGE.
  void BatchTagMembers(CallContext context, std::vector<BatchTagItem> items,
                       AnswerEncoder<BatchTagMembersResult> encode, WriteCallback done);

 private:
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
