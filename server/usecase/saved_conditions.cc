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

bool IsOfTheGroup(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info && (info->reason == base::Reason::GROUP_NOT_FOUND ||
                  base::NameOf(info->reason).starts_with("CONDITION_"));
}

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
    if (const auto found = ready_.find(key); found != ready_.end()) return found->second.condition;
  }
  Ready made{Make(newest, key.second, rows), kBytesPerCondition};
  if (made.condition.ok()) {
    made.bytes = BytesOf(**made.condition);
  } else if (!IsOfTheGroup(made.condition.status())) {
    return made.condition;
  }
  const std::lock_guard lock(mutex_);
  if (made.bytes > kMaxBytes) return made.condition;
  while (bytes_ + made.bytes > kMaxBytes) {
    auto victim = ready_.upper_bound(forgotten_);
    if (victim == ready_.end()) victim = ready_.begin();
    forgotten_ = victim->first;
    bytes_ -= victim->second.bytes;
    ready_.erase(victim);
  }
  const auto [kept, is_new] = ready_.emplace(key, std::move(made));
  if (is_new) bytes_ += kept->second.bytes;
  return kept->second.condition;
}

absl::StatusOr<std::shared_ptr<const SavedCondition>> SavedGroups::Make(
    const domain::Group& newest, int32_t group_revision, const RowsSource& rows) const {
  auto made = std::make_shared<SavedCondition>();
  if (group_revision == newest.group_revision) {
    made->group = newest;
  } else {
    ASSIGN_OR_RETURN(made->group,
                     ReadGroupRevision(*definitions_, newest.id, group_revision, rows));
  }
  ASSIGN_OR_RETURN(made->condition,
                   PrepareCondition(made->group.condition_text, *definitions_, rows));
  return std::shared_ptr<const SavedCondition>(std::move(made));
}

size_t SavedGroups::BytesOf(const SavedCondition& saved) const {
  size_t bytes = kBytesPerCondition + kBytesPerTextByte * saved.group.condition_text.size();
  // A copy of every group it reaches goes with it; an older revision is taken for as long.
  for (const auto& [key, bound] : saved.condition.groups.conditions) {
    const auto group = definitions_->groups.find(key.first);
    bytes += kBytesPerCondition;
    if (group != definitions_->groups.end()) {
      bytes += kBytesPerTextByte * group->second.condition_text.size();
    }
  }
  return bytes;
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
