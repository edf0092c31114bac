// Changes of saved groups. Every method queues one command and returns; see ShopWriter::Submit for
// how `done` is called and the errors it may bring beside those stated here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"
#include "server/usecase/prepared_condition.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

struct GroupInput {
  std::string id;
  std::string name;  // empty: the id
  std::string note;
  std::string owner;  // empty: the actor that makes it
};

// `group` points into the batch and is valid while the encoder runs.
struct GroupResult {
  const domain::Group* group = nullptr;
  const domain::condition::Node* condition = nullptr;
  std::vector<std::string> reference_ids;  // groups its condition names, sorted
};

struct UpdateGroupInput {
  GroupInput group;  // id is required
  std::optional<domain::Etag> etag;
  bool set_name = false;
  bool set_note = false;
  bool set_owner = false;
  std::optional<ConditionInput> condition;
};

struct DeleteGroupResult {
  std::vector<std::string> broken_group_ids;  // sorted, at most 1,000
};

// Thread-safe.
class GroupUsecase {
 public:
  // `writer` outlives it.
  explicit GroupUsecase(ShopWriter& writer) : writer_(writer) {}

  // Errors: ALREADY_EXISTS (also the id of a deleted group: 'x'@1 would mean another, T68),
  // ID_MALFORMED, CONDITION_ reasons, LIMIT_REACHED. The check against the
  // definitions runs under the head lock, so no concurrent edit can close a cycle (T44).
  void Create(CallContext context, GroupInput group, ConditionInput condition,
              AnswerEncoder<GroupResult> encode, WriteCallback done);

  // A changed condition, name, note or owner makes a new revision. Errors: GROUP_NOT_FOUND,
  // ETAG_STALE, CONDITION_ reasons, GROUP_REFERENCE_CYCLE, UPDATE_MASK_INVALID (nothing to set).
  void Update(CallContext context, UpdateGroupInput update, AnswerEncoder<GroupResult> encode,
              WriteCallback done);

  // Refused (RESOURCE_IN_USE, naming them) while groups name it, unless forced: these then answer
  // CONDITION_UNKNOWN_REFERENCE until they are edited (never silently false, T41). Errors:
  // GROUP_NOT_FOUND, ETAG_STALE.
  void Delete(CallContext context, std::string group_id, std::optional<domain::Etag> etag,
              bool force, AnswerEncoder<DeleteGroupResult> encode, WriteCallback done);

 private:
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
