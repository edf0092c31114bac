// The storage contract: orders with all that belongs to them, products and totals.
#include <algorithm>
#include <limits>

#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using base::Reason;
using domain::Order;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using testing_support::TextOf;
using testing_support::TextsOf;

class OrderContract : public StoreTest {
 protected:
  OrderContract() : shop_(MakeShop()) {
    WriteSet rows;
    rows.members = {MemberOf(1, "a"), MemberOf(2, "b")};
    Write(shop_.number, rows);
  }

  void WriteOrder(const Order& order, bool is_new,
                  std::optional<domain::MemberNo> moved_from = std::nullopt) {
    WriteSet rows;
    rows.orders = {{order, is_new, moved_from}};
    Write(shop_.number, rows);
  }
  std::vector<std::string> All() {
    return TextsOf(Must(BeginRead(shop_.number)->ListOrders(0, 0, 10'000)));
  }

  const domain::Shop shop_;
};

INSTANTIATE_TEST_SUITE_P(Stores, OrderContract, ::testing::Values(Backend::kModel, Backend::kMysql),
                         BackendName);

TEST_P(OrderContract, EveryFieldIsReadBackInEveryWay) {
  const Order a = OrderOf(1, 1, "o1");
  const Order b = OrderOf(2, 2, "o2");
  Order bare;
  bare.member_no = 1;
  bare.number = 3;
  bare.source = "cdnow";
  bare.external_id = "o1";
  WriteSet rows;
  rows.orders = {{b, true, std::nullopt}, {a, true, std::nullopt}, {bare, true, std::nullopt}};
  Write(shop_.number, rows);
  auto snapshot = BeginRead(shop_.number);
  const domain::OrderKey keys[] = {
      {"tmall", "o2"}, {"tmall", "o1"}, {"cdnow", "o1"}, {"cdnow", "o2"}, {"tmall", "o1"}};
  EXPECT_THAT(TextsOf(Must(snapshot->ReadOrders(keys))),
              UnorderedElementsAre(TextOf(a), TextOf(b), TextOf(bare)));
  const domain::MemberNo members[] = {2, 1, 9, 2};
  EXPECT_THAT(TextsOf(Must(snapshot->ReadOrdersOfMembers(members))),
              ElementsAre(TextOf(a), TextOf(bare), TextOf(b)));
  EXPECT_THAT(All(), ElementsAre(TextOf(a), TextOf(bare), TextOf(b)));
  EXPECT_THAT(Must(snapshot->ReadOrders({})), IsEmpty());
  EXPECT_THAT(Must(snapshot->ReadOrdersOfMembers({})), IsEmpty());
}

TEST_P(OrderContract, OrdersAreListedInPagesWithTheirOwnChildrenOnly) {
  WriteSet rows;
  std::vector<std::string> want;
  for (domain::MemberNo member = 1; member <= 3; ++member) {
    for (domain::OrderNo i = 1; i <= 4; ++i) {
      const domain::OrderNo number = i * 10 + member;
      rows.orders.push_back(
          {OrderOf(member, number, base::StrCat("o", number)), true, std::nullopt});
      want.push_back(TextOf(rows.orders.back().order));
    }
  }
  std::reverse(rows.orders.begin(), rows.orders.end());
  Write(shop_.number, rows);
  auto snapshot = BeginRead(shop_.number);
  for (int limit = 1; limit <= 13; ++limit) {
    std::vector<std::string> got;
    domain::MemberNo after_member = 0;
    domain::OrderNo after_order = 0;
    for (;;) {
      const auto page = Must(snapshot->ListOrders(after_member, after_order, limit));
      if (page.empty()) break;
      ASSERT_LE(page.size(), static_cast<size_t>(limit));
      after_member = page.back().member_no;
      after_order = page.back().number;
      for (const Order& order : page) got.push_back(TextOf(order));
    }
    EXPECT_THAT(got, ElementsAreArray(want)) << limit;
  }
}

TEST_P(OrderContract, RewritingReplacesAllChildren) {
  Order order = OrderOf(1, 1, "o1");
  WriteOrder(order, true);
  WriteOrder(OrderOf(1, 2, "o2"), true);
  const std::string other = TextOf(OrderOf(1, 2, "o2"));
  order.lines.pop_back();
  order.lines[0].number = 5;
  order.lines[0].properties = {{"尺码", "36码"}};
  order.refunds = {order.refunds[1]};
  order.refunds[0].number = 7;
  order.refunds[0].parts = {{5, 3, 1}};
  order.reviews = {{"v9", 5, 1, "差评", false}};
  order.promotion_sources = {"新来源"};
  order.coupon_ids.clear();
  order.address.reset();
  order.status = domain::OrderStatus::kClosed;
  order.stamp = StampOf(99);
  WriteOrder(order, false);
  EXPECT_THAT(All(), ElementsAre(TextOf(order), other));
  order.lines.clear();
  order.refunds.clear();
  order.reviews.clear();
  order.promotion_sources.clear();
  WriteOrder(order, false);
  EXPECT_THAT(All(), ElementsAre(TextOf(order), other));
  // And back, though nothing is stored below it any more.
  WriteOrder(OrderOf(1, 1, "o1"), false);
  EXPECT_THAT(All(), ElementsAre(TextOf(OrderOf(1, 1, "o1")), other));
}

TEST_P(OrderContract, MovedOrderLeavesNothingUnderItsOldMember) {
  WriteOrder(OrderOf(1, 1, "o1"), true);
  Order order = OrderOf(2, 1, "o1");
  order.identity_no = 4;
  WriteOrder(order, false, 1);
  EXPECT_THAT(All(), ElementsAre(TextOf(order)));
  const domain::MemberNo old_member[] = {1};
  EXPECT_THAT(Must(BeginRead(shop_.number)->ReadOrdersOfMembers(old_member)), IsEmpty());
  // Nothing below it stayed: the old place can be filled again.
  Order back = OrderOf(1, 1, "o1");
  back.lines.clear();
  WriteOrder(back, false, 2);
  EXPECT_THAT(All(), ElementsAre(TextOf(back)));
}

// T26: the same (shop, source, id) is one order.
TEST_P(OrderContract, ExternalIdBelongsToOneOrder) {
  WriteOrder(OrderOf(1, 1, "o1"), true);
  for (const Order& thief : {OrderOf(1, 2, "o1"), OrderOf(2, 2, "o1")}) {
    WriteSet rows;
    rows.orders = {{thief, true, std::nullopt}};
    EXPECT_EQ(ReasonOf(TryWrite(shop_.number, rows)), Reason::ALREADY_EXISTS);
  }
  EXPECT_THAT(All(), ElementsAre(TextOf(OrderOf(1, 1, "o1"))));
  Order other_source = OrderOf(2, 2, "o1");
  other_source.source = "jd";
  WriteOrder(other_source, true);
  EXPECT_THAT(All(), SizeIs(2));
}

// T36
TEST_P(OrderContract, TwinsOfExternalIdsAreDifferentOrders) {
  const std::vector<std::string> twins = {"a1", "A1", "a1 ", " a1", "á1", "a\u03011", "ａ１"};
  WriteSet rows;
  domain::OrderNo number = 0;
  for (const std::string& twin : twins) {
    rows.orders.push_back({OrderOf(1, ++number, twin), true, std::nullopt});
  }
  Write(shop_.number, rows);
  for (number = 1; number <= twins.size(); ++number) {
    const domain::OrderKey keys[] = {{"tmall", twins[number - 1]}};
    const auto orders = Must(BeginRead(shop_.number)->ReadOrders(keys));
    ASSERT_THAT(orders, SizeIs(1));
    EXPECT_EQ(orders[0].number, number);
  }
}

TEST_P(OrderContract, EdgesOf64BitsAndTextsAreKept) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Order order = OrderOf(1, 4'294'967'295u, std::string(64, 'e'));
  order.goods_paid_minor = kMin;
  order.freight_minor = kMax;
  order.paid_at = kMin;
  order.created_at = -62'135'596'800'000;   // year 0001
  order.finished_at = 253'402'300'799'999;  // year 9999
  order.measure.paid_minor = kMax;
  order.measure.goods_refunded_minor = kMin;
  order.measure.order_day = -719162;
  order.measure.counted_from = kMin;
  order.measure.counted_until = domain::kNever;
  order.lines[0].quantity = kMax;
  order.lines[0].unit_price_minor = kMin;
  order.lines[0].source_paid_minor = kMin;
  order.lines[0].title = std::string(512, 'T');
  order.lines[0].sku = std::string("s\0k", 3);
  order.lines[0].properties = {
      {std::string("n\0", 2), std::string(256, 'v')}, {"", ""}, {"％ _", "99999999999999999999码"}};
  std::string growing;
  while (growing.size() + 3 <= 256) growing += "\uFDFA";
  order.lines[0].brand = growing;
  order.reviews[0].text = std::string(4096, 'r');
  order.refunds[0].parts[0].amount_minor = kMax;
  WriteOrder(order, true);
  EXPECT_THAT(All(), ElementsAre(TextOf(order)));
}

TEST_P(OrderContract, FiveHundredOrdersAreWrittenAtOnce) {
  constexpr domain::OrderNo kOrders = 500;
  WriteSet rows;
  std::vector<domain::OrderKey> keys;
  for (domain::OrderNo number = 1; number <= kOrders; ++number) {
    rows.orders.push_back(
        {OrderOf(1 + number % 2, number, base::StrCat("o", number)), true, std::nullopt});
    keys.push_back({"tmall", base::StrCat("o", number)});
  }
  Write(shop_.number, rows);
  std::vector<std::string> want;
  for (const auto& write : rows.orders) want.push_back(TextOf(write.order));
  EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ReadOrders(keys))),
              ::testing::UnorderedElementsAreArray(want));
  // And rewritten, half of them moved to the other member.
  want.clear();
  for (auto& write : rows.orders) {
    write.is_new = false;
    if (write.order.number % 3 == 0) {
      write.moved_from = write.order.member_no;
      write.order.member_no = 3 - write.order.member_no;
    }
    write.order.lines.pop_back();
    want.push_back(TextOf(write.order));
  }
  Write(shop_.number, rows);
  EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ReadOrders(keys))),
              ::testing::UnorderedElementsAreArray(want));
}

TEST_P(OrderContract, ProductsAreReadByIdAndListedByNumber) {
  WriteSet rows;
  domain::Product product;
  for (domain::ProductNo number = 1; number <= 5; ++number) {
    product.number = number;
    product.id = number == 5 ? "P1" : base::StrCat("p", number);
    product.title = base::StrCat("蕾丝裙 ", number);
    product.category = "女装";
    product.brand = "品牌";
    product.stage = "热销";
    product.stamp = StampOf(static_cast<int>(number));
    rows.products.push_back(product);
  }
  Write(shop_.number, rows);
  auto read = [&](std::vector<std::string> ids) {
    return TextsOf(Must(BeginRead(shop_.number)->ReadProducts(ids)));
  };
  EXPECT_THAT(read({"p2", "P1", "nobody", "p2"}),
              UnorderedElementsAre(TextOf(rows.products[1]), TextOf(rows.products[4])));
  auto snapshot = BeginRead(shop_.number);
  EXPECT_THAT(TextsOf(Must(snapshot->ListProducts(2, 2))),
              ElementsAre(TextOf(rows.products[2]), TextOf(rows.products[3])));
  EXPECT_THAT(Must(snapshot->ListProducts(5, 2)), IsEmpty());

  WriteSet again;
  again.products = {rows.products[0]};
  again.products[0].id = "ignored";
  again.products[0].title = "新标题";
  Write(shop_.number, again);
  again.products[0].id = "p1";
  EXPECT_THAT(read({"p1"}), ElementsAre(TextOf(again.products[0])));
  WriteSet thief;
  thief.products = {rows.products[0]};
  thief.products[0].number = 6;
  EXPECT_EQ(ReasonOf(TryWrite(shop_.number, thief)), Reason::ALREADY_EXISTS);
}

// T24, T83, T95, T97
TEST_P(OrderContract, TotalsCountPaidAndValidOrdersAsOf) {
  constexpr base::InstantMs kRefundedAt = 1000;
  EXPECT_EQ(TextOf(Must(BeginRead(shop_.number)->ReadShopTotals(kRefundedAt))),
            TextOf(ShopTotals{.member_count = 2}));
  WriteSet rows;
  const auto add = [&](domain::NotCountedReason reason, bool paid, int64_t amount, int64_t refunded,
                       int64_t taken, base::DayNumber day) {
    const auto number = static_cast<domain::OrderNo>(rows.orders.size() + 1);
    Order order = OrderOf(1, number, base::StrCat("o", number));
    order.measure.reason = reason;
    order.measure.counted_from = paid ? 5 : domain::kNever;
    order.measure.paid_minor = amount;
    order.measure.goods_refunded_minor = refunded;
    order.measure.order_day = day;
    order.measure.order_at = kRefundedAt;
    if (reason == domain::NotCountedReason::kWhollyRefunded) {
      order.measure.counted_until = kRefundedAt;
    }
    order.refunds.resize(1);
    order.refunds[0].effective_at = kRefundedAt;
    order.refunds[0].parts.clear();
    if (taken != 0) order.refunds[0].parts = {{1, taken - 1, 0}, {2, 1, 0}};
    rows.orders.push_back({order, true, std::nullopt});
  };
  add(domain::NotCountedReason::kNone, true, 1000, 100, 100, 20'000);
  // Refunds are reported beyond what was paid; they take no more than that.
  add(domain::NotCountedReason::kNone, true, 0, 500, 0, -5);
  add(domain::NotCountedReason::kWhollyRefunded, true, 300, 700, 300, -90);
  add(domain::NotCountedReason::kNotPaid, false, 9999, 0, 0, 90'000);
  add(domain::NotCountedReason::kReturnOnly, false, -50, 0, 0, 90'000);
  Write(shop_.number, rows);
  EXPECT_EQ(TextOf(Must(BeginRead(shop_.number)->ReadShopTotals(kRefundedAt))),
            TextOf(ShopTotals{.member_count = 2,
                              .order_count = 5,
                              .paid_order_count = 3,
                              .valid_order_count = 2,
                              .paid_minor = 1300,
                              .net_minor = 850,
                              .first_order_day = -5,
                              .last_order_day = 20'000}));
  // A moment earlier neither the refunds nor the return are known.
  EXPECT_EQ(TextOf(Must(BeginRead(shop_.number)->ReadShopTotals(kRefundedAt - 1))),
            TextOf(ShopTotals{.member_count = 2,
                              .order_count = 5,
                              .paid_order_count = 3,
                              .valid_order_count = 3,
                              .paid_minor = 1300,
                              .net_minor = 1300,
                              .first_order_day = -90,
                              .last_order_day = 20'000}));
  // Before the first order counts.
  EXPECT_EQ(TextOf(Must(BeginRead(shop_.number)->ReadShopTotals(4))),
            TextOf(ShopTotals{.member_count = 2, .order_count = 5}));
}

TEST_P(OrderContract, TotalsBeyond64BitsAreAnErrorNotAWrap) {
  WriteSet rows;
  for (domain::OrderNo number = 1; number <= 2; ++number) {
    Order order = OrderOf(1, number, base::StrCat("o", number));
    order.measure.paid_minor = std::numeric_limits<int64_t>::max();
    order.measure.goods_refunded_minor = 0;
    order.refunds.clear();
    rows.orders.push_back({order, true, std::nullopt});
  }
  Write(shop_.number, rows);
  EXPECT_EQ(ReasonOf(BeginRead(shop_.number)->ReadShopTotals(domain::kNever - 1).status()),
            Reason::RESULT_TOO_LARGE);
}

}  // namespace
}  // namespace segmentation::storage
