#include "server/usecase/member_query_usecase.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/identity.h"

namespace segmentation::usecase {
namespace {

using storage::MemberParts;

// Rows of a history read in one statement.
constexpr int kHistoryPage = 1'000;

absl::Status MemberNotFound(std::string_view field) {
  return base::MakeError(base::Reason::MEMBER_NOT_FOUND, field, "no such member");
}

absl::StatusOr<domain::Member> FindMember(ShopView& view, std::string_view member_id) {
  const std::string ids[] = {std::string(member_id)};
  ASSIGN_OR_RETURN(std::vector<domain::Member> found,
                   view.snapshot->ReadMembersById(ids, MemberParts::kRow));
  if (found.empty()) return MemberNotFound("member_id");
  return std::move(found.front());
}

auto OrderOf(const TimelineEvent& event) {
  return std::tuple(-event.at_ms, event.kind, std::string_view(event.key));
}

auto OrderOf(const TimelineCursor& cursor) {
  return std::tuple(-cursor.at_ms, cursor.kind, std::string_view(cursor.key));
}

// Reads a history to its end, page by page, and hands each row to `add`.
template <typename Read, typename Add>
absl::Status ReadHistory(Read read, Add add) {
  std::optional<domain::Etag> before;
  for (;;) {
    auto page = read(before);
    RETURN_IF_ERROR(page.status());
    for (auto& row : *page) {
      before = row.at;
      add(std::move(row));
    }
    if (page->size() < static_cast<size_t>(kHistoryPage)) return absl::OkStatus();
  }
}

std::string KeyOf(const domain::Etag& at) {
  return absl::StrCat(absl::Dec(at.revision, absl::kZeroPad20), "/",
                      absl::Dec(at.ordinal, absl::kZeroPad10));
}

void AddOrderEvents(const std::vector<domain::Order>& orders, std::vector<TimelineEvent>& events) {
  using Kind = TimelineEvent::Kind;
  for (const domain::Order& order : orders) {
    const std::string key = absl::StrCat(order.source, "/", order.external_id);
    events.push_back({order.created_at, Kind::kOrder, key, TimelineEvent::OrderPart{&order, 0}});
    for (size_t i = 0; i < order.refunds.size(); ++i) {
      events.push_back({order.refunds[i].effective_at, Kind::kRefund,
                        absl::StrCat(key, "/", order.refunds[i].id),
                        TimelineEvent::OrderPart{&order, i}});
    }
    for (size_t i = 0; i < order.reviews.size(); ++i) {
      events.push_back({order.reviews[i].reviewed_at, Kind::kReview,
                        absl::StrCat(key, "/", order.reviews[i].id),
                        TimelineEvent::OrderPart{&order, i}});
    }
  }
}

}  // namespace

absl::StatusOr<MembersView> MemberQueryUsecase::Get(const CallContext& context,
                                                    std::span<const std::string> member_ids,
                                                    const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   view.snapshot->ReadMembersById(member_ids, MemberParts::kAll));
  return MembersView{std::move(members), view.definitions, StampOf(view)};
}

absl::StatusOr<MembersView> MemberQueryUsecase::Lookup(const CallContext& context,
                                                       const domain::IdentityKey& identity,
                                                       const ReadOptions& read) {
  ASSIGN_OR_RETURN(std::string value,
                   domain::NormalizeIdentity(
                       identity.kind, identity.value,
                       domain::DefaultPhoneRegion(context.shop.time_zone, context.shop.currency),
                       "identity.value"));
  const domain::IdentityKey keys[] = {{identity.kind, std::move(value)}};
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(std::vector<storage::IdentityOwner> owners,
                   view.snapshot->ReadIdentityOwners(keys));
  if (owners.empty()) return MemberNotFound("identity");
  const domain::MemberNo numbers[] = {owners.front().member_no};
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   view.snapshot->ReadMembersByNo(numbers, MemberParts::kAll));
  if (members.empty()) return MemberNotFound("identity");
  return MembersView{std::move(members), view.definitions, StampOf(view)};
}

absl::StatusOr<MembersView> MemberQueryUsecase::List(const CallContext& context,
                                                     domain::MemberNo after_no, int limit,
                                                     const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   view.snapshot->ListMembers(after_no, limit, MemberParts::kAll));
  return MembersView{std::move(members), view.definitions, StampOf(view)};
}

absl::StatusOr<TimelineView> MemberQueryUsecase::Timeline(const CallContext& context,
                                                          std::string_view member_id,
                                                          const TimelineOptions& options,
                                                          const ReadOptions& read) {
  using Kind = TimelineEvent::Kind;
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(const domain::Member member, FindMember(view, member_id));
  TimelineView timeline;
  timeline.definitions = view.definitions;
  timeline.stamp = StampOf(view);
  const domain::MemberNo numbers[] = {member.number};
  ASSIGN_OR_RETURN(timeline.orders, view.snapshot->ReadOrdersOfMembers(numbers));
  std::vector<TimelineEvent>& events = timeline.events;
  AddOrderEvents(timeline.orders, events);
  RETURN_IF_ERROR(ReadHistory(
      [&](std::optional<domain::Etag> before) {
        return view.snapshot->ListTagHistory(member.number, before, kHistoryPage);
      },
      [&](storage::TagHistoryRow row) {
        events.push_back({row.at_ms, Kind::kTag, KeyOf(row.at), std::move(row)});
      }));
  RETURN_IF_ERROR(ReadHistory(
      [&](std::optional<domain::Etag> before) {
        return view.snapshot->ListConsentHistory(member.number, before, kHistoryPage);
      },
      [&](storage::ConsentHistoryRow row) {
        events.push_back(
            {row.consent.changed_at_ms, Kind::kConsent, KeyOf(row.at), std::move(row)});
      }));
  ASSIGN_OR_RETURN(std::vector<domain::Note> notes, view.snapshot->ListNotes(member.number));
  for (domain::Note& note : notes) {
    events.push_back({note.stamp.created_at_ms, Kind::kNote, note.id, std::move(note)});
  }
  std::erase_if(events, [&](const TimelineEvent& event) {
    return (options.from_ms && event.at_ms < *options.from_ms) ||
           (options.until_ms && event.at_ms >= *options.until_ms) ||
           (options.after && OrderOf(event) <= OrderOf(*options.after));
  });
  std::sort(events.begin(), events.end(),
            [](const TimelineEvent& a, const TimelineEvent& b) { return OrderOf(a) < OrderOf(b); });
  if (events.size() > static_cast<size_t>(options.limit)) {
    events.erase(events.begin() + options.limit, events.end());
  }
  return timeline;
}

absl::StatusOr<ConsentsView> MemberQueryUsecase::ConsentHistory(const CallContext& context,
                                                                std::string_view member_id,
                                                                std::optional<domain::Etag> before,
                                                                int limit,
                                                                const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(const domain::Member member, FindMember(view, member_id));
  ASSIGN_OR_RETURN(std::vector<storage::ConsentHistoryRow> history,
                   view.snapshot->ListConsentHistory(member.number, before, limit));
  return ConsentsView{std::move(history), StampOf(view)};
}

absl::StatusOr<NotesView> MemberQueryUsecase::Notes(const CallContext& context,
                                                    std::string_view member_id,
                                                    const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(const domain::Member member, FindMember(view, member_id));
  ASSIGN_OR_RETURN(std::vector<domain::Note> notes, view.snapshot->ListNotes(member.number));
  return NotesView{std::move(notes), StampOf(view)};
}

absl::StatusOr<TagHistoryView> MemberQueryUsecase::TagHistory(const CallContext& context,
                                                              std::string_view member_id,
                                                              std::optional<domain::Etag> before,
                                                              int limit, const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(const domain::Member member, FindMember(view, member_id));
  ASSIGN_OR_RETURN(std::vector<storage::TagHistoryRow> history,
                   view.snapshot->ListTagHistory(member.number, before, limit));
  return TagHistoryView{std::move(history), view.definitions, StampOf(view)};
}

absl::StatusOr<DefinitionsView> MemberQueryUsecase::Definitions(const CallContext& context,
                                                                const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  return DefinitionsView{view.definitions, StampOf(view)};
}

}  // namespace segmentation::usecase
