#include "server/usecase/saved_conditions.h"

#include <algorithm>
#include <string>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {
namespace {

// What a bound condition takes beside its text, roughly: nodes, literals, what its groups bind.
constexpr size_t kBytesPerCondition = 4'096;
constexpr size_t kBytesPerTextByte = 16;

}  // namespace

SavedGroups::SavedGroups(std::shared_ptr<const domain::ShopDefinitions> definitions)
    : definitions_(std::move(definitions)) {
  for (const auto& [number, group] : definitions_->groups) by_id_.push_back(&group);
  std::sort(by_id_.begin(), by_id_.end(),
            [](const domain::Group* a, const domain::Group* b) { return a->id < b->id; });
}

absl::StatusOr<std::shared_ptr<const SavedCondition>> SavedGroups::Get(std::string_view group_id,
                                                                       int32_t group_revision,
                                                                       const RowsSource& rows) {
  const auto place = std::lower_bound(
      by_id_.begin(), by_id_.end(), group_id,
      [](const domain::Group* group, std::string_view id) { return group->id < id; });
  if (place == by_id_.end() || (*place)->id != group_id) {
    return base::MakeError(base::Reason::GROUP_NOT_FOUND, "group_id", "no such group");
  }
  const domain::Group& newest = **place;
  const Key key(newest.number, group_revision == 0 ? newest.group_revision : group_revision);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = ready_.find(key); found != ready_.end()) return found->second;
  }
  auto made = std::make_shared<SavedCondition>();
  if (key.second == newest.group_revision) {
    made->group = newest;
  } else {
    ASSIGN_OR_RETURN(made->group, ReadGroupRevision(*definitions_, group_id, key.second, rows));
  }
  ASSIGN_OR_RETURN(made->condition,
                   PrepareCondition(made->group.condition_text, *definitions_, rows));
  const size_t bytes = kBytesPerCondition + kBytesPerTextByte * made->group.condition_text.size();
  const std::lock_guard lock(mutex_);
  if (bytes_ + bytes > kMaxBytes) {
    ready_.clear();
    bytes_ = 0;
  }
  const auto [kept, is_new] = ready_.emplace(key, std::move(made));
  if (is_new) bytes_ += bytes;
  return kept->second;
}

std::shared_ptr<SavedGroups> SavedConditions::Of(
    domain::ShopNo shop_no, const std::shared_ptr<const domain::ShopDefinitions>& definitions) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = shops_.find(shop_no);
    if (found != shops_.end() &&
        found->second->definitions().definition_revision == definitions->definition_revision) {
      return found->second;
    }
  }
  auto groups = std::make_shared<SavedGroups>(definitions);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<SavedGroups>& slot = shops_[shop_no];
  if (slot != nullptr &&
      slot->definitions().definition_revision > definitions->definition_revision) {
    return groups;  // a slower reader of an older state must not take the place of a newer one
  }
  slot = groups;
  if (shops_.size() > max_shops_) {
    auto other = shops_.begin();
    if (other->first == shop_no) ++other;
    shops_.erase(other);
  }
  return groups;
}

}  // namespace segmentation::usecase
