#include "server/usecase/shop_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/usecase/fact_errors.h"

namespace segmentation::usecase {

ShopReader::ShopReader(storage::Store& store, const base::Clock& clock, ShopReaderOptions options)
    : store_(store), clock_(clock), options_(std::move(options)) {}

absl::StatusOr<base::InstantMs> ShopReader::AsOf(const ReadOptions& options) const {
  const base::InstantMs now = clock_.NowMs();
  const base::InstantMs as_of = options.as_of_ms.value_or(now);
  if (as_of <= now) return as_of;
  return base::MakeError(
      base::Reason::FIELD_OUT_OF_RANGE, "as_of",
      absl::StrCat("got an instant ", as_of - now, " ms in the future, want now or earlier"));
}

absl::StatusOr<ShopView> ShopReader::Open(const CallContext& context, const ReadOptions& options) {
  ShopView view;
  ASSIGN_OR_RETURN(view.as_of_ms, AsOf(options));
  absl::Duration backoff = options_.first_backoff;
  for (;;) {
    RETURN_IF_ERROR(CheckStillWanted(context, clock_.Now()));
    ASSIGN_OR_RETURN(view.snapshot, store_.BeginRead(context.shop.number, context.deadline));
    view.revision = view.snapshot->head().revision;
    if (view.revision >= options.min_revision) break;
    view.snapshot.reset();
    if (clock_.Now() + backoff >= context.deadline) {
      return base::MakeError(
          base::Reason::REVISION_NOT_REACHED, "min_revision_token",
          absl::StrCat("the shop is at revision ", view.revision, ", want ", options.min_revision));
    }
    options_.sleep(backoff);
    backoff = std::min(backoff * 2, absl::Milliseconds(100));
  }
  ASSIGN_OR_RETURN(view.definitions, DefinitionsOf(*view.snapshot));
  // The look-up of the shop may be some seconds old.
  if (view.definitions->shop.deleted) return ShopNotFound();
  return view;
}

absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> ShopReader::DefinitionsOf(
    storage::ReadSnapshot& snapshot) {
  const storage::ShopHead& head = snapshot.head();
  {
    std::lock_guard lock(mutex_);
    auto found = cached_.find(head.shop_no);
    if (found != cached_.end() && found->second->definition_revision == head.definition_revision) {
      return found->second;
    }
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const domain::ShopDefinitions> definitions,
                   snapshot.ReadDefinitions());
  std::lock_guard lock(mutex_);
  if (cached_.size() >= options_.max_cached_shops) cached_.erase(cached_.begin());
  std::shared_ptr<const domain::ShopDefinitions>& slot = cached_[head.shop_no];
  // A slower reader of an older state must not take the place of a newer one.
  if (slot == nullptr || slot->definition_revision < definitions->definition_revision) {
    slot = definitions;
  }
  return definitions;
}

}  // namespace segmentation::usecase
