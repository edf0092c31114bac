#include "server/usecase/group_keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {
namespace {

constexpr absl::Duration kRowsTimeout = absl::Seconds(10);
constexpr absl::Duration kRetryAfter = absl::Seconds(2);

// When time alone may first make one of the groups another.
absl::Time BoundaryOf(const KeptGroups& kept) {
  base::InstantMs next = INT64_MAX;
  for (const auto& [number, group] : kept.groups) {
    // Those that move with every instant are not kept.
    if (group->valid_until_ms > group->as_of_ms) next = std::min(next, group->valid_until_ms);
  }
  return next == INT64_MAX ? absl::InfiniteFuture() : absl::FromUnixMillis(next);
}

}  // namespace

GroupKeeper::GroupKeeper(storage::Store& store, audience::ShopIndexes& indexes,
                         SavedConditions& saved, const base::Clock& clock,
                         GroupKeeperOptions options)
    : store_(store), indexes_(indexes), saved_(saved), clock_(clock), options_(options) {
  indexes_.SetListener([this](domain::ShopNo shop_no) {
    const std::lock_guard lock(mutex_);
    const auto found = shops_.find(shop_no);
    if (found == shops_.end()) return;
    found->second.changed = true;
    wake_.notify_all();
  });
  if (!options_.by_hand) thread_ = std::thread([this] { Run(); });
}

GroupKeeper::~GroupKeeper() { Stop(); }

void GroupKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stops_, true)) return;
  }
  indexes_.SetListener(nullptr);
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const KeptGroups> GroupKeeper::At(domain::ShopNo shop_no,
                                                  const audience::IndexVersion& version) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = shops_.try_emplace(shop_no);
  Shop& shop = found->second;
  shop.asked_at = absl::Now();
  if (is_new) wake_.notify_all();
  if (shop.kept == nullptr || shop.kept->version.get() != &version) return nullptr;
  return shop.kept;
}

absl::Status GroupKeeper::KeepNow(domain::ShopNo shop_no) {
  const std::lock_guard keeping(keeping_);
  std::shared_ptr<const KeptGroups> before;
  size_t max_bytes = options_.max_bytes;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, other] : shops_) {
      if (number == shop_no || other.kept == nullptr) continue;
      max_bytes -= std::min(max_bytes, other.kept->bytes);
    }
    const auto [found, is_new] = shops_.try_emplace(shop_no);
    if (is_new) found->second.asked_at = absl::Now();
    before = found->second.kept;
    found->second.changed = false;
  }
  const audience::VersionStep step =
      indexes_.StepFrom(shop_no, before == nullptr ? 0 : before->version->revision());
  std::shared_ptr<const KeptGroups> kept;
  if (step.version != nullptr) {
    const std::shared_ptr<SavedGroups> groups = saved_.Of(shop_no, step.version->definitions);
    std::unique_ptr<storage::ReadSnapshot> rows;
    const RowsSource source = [&]() -> absl::StatusOr<storage::Reader*> {
      if (rows == nullptr) {
        ASSIGN_OR_RETURN(rows, store_.BeginRead(shop_no, absl::Now() + kRowsTimeout));
      }
      return rows.get();
    };
    const auto still_wanted = [this]() -> absl::Status {
      const std::lock_guard lock(mutex_);
      if (!stops_) return absl::OkStatus();
      return base::MakeError(base::Reason::SHUTTING_DOWN, "", "the server stops");
    };
    ASSIGN_OR_RETURN(kept, KeepGroups(before.get(), step, *groups, clock_.NowMs(), max_bytes,
                                      source, still_wanted));
  }
  const std::lock_guard lock(mutex_);
  Shop& shop = shops_[shop_no];
  shop.boundary = kept == nullptr ? absl::InfiniteFuture() : BoundaryOf(*kept);
  shop.kept = std::move(kept);
  return absl::OkStatus();
}

void GroupKeeper::Run() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    const absl::Time now = absl::Now();
    std::erase_if(shops_, [&](const auto& entry) {
      return now - entry.second.asked_at > options_.forget_after;
    });
    std::vector<domain::ShopNo> due;
    absl::Time next = absl::InfiniteFuture();
    for (const auto& [shop_no, shop] : shops_) {
      if (!shop.changed && clock_.Now() < shop.boundary) continue;
      if (shop.not_before <= now) {
        due.push_back(shop_no);
      } else {
        next = std::min(next, shop.not_before);
      }
    }
    for (const domain::ShopNo shop_no : due) {
      lock.unlock();
      const absl::Time begun = absl::Now();
      const absl::Status kept = KeepNow(shop_no);
      const absl::Time done = absl::Now();
      lock.lock();
      const auto found = shops_.find(shop_no);
      if (found == shops_.end()) continue;
      const absl::Duration pause =
          kept.ok() ? std::max(options_.least_pause, options_.pause_factor * (done - begun))
                    : kRetryAfter;
      found->second.not_before = done + pause;
      if (!kept.ok()) found->second.changed = true;
    }
    if (stops_ || !due.empty()) continue;
    const absl::Duration pause = std::min(next - now, options_.look_again);
    if (shops_.empty()) {
      wake_.wait(lock);
    } else if (pause > absl::ZeroDuration()) {
      wake_.wait_for(lock, absl::ToChronoNanoseconds(pause));
    }
  }
}

}  // namespace segmentation::usecase
