#include "server/audience/shop_index.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::audience {
namespace {

using domain::MemberNo;
using storage::MemberParts;

// Rows of one page of a load, each read in a snapshot that is kept for it alone.
constexpr int kLoadPage = 2'000;
// Pages between two looks at the memory.
constexpr int kPagesPerMeasure = 25;
// Entries of the change log, and members they touch, that are read in one statement.
constexpr int kChangePage = 64;
constexpr size_t kReadAgainPage = 512;
constexpr absl::Duration kPageTimeout = absl::Seconds(30);

// How far back is known what changed: some seconds of writes.
constexpr size_t kMostSteps = 4'096;
constexpr size_t kMostTouches = 65'536;

std::vector<Touch> TouchesOf(const ShopChanges& changes) {
  std::map<MemberNo, Touch> touched;
  const auto touch = [&](MemberNo member_no) -> Touch& {
    return touched.emplace(member_no, Touch{member_no}).first->second;
  };
  for (const ShopChanges::MemberChange& change : changes.members) {
    Touch& one = touch(change.member->number);
    one.parts = one.parts | change.parts;
  }
  for (const ShopChanges::OrderChange& change : changes.orders) {
    touch(change.order->member_no).orders = true;
    if (change.moved_from != 0) touch(change.moved_from).orders = true;
  }
  std::vector<Touch> touches;
  touches.reserve(touched.size());
  for (const auto& [member_no, one] : touched) touches.push_back(one);
  return touches;
}

absl::Status LogEnded(domain::Revision want) {
  return absl::FailedPreconditionError(
      base::StrCat("the change log no longer has revision ", want));
}

}  // namespace

absl::Status ShopIndex::Load(const StillWanted& still_wanted, const Allowed& allowed) {
  {
    std::lock_guard lock(writer_mutex_);
    draft_.reset();
    Drop(State::kLoading);
  }
  auto draft = std::make_unique<Draft>();
  absl::Status loaded = LoadRows(*draft, still_wanted, allowed);
  // Most of what changed meanwhile is read before writers are kept waiting for the rest.
  if (loaded.ok()) loaded = Advance(*draft, absl::Now() + kPageTimeout);
  if (loaded.ok()) {
    std::lock_guard lock(writer_mutex_);
    loaded = Advance(*draft, absl::Now() + kPageTimeout);
    if (loaded.ok()) {
      draft_ = std::move(draft);
      state_.store(State::kReady);
      Publish(std::nullopt);
    }
  }
  if (loaded.ok()) {
    Measure();
    return absl::OkStatus();
  }
  Drop(absl::IsResourceExhausted(loaded) ? State::kTooLarge
       : absl::IsNotFound(loaded)        ? State::kDeleted
                                         : State::kFailed);
  return loaded;
}

absl::Status ShopIndex::LoadRows(Draft& draft, const StillWanted& still_wanted,
                                 const Allowed& allowed) {
  const auto open = [this] { return store_.BeginRead(shop_no_, absl::Now() + kPageTimeout); };
  {
    ASSIGN_OR_RETURN(const auto snapshot, open());
    draft.revision = snapshot->head().revision;
    draft.tick_at_ms = snapshot->head().tick_at_ms;
    ASSIGN_OR_RETURN(draft.definitions, snapshot->ReadDefinitions());
  }
  int pages = 0;
  const auto go_on = [&]() -> absl::Status {
    RETURN_IF_ERROR(still_wanted());
    if (++pages % kPagesPerMeasure != 0) return absl::OkStatus();
    const size_t bytes = MemoryOf(draft.writer.root()).total();
    bytes_.store(bytes);
    if (allowed(bytes)) return absl::OkStatus();
    return Outgrown(bytes);
  };
  MemberNo after_member = 0;
  for (;;) {
    RETURN_IF_ERROR(go_on());
    ASSIGN_OR_RETURN(const auto snapshot, open());
    ASSIGN_OR_RETURN(const std::vector<domain::Member> members,
                     snapshot->ListMembers(after_member, kLoadPage, MemberParts::kAll));
    for (const domain::Member& member : members) {
      draft.writer.PutMember(member, *draft.definitions);
    }
    if (members.size() < static_cast<size_t>(kLoadPage)) break;
    after_member = members.back().number;
  }
  after_member = 0;
  domain::OrderNo after_order = 0;
  for (;;) {
    RETURN_IF_ERROR(go_on());
    ASSIGN_OR_RETURN(const auto snapshot, open());
    ASSIGN_OR_RETURN(std::vector<domain::Order> orders,
                     snapshot->ListOrders(after_member, after_order, kLoadPage));
    const bool last = orders.size() < static_cast<size_t>(kLoadPage);
    if (!orders.empty()) {
      after_member = orders.back().member_no;
      after_order = orders.back().number;
    }
    for (domain::Order& order : orders) draft.writer.PutOrder(std::move(order));
    if (last) break;
  }
  if (const size_t bytes = MemoryOf(draft.writer.root()).total(); !allowed(bytes)) {
    return Outgrown(bytes);
  }
  return absl::OkStatus();
}

absl::Status ShopIndex::Advance(Draft& draft, absl::Time deadline,
                                std::vector<MemberNo>* all_touched) const {
  ASSIGN_OR_RETURN(const auto snapshot, store_.BeginRead(shop_no_, deadline));
  const storage::ShopHead& head = snapshot->head();
  if (head.revision == draft.revision) return absl::OkStatus();
  if (head.revision < draft.revision) {
    return absl::FailedPreconditionError(
        base::StrCat("the shop went back from revision ", draft.revision, " to ", head.revision));
  }
  std::set<MemberNo> touched;
  domain::Revision seen = draft.revision;
  while (seen < head.revision) {
    ASSIGN_OR_RETURN(const std::vector<storage::ChangeRow> changes,
                     snapshot->ListChanges(seen, kChangePage));
    if (changes.empty() || changes.front().revision != seen + 1) return LogEnded(seen + 1);
    for (const storage::ChangeRow& change : changes) {
      touched.insert(change.member_nos.begin(), change.member_nos.end());
    }
    seen = changes.back().revision;
  }
  draft.torn = true;
  if (head.definition_revision != draft.definitions->definition_revision) {
    ASSIGN_OR_RETURN(draft.definitions, snapshot->ReadDefinitions());
    draft.writer.DropUndefined(*draft.definitions);
  }
  const std::vector<MemberNo> member_nos(touched.begin(), touched.end());
  RETURN_IF_ERROR(ReadAgain(draft, *snapshot, member_nos));
  draft.revision = head.revision;
  draft.tick_at_ms = head.tick_at_ms;
  draft.torn = false;
  if (all_touched != nullptr) *all_touched = member_nos;
  return absl::OkStatus();
}

absl::Status ShopIndex::ReadAgain(Draft& draft, storage::Reader& reader,
                                  const std::vector<MemberNo>& member_nos) const {
  for (size_t from = 0; from < member_nos.size(); from += kReadAgainPage) {
    const std::span<const MemberNo> page =
        std::span(member_nos).subspan(from, std::min(kReadAgainPage, member_nos.size() - from));
    ASSIGN_OR_RETURN(const std::vector<domain::Member> members,
                     reader.ReadMembersByNo(page, MemberParts::kAll));
    ASSIGN_OR_RETURN(std::vector<domain::Order> orders, reader.ReadOrdersOfMembers(page));
    std::map<MemberNo, std::vector<domain::Order>> by_member;
    for (domain::Order& order : orders) by_member[order.member_no].push_back(std::move(order));
    std::set<MemberNo> gone(page.begin(), page.end());
    for (const domain::Member& member : members) {
      gone.erase(member.number);
      draft.writer.PutMember(member, *draft.definitions);
      draft.writer.PutOrders(member.number, std::move(by_member[member.number]));
    }
    for (const MemberNo member_no : gone) draft.writer.RemoveMember(member_no);
  }
  return absl::OkStatus();
}

void ShopIndex::Apply(const ShopChanges& changes) {
  Note(changes.revision);
  std::lock_guard lock(writer_mutex_);
  if (draft_ == nullptr || draft_->torn || changes.revision != draft_->revision + 1) return;
  Draft& draft = *draft_;
  if (changes.definitions->definition_revision != draft.definitions->definition_revision) {
    draft.definitions = changes.definitions;
    draft.writer.DropUndefined(*draft.definitions);
  }
  for (const ShopChanges::MemberChange& change : changes.members) {
    draft.writer.PutMember(*change.member, *draft.definitions, change.parts);
  }
  for (const ShopChanges::OrderChange& change : changes.orders) {
    if (change.moved_from != 0) draft.writer.RemoveOrder(change.moved_from, change.order->number);
    draft.writer.PutOrder(*change.order);
  }
  draft.revision = changes.revision;
  draft.tick_at_ms = changes.tick_at_ms;
  Publish(TouchesOf(changes));
}

void ShopIndex::Note(domain::Revision revision) {
  std::lock_guard lock(version_mutex_);
  committed_ = std::max(committed_, revision);
}

absl::Status ShopIndex::CatchUp(absl::Time deadline) {
  std::lock_guard lock(writer_mutex_);
  if (draft_ == nullptr) return absl::OkStatus();
  const domain::Revision before = draft_->revision;
  std::vector<MemberNo> touched;
  absl::Status advanced = Advance(*draft_, deadline, &touched);
  if (absl::IsFailedPrecondition(advanced)) {
    draft_.reset();
    Drop(State::kLoading);
  } else if (advanced.ok() && draft_->revision != before) {
    std::vector<Touch> touches;
    touches.reserve(touched.size());
    for (const MemberNo member_no : touched) {
      touches.push_back({member_no, MemberParts::kAll, true});
    }
    Publish(std::move(touches));
  }
  return advanced;
}

void ShopIndex::Publish(std::optional<std::vector<Touch>> touched) {
  if (draft_->definitions->shop.deleted) {
    draft_.reset();
    Drop(State::kDeleted);
    return;
  }
  auto version = std::make_shared<IndexVersion>();
  version->root = draft_->writer.Publish(draft_->revision, draft_->tick_at_ms);
  version->definitions = draft_->definitions;
  std::lock_guard lock(version_mutex_);
  if (!touched || version_ == nullptr) {
    steps_.clear();
    step_touches_ = 0;
  } else {
    step_touches_ += touched->size();
    steps_.push_back({version_->revision(), *std::move(touched)});
    while (steps_.size() > kMostSteps || step_touches_ > kMostTouches) {
      step_touches_ -= steps_.front().touched.size();
      steps_.pop_front();
    }
  }
  version_ = std::move(version);
}

absl::Status ShopIndex::Outgrown(size_t bytes) {
  outgrown_bytes_.store(bytes);
  return absl::ResourceExhaustedError(
      base::StrCat("the index has ", bytes, " bytes, more than it was given"));
}

void ShopIndex::GiveUp() {
  std::lock_guard lock(writer_mutex_);
  draft_.reset();
  outgrown_bytes_.store(bytes_.load());
  Drop(State::kTooLarge);
}

size_t ShopIndex::Measure() {
  const std::shared_ptr<const IndexVersion> newest = version();
  const size_t bytes = newest == nullptr ? 0 : MemoryOf(*newest->root).total();
  bytes_.store(bytes);
  return bytes;
}

void ShopIndex::Drop(State state) {
  state_.store(state);
  bytes_.store(0);
  std::lock_guard lock(version_mutex_);
  version_.reset();
}

std::shared_ptr<const IndexVersion> ShopIndex::VersionAt(domain::Revision revision) const {
  std::lock_guard lock(version_mutex_);
  if (version_ == nullptr || version_->revision() < std::max(revision, committed_)) return nullptr;
  return version_;
}

VersionStep ShopIndex::StepFrom(domain::Revision after) const {
  std::lock_guard lock(version_mutex_);
  VersionStep step{version_, std::nullopt};
  if (version_ == nullptr) return step;
  if (version_->revision() == after) {
    step.touched.emplace();
    return step;
  }
  auto from = std::lower_bound(
      steps_.begin(), steps_.end(), after,
      [](const Step& one, domain::Revision revision) { return one.from < revision; });
  if (from == steps_.end() || from->from != after) return step;
  std::map<MemberNo, Touch> touched;
  for (; from != steps_.end(); ++from) {
    for (const Touch& touch : from->touched) {
      Touch& merged = touched.emplace(touch.member_no, Touch{touch.member_no}).first->second;
      merged.parts = merged.parts | touch.parts;
      merged.orders = merged.orders || touch.orders;
    }
  }
  step.touched.emplace();
  step.touched->reserve(touched.size());
  for (const auto& [member_no, touch] : touched) step.touched->push_back(touch);
  return step;
}

std::shared_ptr<const IndexVersion> ShopIndex::version() const {
  std::lock_guard lock(version_mutex_);
  return version_;
}

}  // namespace segmentation::audience
