// What the files of the contract suite share (a file of this program, so that it is linked once).
#include <atomic>
#include <iostream>

#include "server/base/strings.h"
#include "server/storage/mysql/migrator.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage {
namespace {

struct SharedDatabase {
  testing::TestDatabase database;
  std::unique_ptr<mysql::MysqlStore> store;
};

SharedDatabase& Shared() {
  // Never destroyed: the server goes with the program.
  static SharedDatabase* const shared = [] {
    auto* made = new SharedDatabase;
    const absl::Status migrated =
        mysql::Migrate(made->database.options(), mysql::EmbeddedMigrations());
    if (!migrated.ok()) {
      std::cerr << "cannot migrate the test database: " << migrated << std::endl;
      std::exit(1);
    }
    mysql::MysqlStoreOptions options;
    options.pool.connection = made->database.options();
    made->store = Must(mysql::MysqlStore::Open(options));
    return made;
  }();
  return *shared;
}

}  // namespace

mysql::MysqlStore& SharedMysqlStore() { return *Shared().store; }
const mysql::ConnectionOptions& SharedMysqlOptions() { return Shared().database.options(); }

base::Reason ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->reason : kNoReason;
}

StoreTest::StoreTest() {
  if (GetParam() == Backend::kModel) {
    model_ = std::make_unique<testing_support::ModelStore>();
    store_ = model_.get();
  } else {
    store_ = &SharedMysqlStore();
  }
}

std::string StoreTest::FreshId(const std::string& prefix) const {
  static std::atomic<int> counter{0};
  return base::StrCat(prefix, "-", counter.fetch_add(1));
}

domain::Shop StoreTest::MakeShop() {
  return Must(store().CreateShop(testing_support::NewShopOf(FreshId("shop"))));
}

std::unique_ptr<WriteTransaction> StoreTest::BeginWrite(domain::ShopNo shop_no) {
  return Must(store().BeginWrite(shop_no, absl::InfiniteFuture()));
}

std::unique_ptr<ReadSnapshot> StoreTest::BeginRead(domain::ShopNo shop_no) {
  return Must(store().BeginRead(shop_no, absl::InfiniteFuture()));
}

domain::Revision StoreTest::Write(domain::ShopNo shop_no, const WriteSet& rows) {
  return Must(testing_support::WriteRows(store(), shop_no, rows));
}

absl::Status StoreTest::TryWrite(domain::ShopNo shop_no, const WriteSet& rows) {
  return testing_support::WriteRows(store(), shop_no, rows).status();
}

std::shared_ptr<const domain::ShopDefinitions> StoreTest::Definitions(domain::ShopNo shop_no) {
  return Must(BeginRead(shop_no)->ReadDefinitions());
}

domain::Stamp StampOf(int seed) {
  domain::Stamp stamp;
  stamp.etag = {seed, seed + 1};
  stamp.created_at_ms = 1'000'000 + seed;
  stamp.updated_at_ms = 2'000'000 + seed;
  stamp.created_by = base::StrCat("maker ", seed);
  stamp.updated_by = base::StrCat("editor ", seed);
  return stamp;
}

domain::Member MemberOf(domain::MemberNo number, const std::string& id) {
  domain::Member member;
  member.number = number;
  member.id = id;
  member.stamp = StampOf(static_cast<int>(number));
  return member;
}

domain::Order OrderOf(domain::MemberNo member_no, domain::OrderNo number,
                      const std::string& external_id) {
  domain::Order order;
  order.member_no = member_no;
  order.number = number;
  order.identity_no = 2;
  order.store_no = 3;
  order.source = "tmall";
  order.external_id = external_id;
  order.status = domain::OrderStatus::kFinished;
  order.source_updated_at = 1'700'000'000'001;
  order.created_at = 1'700'000'000'002;
  order.paid_at = 1'700'000'000'003;
  order.final_paid_at = 1'700'000'000'004;
  order.shipped_at = 1'700'000'000'005;
  order.received_at = 1'700'000'000'006;
  order.finished_at = 1'700'000'000'007;
  order.closed_at = 1'700'000'000'008;
  order.presale = true;
  order.cash_on_delivery = true;
  order.receipt_automatic = true;
  order.terminal = "手机端 App";
  order.promotion_sources = {"聚划算", "直通车", "聚划算"};
  order.coupon_ids = {"c2", "c1"};
  order.logistics_company = "顺丰 SF";
  order.goods_paid_minor = 12345;
  order.freight_minor = 600;
  order.platform_discount_minor = 100;
  order.exclusion_reason = "样品";
  order.address = domain::ReceiverAddress{"浙江省", "杭州市", "西湖区", "学院路 1 号",
                                          "浙江省杭州市西湖区学院路 1 号 中国银行"};
  domain::OrderLine line;
  line.number = 1;
  line.id = "l1";
  line.product_no = 7;
  line.product_id = "p7";
  line.sku = "SKU-7";
  line.title = "蕾丝 连衣裙 ＡＢＣ";
  line.category = "女装";
  line.brand = "Ｂrand";
  line.properties = {{"尺码", "35码"}, {"长度", "80.5cm"}, {"颜色", "红"}};
  line.quantity = 2;
  line.unit_price_minor = 6000;
  line.line_discount_minor = 55;
  line.source_paid_minor = 11111;
  line.paid_minor = 12345;
  order.lines.push_back(line);
  line.number = 2;
  line.id = "l2";
  line.properties.clear();
  line.source_paid_minor.reset();
  line.gift_flag = true;
  line.paid_minor = 0;
  line.is_gift = true;
  order.lines.push_back(line);
  domain::Refund refund;
  refund.number = 1;
  refund.id = "r1";
  refund.kind = domain::RefundKind::kReturnAndRefund;
  refund.refunded_at = 1'700'000'100'000;
  refund.amount_minor = 500;
  refund.line_id = "l1";
  refund.returned_quantity = 1;
  refund.effective_at = 1'700'000'100'000;
  refund.parts = {{1, 400, 1}, {2, 100, 0}};
  order.refunds.push_back(refund);
  refund.number = 2;
  refund.id = "r2";
  refund.status = domain::RefundStatus::kRequested;
  refund.refunded_at.reset();
  refund.line_id.clear();
  refund.time_unknown = true;
  refund.parts.clear();
  order.refunds.push_back(refund);
  order.reviews = {{"v1", 1'700'000'200'000, 5, "好评！😀", false},
                   {"v2", 1'700'000'300'000, 0, "", true}};
  domain::OrderMeasure& measure = order.measure;
  measure.order_at = 1'700'000'000'003;
  measure.order_day = 19675;
  measure.counted_from = 1'700'000'000'003;
  measure.reason = domain::NotCountedReason::kNone;
  measure.paid_minor = 12345;
  measure.goods_refunded_minor = 500;
  measure.quantity = 2;
  measure.policy_revision = 1;
  order.stamp = StampOf(static_cast<int>(number));
  return order;
}

}  // namespace segmentation::storage
