// The index of one shop over time: loaded from the store, then brought from revision to revision
// (design D1, D2). It is a view of the committed rows: it can be thrown away and loaded again at
// any time, and is then equal.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/audience/root_writer.h"
#include "server/audience/shop_root.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/storage/store.h"

namespace segmentation::audience {

// One version, with the definitions that conditions on it are bound against. Immutable.
struct IndexVersion {
  std::shared_ptr<const ShopRoot> root;
  std::shared_ptr<const domain::ShopDefinitions> definitions;
  domain::Revision revision() const { return root->revision; }
};

// What one revision made of the rows that the index keeps, as whoever committed it knows.
struct ShopChanges {
  struct MemberChange {
    std::shared_ptr<const domain::Member> member;
    storage::MemberParts parts = storage::MemberParts::kRow;  // those that are filled in
  };
  struct OrderChange {
    std::shared_ptr<const domain::Order> order;
    domain::MemberNo moved_from = 0;  // the member it was under before; 0: the same, or none
  };

  domain::Revision revision = 0;
  int64_t tick_at_ms = 0;
  std::shared_ptr<const domain::ShopDefinitions> definitions;  // of that state
  std::vector<MemberChange> members;
  std::vector<OrderChange> orders;
};

// What of a member a revision may have changed.
struct Touch {
  domain::MemberNo member_no = 0;
  storage::MemberParts parts = storage::MemberParts::kRow;  // the row is always among them
  bool orders = false;
};

// A version, and how it came from an earlier one.
struct VersionStep {
  std::shared_ptr<const IndexVersion> version;
  // Whose facts differ, each once, ascending; nothing: it is not known any more.
  std::optional<std::vector<Touch>> touched;
};

// Bytes of a shop's index, shown to operators.
struct IndexMemory {
  size_t members = 0;  // ids, times, live members
  size_t attributes = 0;
  size_t tags = 0;
  size_t orders = 0;
  size_t texts = 0;
  size_t total() const { return members + attributes + tags + orders + texts; }
};
IndexMemory MemoryOf(const ShopRoot& root);

// Thread-safe.
class ShopIndex {
 public:
  enum class State : uint8_t {
    kLoading,   // or waiting for it
    kReady,     // answers
    kTooLarge,  // more bytes than it was given: conditions are evaluated by the database
    kFailed,    // the load went wrong; it may be tried again
    kDeleted,   // the shop is gone
  };
  // Asked now and then while something long runs; a status that is not OK ends it.
  using StillWanted = std::function<absl::Status()>;
  // Whether the index may have so many bytes.
  using Allowed = std::function<bool(size_t bytes)>;

  // `store` outlives the index.
  ShopIndex(storage::Store& store, domain::ShopNo shop_no) : store_(store), shop_no_(shop_no) {}

  // Reads the shop page by page, each page in a snapshot of its own, then what changed meanwhile,
  // and makes the index ready. One load at a time. RESOURCE_EXHAUSTED when `allowed` says no.
  absl::Status Load(const StillWanted& still_wanted, const Allowed& allowed);

  // For whoever commits in this process, right after each commit and in order. What is not the next
  // revision is left to CatchUp.
  void Apply(const ShopChanges& changes);
  // For the same, when it learns that a revision was committed without knowing what it changed.
  void Note(domain::Revision revision);

  // Goes on to the newest committed revision by the change log. After an error the index stays at
  // the version it has, except FAILED_PRECONDITION: the log no longer has what is missing, and the
  // index answers nothing until it is loaded again.
  absl::Status CatchUp(absl::Time deadline);
  // Gives the memory back; the database evaluates from now on.
  void GiveUp();

  // The newest version if it is at least of `revision` and of everything this process is known to
  // have committed; else null, also when there is none at all.
  std::shared_ptr<const IndexVersion> VersionAt(domain::Revision revision) const;
  // Whatever version there is; null if none.
  std::shared_ptr<const IndexVersion> version() const;
  // The same, and what changed in it since `after`.
  VersionStep StepFrom(domain::Revision after) const;

  State state() const { return state_.load(); }
  domain::ShopNo shop_no() const { return shop_no_; }
  // As measured last.
  size_t bytes() const { return bytes_.load(); }
  // What it had when it was found too large.
  size_t outgrown_bytes() const { return outgrown_bytes_.load(); }
  size_t Measure();

 private:
  // A version in the making: where it is, and of what definitions.
  struct Draft {
    RootWriter writer;
    domain::Revision revision = 0;
    int64_t tick_at_ms = 0;
    std::shared_ptr<const domain::ShopDefinitions> definitions;
    bool torn = false;  // some rows are newer than `revision`: only Advance may go on from here
  };

  absl::Status LoadRows(Draft& draft, const StillWanted& still_wanted, const Allowed& allowed);
  // Brings a draft to the newest committed revision; adds whom that touched.
  absl::Status Advance(Draft& draft, absl::Time deadline,
                       std::vector<domain::MemberNo>* touched = nullptr) const;
  absl::Status ReadAgain(Draft& draft, storage::Reader& reader,
                         const std::vector<domain::MemberNo>& member_nos) const;
  // By writer_mutex_. `touched`: what changed since the version before; nothing: it is not known.
  void Publish(std::optional<std::vector<Touch>> touched);
  void Drop(State state);
  absl::Status Outgrown(size_t bytes);

  storage::Store& store_;
  const domain::ShopNo shop_no_;
  std::atomic<State> state_ = State::kLoading;
  std::atomic<size_t> bytes_ = 0;
  std::atomic<size_t> outgrown_bytes_ = 0;

  std::mutex writer_mutex_;
  std::unique_ptr<Draft> draft_;  // null unless ready; by writer_mutex_

  mutable std::mutex version_mutex_;
  std::shared_ptr<const IndexVersion> version_;  // by version_mutex_
  domain::Revision committed_ = 0;               // known to be; by version_mutex_
  // What changed from version to version, the oldest first, without gaps up to version_; by
  // version_mutex_.
  struct Step {
    domain::Revision from = 0;
    std::vector<Touch> touched;
  };
  std::deque<Step> steps_;
  size_t step_touches_ = 0;
};

}  // namespace segmentation::audience
