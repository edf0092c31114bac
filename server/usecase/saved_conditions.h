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
  // Beyond so many bytes of conditions what is kept is forgotten and made anew.
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  using Key = std::pair<domain::GroupNo, int32_t>;

  const std::shared_ptr<const domain::ShopDefinitions> definitions_;
  std::vector<const domain::Group*> by_id_;

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const SavedCondition>> ready_;  // by mutex_
  size_t bytes_ = 0;                                            // by mutex_
};

// The saved groups of the shops asked for last. Thread-safe.
class SavedConditions {
 public:
  explicit SavedConditions(size_t max_shops = 64) : max_shops_(max_shops) {}

  std::shared_ptr<SavedGroups> Of(
      domain::ShopNo shop_no, const std::shared_ptr<const domain::ShopDefinitions>& definitions);

 private:
  const size_t max_shops_;
  std::mutex mutex_;
  absl::flat_hash_map<domain::ShopNo, std::shared_ptr<SavedGroups>> shops_;  // by mutex_
};

}  // namespace segmentation::usecase
