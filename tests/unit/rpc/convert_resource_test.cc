#include "server/rpc/convert_resource.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "segmentation/v1/group.pb.h"
#include "segmentation/v1/member.pb.h"
#include "segmentation/v1/order.pb.h"
#include "segmentation/v1/tag.pb.h"
#include "server/domain/condition/tree.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/group_query_usecase.h"
#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

using google::protobuf::FieldMask;

constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();
constexpr int32_t kMax32 = std::numeric_limits<int32_t>::max();

TEST(Etag, SurvivesTheWayThroughTextAtBothEnds) {
  std::set<std::string> texts;
  for (const domain::Etag etag :
       {domain::Etag{0, 0}, domain::Etag{1, 0}, domain::Etag{0, 1}, domain::Etag{256, 1},
        domain::Etag{1, 256}, domain::Etag{kMax64, kMax32}}) {
    const std::string text = EtagText(etag);
    EXPECT_EQ(text.size(), 16u);
    EXPECT_TRUE(texts.insert(text).second) << "two etags are one text";
    const auto back = EtagFromText(text, "etag");
    ASSERT_TRUE(back.ok());
    ASSERT_TRUE(back->has_value());
    EXPECT_EQ(**back, etag);
  }
}

TEST(Etag, EmptyIsNone) {
  const auto none = EtagFromText("", "etag");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

// T70
TEST(Etag, MalformedTextsNameTheField) {
  const std::string good = EtagText({7, 3});
  std::string negative = EtagText({7, 3});
  negative[0] = '_';  // the sign bit of the revision
  for (const std::string& text :
       {good.substr(1), good + "A", good + "=", std::string("7.3"), std::string("    "), negative,
        std::string(16, '*'), std::string(1, '\0') + good, std::string(4096, 'A')}) {
    EXPECT_EQ(Fault(EtagFromText(text, "group.etag")), "FIELD_INVALID group.etag") << text;
  }
}

TEST(UpdateMask, SetsTheFlagsOfTheFieldsNamed) {
  FieldMask mask;
  mask.add_paths("owner");
  mask.add_paths("display_name");
  mask.add_paths("owner");
  bool name = false, owner = false, condition = false;
  ASSERT_TRUE(
      ReadUpdateMask(mask, {{"display_name", &name}, {"owner", &owner}, {"condition", &condition}})
          .ok());
  EXPECT_TRUE(name);
  EXPECT_TRUE(owner);
  EXPECT_FALSE(condition);
}

// T70
TEST(UpdateMask, RefusesWhatCannotBeUpdated) {
  bool name = false;
  EXPECT_EQ(Fault(ReadUpdateMask(FieldMask(), {{"display_name", &name}})),
            "UPDATE_MASK_INVALID update_mask");
  for (const char* path :
       {"", "group_id", "Display_name", "display_name ", "*", "display_name.x"}) {
    FieldMask mask;
    mask.add_paths(path);
    const absl::Status status = ReadUpdateMask(mask, {{"display_name", &name}});
    EXPECT_EQ(Fault(status), "UPDATE_MASK_INVALID update_mask") << path;
    EXPECT_EQ(MetadataOf(status, "path"), path);
    EXPECT_FALSE(name);
  }
}

TEST(UpdateMask, HandsOtherPathsToTheCaller) {
  FieldMask mask;
  mask.add_paths("attributes.city");
  std::vector<std::string> taken;
  const auto other = [&](std::string_view path) {
    if (!path.starts_with("attributes.")) return false;
    taken.emplace_back(path);
    return true;
  };
  bool blocked = false;
  EXPECT_TRUE(ReadUpdateMask(mask, {{"blocked", &blocked}}, other).ok());
  EXPECT_EQ(taken, std::vector<std::string>{"attributes.city"});
  mask.add_paths("etag");
  EXPECT_EQ(Fault(ReadUpdateMask(mask, {{"blocked", &blocked}}, other)),
            "UPDATE_MASK_INVALID update_mask");
}

// T51
TEST(PageSize, IsBoundedAndNeverCut) {
  EXPECT_EQ(*PageSizeOf(0), 100);
  EXPECT_EQ(*PageSizeOf(1), 1);
  EXPECT_EQ(*PageSizeOf(1'000), 1'000);
  EXPECT_EQ(Fault(PageSizeOf(1'001)), "FIELD_OUT_OF_RANGE page_size");
  EXPECT_EQ(Fault(PageSizeOf(-1)), "FIELD_OUT_OF_RANGE page_size");
  EXPECT_EQ(Fault(PageSizeOf(kMax32)), "FIELD_OUT_OF_RANGE page_size");
}

TEST(ResourceRevision, FitsThirtyTwoBits) {
  EXPECT_EQ(*ResourceRevisionOf(0, "group_revision"), 0);
  EXPECT_EQ(*ResourceRevisionOf(kMax32, "group_revision"), kMax32);
  EXPECT_EQ(Fault(ResourceRevisionOf(int64_t{kMax32} + 1, "group_revision")),
            "FIELD_OUT_OF_RANGE group_revision");
  EXPECT_EQ(Fault(ResourceRevisionOf(-1, "group_revision")), "FIELD_OUT_OF_RANGE group_revision");
}

TEST(Enum, UnspecifiedAndUnknownNumbersAreRefused) {
  const auto from = [](int number) {
    return EnumFrom<domain::OrderStatus>(static_cast<v1::OrderStatus>(number), "order.status");
  };
  EXPECT_EQ(Fault(from(0)), "ENUM_UNKNOWN order.status");
  EXPECT_EQ(Fault(from(8)), "ENUM_UNKNOWN order.status");
  EXPECT_EQ(Fault(from(-1)), "ENUM_UNKNOWN order.status");
  EXPECT_EQ(MetadataOf(from(8).status(), "got"), "8");
  EXPECT_EQ(*from(7), domain::OrderStatus::kClosed);
}

// Conversions are casts: the numbers of both sides must mean the same.
TEST(Enum, NumbersOfApiAndDomainMeanTheSame) {
  const auto same = [](auto api, auto domain) {
    return static_cast<int>(api) == static_cast<int>(domain);
  };
  using domain::OrderStatus;
  EXPECT_TRUE(same(v1::ORDER_STATUS_UNPAID, OrderStatus::kUnpaid));
  EXPECT_TRUE(same(v1::ORDER_STATUS_DEPOSIT_PAID, OrderStatus::kDepositPaid));
  EXPECT_TRUE(same(v1::ORDER_STATUS_PAID, OrderStatus::kPaid));
  EXPECT_TRUE(same(v1::ORDER_STATUS_SHIPPED, OrderStatus::kShipped));
  EXPECT_TRUE(same(v1::ORDER_STATUS_RECEIVED, OrderStatus::kReceived));
  EXPECT_TRUE(same(v1::ORDER_STATUS_FINISHED, OrderStatus::kFinished));
  EXPECT_TRUE(same(v1::ORDER_STATUS_CLOSED, OrderStatus::kClosed));
  using domain::RefundKind;
  EXPECT_TRUE(same(v1::REFUND_KIND_RETURN_AND_REFUND, RefundKind::kReturnAndRefund));
  EXPECT_TRUE(same(v1::REFUND_KIND_REFUND_ONLY, RefundKind::kRefundOnly));
  EXPECT_TRUE(same(v1::REFUND_KIND_FREIGHT, RefundKind::kFreight));
  EXPECT_TRUE(same(v1::REFUND_KIND_COMPENSATION, RefundKind::kCompensation));
  using domain::RefundStatus;
  EXPECT_TRUE(same(v1::REFUND_STATUS_REQUESTED, RefundStatus::kRequested));
  EXPECT_TRUE(same(v1::REFUND_STATUS_SUCCEEDED, RefundStatus::kSucceeded));
  EXPECT_TRUE(same(v1::REFUND_STATUS_REFUSED, RefundStatus::kRefused));
  using domain::NotCountedReason;
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_UNSPECIFIED, NotCountedReason::kNone));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_NOT_PAID, NotCountedReason::kNotPaid));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_DEPOSIT_ONLY, NotCountedReason::kDepositOnly));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_CLOSED, NotCountedReason::kClosed));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_WHOLLY_REFUNDED, NotCountedReason::kWhollyRefunded));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_GIFTS_ONLY, NotCountedReason::kGiftsOnly));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_EXCLUDED, NotCountedReason::kExcluded));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_RETURN_ONLY, NotCountedReason::kReturnOnly));
  EXPECT_TRUE(same(v1::NOT_COUNTED_REASON_NOT_RECEIVED, NotCountedReason::kNotReceived));
  using domain::IdentityKind;
  EXPECT_TRUE(same(v1::IDENTITY_KIND_OUID, IdentityKind::kOuid));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_NICK, IdentityKind::kNick));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_PHONE, IdentityKind::kPhone));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_EMAIL, IdentityKind::kEmail));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_OPEN_ID, IdentityKind::kOpenId));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_PIN, IdentityKind::kPin));
  EXPECT_TRUE(same(v1::IDENTITY_KIND_CARD, IdentityKind::kCard));
  using domain::TagSource;
  EXPECT_TRUE(same(v1::TAG_SOURCE_AGENT, TagSource::kAgent));
  EXPECT_TRUE(same(v1::TAG_SOURCE_BUYER, TagSource::kBuyer));
  EXPECT_TRUE(same(v1::TAG_SOURCE_BATCH, TagSource::kBatch));
  EXPECT_TRUE(same(v1::TAG_SOURCE_RULE, TagSource::kRule));
  EXPECT_TRUE(same(v1::TAG_SOURCE_IMPORT, TagSource::kImport));
  EXPECT_TRUE(same(v1::TAG_SOURCE_MODEL, TagSource::kModel));
  EXPECT_TRUE(same(v1::TAG_CATEGORY_KIND_LISTED, domain::TagCategoryKind::kListed));
  EXPECT_TRUE(same(v1::TAG_CATEGORY_KIND_FREE, domain::TagCategoryKind::kFree));
  EXPECT_TRUE(same(v1::TAG_CATEGORY_KIND_NUMERIC, domain::TagCategoryKind::kNumeric));
  EXPECT_TRUE(same(v1::TAG_CHOICE_SINGLE, domain::TagChoice::kSingle));
  EXPECT_TRUE(same(v1::TAG_CHOICE_MULTI, domain::TagChoice::kMulti));
  using Action = storage::TagHistoryRow::Action;
  EXPECT_TRUE(same(v1::TAG_EVENT_KIND_ASSIGNED, Action::kAssigned));
  EXPECT_TRUE(same(v1::TAG_EVENT_KIND_REMOVED, Action::kRemoved));
  EXPECT_TRUE(same(v1::TAG_EVENT_KIND_REPLACED, Action::kReplaced));
  EXPECT_TRUE(same(v1::CLAUSE_JOIN_AND, usecase::ClauseJoin::kAnd));
  EXPECT_TRUE(same(v1::CLAUSE_JOIN_OR, usecase::ClauseJoin::kOr));
  using domain::Channel;
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_SMS, Channel::kSms));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_EMAIL, Channel::kEmail));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_WECHAT, Channel::kWechat));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_WANGWANG, Channel::kWangwang));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_PHONE, Channel::kPhone));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_POST, Channel::kPost));
  EXPECT_TRUE(same(v1::CONSENT_CHANNEL_APP, Channel::kApp));
  EXPECT_TRUE(same(v1::CONSENT_STATE_OPTED_IN, domain::ConsentState::kOptedIn));
  EXPECT_TRUE(same(v1::CONSENT_STATE_OPTED_OUT, domain::ConsentState::kOptedOut));
}

TEST(Enum, NumbersOfConditionsMeanTheSame) {
  namespace cond = domain::condition;
  using cond::Operator;
  const std::vector<std::pair<v1::Operator, Operator>> operators = {
      {v1::OPERATOR_EQUAL, Operator::kEqual},
      {v1::OPERATOR_NOT_EQUAL, Operator::kNotEqual},
      {v1::OPERATOR_LESS, Operator::kLess},
      {v1::OPERATOR_LESS_OR_EQUAL, Operator::kLessOrEqual},
      {v1::OPERATOR_GREATER, Operator::kGreater},
      {v1::OPERATOR_GREATER_OR_EQUAL, Operator::kGreaterOrEqual},
      {v1::OPERATOR_IN, Operator::kIn},
      {v1::OPERATOR_NOT_IN, Operator::kNotIn},
      {v1::OPERATOR_BETWEEN, Operator::kBetween},
      {v1::OPERATOR_NOT_BETWEEN, Operator::kNotBetween},
      {v1::OPERATOR_CONTAINS, Operator::kContains},
      {v1::OPERATOR_NOT_CONTAINS, Operator::kNotContains},
      {v1::OPERATOR_CONTAINS_ANY, Operator::kContainsAny},
      {v1::OPERATOR_NOT_CONTAINS_ANY, Operator::kNotContainsAny},
      {v1::OPERATOR_IS_NULL, Operator::kIsNull},
      {v1::OPERATOR_IS_NOT_NULL, Operator::kIsNotNull},
      {v1::OPERATOR_WITHIN, Operator::kWithin},
      {v1::OPERATOR_DURING, Operator::kDuring},
      {v1::OPERATOR_NOT_DURING, Operator::kNotDuring}};
  EXPECT_EQ(operators.size() + 1, static_cast<size_t>(v1::Operator_descriptor()->value_count()));
  for (const auto& [api, tree] : operators) EXPECT_EQ(EnumTo<v1::Operator>(tree), api);
  using cond::RowAggregate;
  const std::vector<std::pair<v1::Aggregate, RowAggregate>> aggregates = {
      {v1::AGGREGATE_COUNT, RowAggregate::kCount},
      {v1::AGGREGATE_COUNT_LINES, RowAggregate::kCountLines},
      {v1::AGGREGATE_SUM_QUANTITY, RowAggregate::kSumQuantity},
      {v1::AGGREGATE_SUM_AMOUNT, RowAggregate::kSumAmount},
      {v1::AGGREGATE_AVG_AMOUNT, RowAggregate::kAvgAmount},
      {v1::AGGREGATE_MIN_AMOUNT, RowAggregate::kMinAmount},
      {v1::AGGREGATE_MAX_AMOUNT, RowAggregate::kMaxAmount},
      {v1::AGGREGATE_FIRST_DATE, RowAggregate::kFirstDate},
      {v1::AGGREGATE_LAST_DATE, RowAggregate::kLastDate}};
  EXPECT_EQ(aggregates.size() + 1, static_cast<size_t>(v1::Aggregate_descriptor()->value_count()));
  for (const auto& [api, tree] : aggregates) EXPECT_EQ(EnumTo<v1::Aggregate>(tree), api);
  EXPECT_EQ(EnumTo<v1::DateUnit>(cond::RelativeDay::Unit::kDay), v1::DATE_UNIT_DAY);
  EXPECT_EQ(EnumTo<v1::DateUnit>(cond::RelativeDay::Unit::kMonth), v1::DATE_UNIT_MONTH);
  EXPECT_EQ(EnumTo<v1::DateUnit>(cond::RelativeDay::Unit::kYear), v1::DATE_UNIT_YEAR);
  EXPECT_EQ(EnumTo<v1::RollingUnit>(cond::RollingTime::Unit::kMinute), v1::ROLLING_UNIT_MINUTE);
  EXPECT_EQ(EnumTo<v1::RollingUnit>(cond::RollingTime::Unit::kHour), v1::ROLLING_UNIT_HOUR);
  EXPECT_EQ(EnumTo<v1::OrderSource>(cond::OrderSource::kOrdersPlaced),
            v1::ORDER_SOURCE_ORDERS_PLACED);
  EXPECT_EQ(EnumTo<v1::OrderSource>(cond::OrderSource::kProductsPurchased),
            v1::ORDER_SOURCE_PRODUCTS_PURCHASED);
}

}  // namespace
}  // namespace segmentation::rpc
