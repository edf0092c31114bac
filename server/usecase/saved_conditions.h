// Conditions of saved groups, made ready once for each state of a shop's definitions, so that a
// question about one member does not pay for parsing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "server/domain/shop.h"
#include "server/usecase/prepared_condition.h"

namespace segmentation::usecase {

// A saved group and its condition, bound against one state of the definitions.
struct SavedCondition {
  domain::Group group;
  PreparedCondition condition;
};

// Whether an error says something about a group, not about the call or the database.
bool IsOfTheGroup(const absl::Status& status);

// The groups of one shop at one state of its definitions. Thread-safe.
class SavedGroups {
 public:
  explicit SavedGroups(std::shared_ptr<const domain::ShopDefinitions> definitions);

  // As ReadGroupRevision and PrepareCondition say. Pinned revisions are read from `rows`.
  absl::StatusOr<std::shared_ptr<const SavedCondition>> Get(std::string_view group_id,
                                                            int32_t group_revision,
                                                            const RowsSource& rows);

  const domain::ShopDefinitions& definitions() const { return *definitions_; }
  // All groups, by id.
  const std::vector<const domain::Group*>& by_id() const { return by_id_; }

 private:
  // What is kept is at most so large; beyond it one after the other is forgotten and made anew.
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  using Key = std::pair<domain::GroupNo, int32_t>;
  // The condition, or why it does not bind, which is the same until definitions change.
  struct Ready {
    absl::StatusOr<std::shared_ptr<const SavedCondition>> condition;
    size_t bytes = 0;
  };

  absl::StatusOr<std::shared_ptr<const SavedCondition>> Make(const domain::Group& newest,
                                                             int32_t group_revision,
                                                             const RowsSource& rows) const;
  size_t BytesOf(const SavedCondition& saved) const;

  const std::shared_ptr<const domain::ShopDefinitions> definitions_;
  std::vector<const domain::Group*> by_id_;

  std::mutex mutex_;
  std::map<Key, Ready> ready_;  // by mutex_
  size_t bytes_ = 0;            // of ready_; by mutex_
  Key forgotten_{0, 0};         // the last one; by mutex_
};

// The saved groups of the shops asked for last. Thread-safe.
class SavedConditions {
 public:
  explicit SavedConditions(size_t max_shops = 16) : max_shops_(max_shops) {}

  std::shared_ptr<SavedGroups> Of(
      domain::ShopNo shop_no, const std::shared_ptr<const domain::ShopDefinitions>& definitions);

 private:
  const size_t max_shops_;
  std::mutex mutex_;
  absl::flat_hash_map<domain::ShopNo, std::shared_ptr<SavedGroups>> shops_;  // by mutex_
};

}  // namespace segmentation::usecase
