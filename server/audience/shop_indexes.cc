#include "server/audience/shop_indexes.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"

namespace segmentation::audience {
namespace {

constexpr absl::Duration kCatchUpTimeout = absl::Seconds(5);

}  // namespace

ShopIndexes::ShopIndexes(storage::Store& store, ShopIndexesOptions options)
    : store_(store),
      options_(std::move(options)),
      loader_([this] { LoadShops(); }),
      follower_([this] { Follow(); }) {}

ShopIndexes::~ShopIndexes() { Stop(); }

void ShopIndexes::Stop() {
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
  }
  wake_.notify_all();
  settled_.notify_all();
  if (loader_.joinable()) loader_.join();
  if (follower_.joinable()) follower_.join();
}

bool ShopIndexes::stops() const {
  std::lock_guard lock(mutex_);
  return stops_;
}

void ShopIndexes::Want(domain::ShopNo shop_no) { FindOrAdd(shop_no); }

std::shared_ptr<ShopIndex> ShopIndexes::Find(domain::ShopNo shop_no) const {
  std::lock_guard lock(mutex_);
  const auto found = indexes_.find(shop_no);
  return found == indexes_.end() ? nullptr : found->second;
}

std::shared_ptr<ShopIndex> ShopIndexes::FindOrAdd(domain::ShopNo shop_no) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<ShopIndex>& index = indexes_[shop_no];
  if (index == nullptr) {
    index = std::make_shared<ShopIndex>(store_, shop_no);
    to_load_.push_back(shop_no);
    wake_.notify_all();
  }
  return index;
}

void ShopIndexes::EnqueueLoad(domain::ShopNo shop_no) {
  std::lock_guard lock(mutex_);
  if (std::find(to_load_.begin(), to_load_.end(), shop_no) != to_load_.end()) return;
  to_load_.push_back(shop_no);
  wake_.notify_all();
}

std::shared_ptr<const IndexVersion> ShopIndexes::At(domain::ShopNo shop_no,
                                                    domain::Revision revision,
                                                    absl::Time deadline) {
  const std::shared_ptr<ShopIndex> index = FindOrAdd(shop_no);
  if (index->state() != ShopIndex::State::kReady) return nullptr;
  if (auto version = index->VersionAt(revision)) return version;
  const absl::Status status = index->CatchUp(std::min(deadline, absl::Now() + kCatchUpTimeout));
  if (absl::IsFailedPrecondition(status)) EnqueueLoad(shop_no);
  Announce(shop_no);
  return status.ok() ? index->VersionAt(revision) : nullptr;
}

void ShopIndexes::Apply(domain::ShopNo shop_no, const ShopChanges& changes) {
  FindOrAdd(shop_no)->Apply(changes);
  Announce(shop_no);
}

VersionStep ShopIndexes::StepFrom(domain::ShopNo shop_no, domain::Revision after) {
  return FindOrAdd(shop_no)->StepFrom(after);
}

void ShopIndexes::SetListener(std::function<void(domain::ShopNo)> listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

void ShopIndexes::Announce(domain::ShopNo shop_no) const {
  std::lock_guard lock(mutex_);
  if (listener_) listener_(shop_no);
}

void ShopIndexes::Note(domain::ShopNo shop_no, domain::Revision revision) {
  FindOrAdd(shop_no)->Note(revision);
}

std::optional<ShopIndexStatus> ShopIndexes::StatusOf(domain::ShopNo shop_no) const {
  const std::shared_ptr<ShopIndex> index = Find(shop_no);
  if (index == nullptr) return std::nullopt;
  ShopIndexStatus status;
  status.state = index->state();
  if (const auto version = index->version()) {
    status.revision = version->revision();
    status.memory = MemoryOf(*version->root);
  }
  return status;
}

bool ShopIndexes::WaitUntilSettled(domain::ShopNo shop_no, absl::Time deadline) {
  const std::shared_ptr<ShopIndex> index = FindOrAdd(shop_no);
  std::unique_lock lock(mutex_);
  return settled_.wait_until(lock, absl::ToChronoTime(deadline), [&] {
    return stops_ || index->state() != ShopIndex::State::kLoading;
  }) && index->state() != ShopIndex::State::kLoading;
}

bool ShopIndexes::MayHave(const ShopIndex& index, size_t bytes) const {
  std::lock_guard lock(mutex_);
  size_t others = 0;
  for (const auto& [shop_no, other] : indexes_) {
    if (other.get() != &index) others += other->bytes();
  }
  return others + bytes <= options_.max_bytes;
}

void ShopIndexes::LoadShops() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stops_ || !to_load_.empty(); });
    if (stops_) return;
    const domain::ShopNo shop_no = to_load_.front();
    to_load_.pop_front();
    const std::shared_ptr<ShopIndex> index = indexes_.at(shop_no);
    // Asked for twice: what answers is not thrown away.
    if (index->state() == ShopIndex::State::kReady) continue;
    lock.unlock();
    const absl::Status loaded = index->Load(
        [this] {
          return stops() ? base::MakeError(base::Reason::SHUTTING_DOWN, "", "the server stops")
                         : absl::OkStatus();
        },
        [this, &index](size_t bytes) { return MayHave(*index, bytes); });
    if (options_.on_load && !stops()) options_.on_load(shop_no, loaded);
    if (loaded.ok()) Announce(shop_no);
    lock.lock();
    if (index->state() == ShopIndex::State::kFailed) {
      // Others first: the database may be away only for this one's rows.
      wake_.wait_for(lock, absl::ToChronoMilliseconds(options_.retry_load_after),
                     [this] { return stops_; });
      to_load_.push_back(shop_no);
    }
    settled_.notify_all();
  }
}

void ShopIndexes::Follow() {
  std::map<domain::ShopNo, domain::Revision> seen;
  absl::Time measured = absl::Now();
  std::unique_lock lock(mutex_);
  while (
      !wake_.wait_for(lock, absl::ToChronoMilliseconds(options_.poll), [this] { return stops_; })) {
    lock.unlock();
    FollowOnce(seen);
    if (absl::Now() - measured >= options_.measure_every) {
      MeasureAll();
      measured = absl::Now();
    }
    lock.lock();
  }
}

// `seen`: where the shops were the last time. An index that is still behind that is not about to be
// told by a writer of this process: somebody else wrote.
void ShopIndexes::FollowOnce(std::map<domain::ShopNo, domain::Revision>& seen) {
  std::vector<domain::ShopNo> ready;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [shop_no, index] : indexes_) {
      if (index->state() == ShopIndex::State::kReady) ready.push_back(shop_no);
    }
  }
  if (ready.empty()) return;
  const auto revisions = store_.ReadRevisions(ready);
  if (!revisions.ok()) return;  // the next round asks again; readiness says why
  for (const auto& [shop_no, revision] : *revisions) {
    const std::shared_ptr<ShopIndex> index = Find(shop_no);
    const auto version = index->version();
    const domain::Revision before = seen[shop_no];
    seen[shop_no] = revision;
    if (version == nullptr || version->revision() >= before) continue;
    const absl::Status status = index->CatchUp(absl::Now() + kCatchUpTimeout);
    if (absl::IsFailedPrecondition(status)) EnqueueLoad(shop_no);
    Announce(shop_no);
  }
}

void ShopIndexes::MeasureAll() {
  std::vector<std::shared_ptr<ShopIndex>> ready, too_large;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [shop_no, index] : indexes_) {
      if (index->state() == ShopIndex::State::kReady) ready.push_back(index);
      if (index->state() == ShopIndex::State::kTooLarge) too_large.push_back(index);
    }
  }
  for (const auto& index : ready) {
    if (MayHave(*index, index->Measure())) continue;
    index->GiveUp();
    Announce(index->shop_no());
  }
  for (const auto& index : too_large) {
    if (MayHave(*index, index->outgrown_bytes())) EnqueueLoad(index->shop_no());
  }
}

}  // namespace segmentation::audience
