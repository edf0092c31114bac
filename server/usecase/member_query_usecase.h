// Questions about members: who they are, what is known of them, what happened to them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/storage/rows.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

struct MembersView {
  std::vector<domain::Member> members;
  std::shared_ptr<const domain::ShopDefinitions> definitions;  // names of attributes and tags
  ReadStamp stamp;
};

// Something that happened to a member. Ordered newest first by (at_ms, kind, key).
struct TimelineEvent {
  enum class Kind : uint8_t {
    kOrder = 1,
    kRefund = 2,
    kReview = 3,
    kTag = 4,
    kConsent = 5,
    kNote = 6,
  };
  struct OrderPart {
    const domain::Order* order = nullptr;  // in TimelineView::orders
    size_t index = 0;                      // of the refund or review in it
  };
  base::InstantMs at_ms = 0;
  Kind kind = Kind::kOrder;
  std::string key;  // unique among events of one kind and instant
  std::variant<OrderPart, storage::TagHistoryRow, storage::ConsentHistoryRow, domain::Note> body;
};

// Where a page of a timeline ends; the next begins strictly after it.
struct TimelineCursor {
  base::InstantMs at_ms = 0;
  TimelineEvent::Kind kind = TimelineEvent::Kind::kOrder;
  std::string key;
};

struct TimelineOptions {
  std::optional<base::InstantMs> from_ms;   // inclusive
  std::optional<base::InstantMs> until_ms;  // exclusive
  std::optional<TimelineCursor> after;
  int limit = 100;
};

struct TimelineView {
  std::vector<domain::Order> orders;  // what the events point into
  std::vector<TimelineEvent> events;
  std::shared_ptr<const domain::ShopDefinitions> definitions;
  ReadStamp stamp;
};

struct ConsentsView {
  std::vector<storage::ConsentHistoryRow> history;  // newest first
  ReadStamp stamp;
};

struct NotesView {
  std::vector<domain::Note> notes;  // by note id
  ReadStamp stamp;
};

struct TagHistoryView {
  std::vector<storage::TagHistoryRow> history;  // newest first
  std::shared_ptr<const domain::ShopDefinitions> definitions;
  ReadStamp stamp;
};

struct DefinitionsView {
  std::shared_ptr<const domain::ShopDefinitions> definitions;
  ReadStamp stamp;
};

// Thread-safe. Every method runs its queries on the calling thread. A member that does not exist is
// MEMBER_NOT_FOUND, naming `member_id`.
class MemberQueryUsecase {
 public:
  // `reader` outlives it.
  explicit MemberQueryUsecase(ShopReader& reader) : reader_(reader) {}

  // With all parts, in no order; unknown ids are left out.
  absl::StatusOr<MembersView> Get(const CallContext& context,
                                  std::span<const std::string> member_ids, const ReadOptions& read);
  // The owner of an identity as sent. Errors: IDENTITY_MASKED, FIELD_INVALID, MEMBER_NOT_FOUND.
  absl::StatusOr<MembersView> Lookup(const CallContext& context,
                                     const domain::IdentityKey& identity, const ReadOptions& read);
  // By internal number after `after_no`: the order in which members came.
  absl::StatusOr<MembersView> List(const CallContext& context, domain::MemberNo after_no, int limit,
                                   const ReadOptions& read);

  absl::StatusOr<TimelineView> Timeline(const CallContext& context, std::string_view member_id,
                                        const TimelineOptions& options, const ReadOptions& read);
  absl::StatusOr<ConsentsView> ConsentHistory(const CallContext& context,
                                              std::string_view member_id,
                                              std::optional<domain::Etag> before, int limit,
                                              const ReadOptions& read);
  absl::StatusOr<NotesView> Notes(const CallContext& context, std::string_view member_id,
                                  const ReadOptions& read);
  absl::StatusOr<TagHistoryView> TagHistory(const CallContext& context, std::string_view member_id,
                                            std::optional<domain::Etag> before, int limit,
                                            const ReadOptions& read);

  // Everything but members, orders and products.
  absl::StatusOr<DefinitionsView> Definitions(const CallContext& context, const ReadOptions& read);

 private:
  ShopReader& reader_;
};

}  // namespace segmentation::usecase
