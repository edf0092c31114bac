// Orders out of the files of each format.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/cli/import/cdnow_orders.h"
#include "client/cli/import/csv_orders.h"
#include "client/cli/import/order_totals.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/import/tmall_orders.h"
#include "tests/unit/client/recording_sink.h"

namespace segmentation::cli {
namespace {

using Sink = RecordingSink<v1::Order>;

const v1::Order& Find(const Sink& sink, const std::string& id) {
  for (const v1::Order& order : sink.rows) {
    if (order.external_id() == id) return order;
  }
  ADD_FAILURE() << "no order " << id;
  static const v1::Order* none = new v1::Order();
  return *none;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", FromTimestamp(time), ShanghaiRules("").zone);
}

OrderSums Sum(const Sink& sink, const ImportRules& rules) {
  OrderTotals totals(rules.zone, 1 << 20);
  for (const v1::Order& order : sink.rows) EXPECT_TRUE(totals.Add(order).ok());
  return *totals.Finish();
}

TEST(CdnowFile, EqualLinesAreCountedIntoTheId) {
  const ImportRules rules = ShanghaiRules("cdnow");
  Sink sink;
  ASSERT_TRUE(ReadCdnowOrders({DataFile("cdnow.txt")}, rules, sink).ok());
  ASSERT_EQ(sink.rows.size(), 6u);
  EXPECT_TRUE(sink.rejected.empty());
  std::vector<std::string> ids;
  for (const v1::Order& order : sink.rows) ids.push_back(order.external_id());
  EXPECT_EQ(ids, (std::vector<std::string>{"0001/19970101/2/29.33/1", "0001/19970118/2/29.73/1",
                                           "0001/19970118/2/29.73/2", "0002/19970101/3/63.34/1",
                                           "0002/19970113/1/11.77/1", "0003/19970101/1/0.00/1"}));
  const v1::Order& order = sink.rows[3];
  EXPECT_EQ(order.source(), "cdnow");
  EXPECT_EQ(order.member_id(), "0002");
  EXPECT_EQ(order.goods_paid_minor_units(), 6334);
  EXPECT_EQ(TimeText(order.created_at()), "1997-01-01 00:00:00");
  EXPECT_EQ(TimeText(order.paid_at()), "1997-01-01 00:00:00");
  ASSERT_EQ(order.lines_size(), 1);
  EXPECT_EQ(order.lines(0).quantity(), 3);
  EXPECT_EQ(order.lines(0).source_paid_minor_units(), 6334);

  const OrderSums sums = Sum(sink, rules);
  EXPECT_EQ(sums.member_count, 3);
  EXPECT_EQ(sums.valid_order_count, 6) << "an order paid with 0.00 is valid";
  EXPECT_EQ(sums.net_minor_units, 2933 + 2 * 2973 + 6334 + 1177);
  EXPECT_EQ(sums.first_order_day, absl::CivilDay(1997, 1, 1));
  EXPECT_EQ(sums.last_order_day, absl::CivilDay(1997, 1, 18));
}

// T25, T26: the same file in another order is the same orders.
TEST(CdnowFile, TheOrderOfLinesDoesNotMatter) {
  const std::string text = ReadWholeFile(DataFile("cdnow.txt"));
  ImportRules rules = ShanghaiRules("cdnow");
  Sink whole;
  ASSERT_TRUE(ReadCdnowOrders({DataFile("cdnow.txt")}, rules, whole).ok());
  for (unsigned seed = 1; seed <= 20; ++seed) {
    rules.sort_memory_bytes = seed % 2 == 0 ? 1 : 1 << 20;
    Sink shuffled;
    const std::string path = TemporaryFile("cdnow_shuffled.txt", ShuffleLines(text, 0, seed));
    ASSERT_TRUE(ReadCdnowOrders({path}, rules, shuffled).ok());
    EXPECT_EQ(shuffled.sorted_text(), whole.sorted_text()) << "seed " << seed;
  }
}

TEST(CdnowFile, BadLinesAreRejectedAndGoodOnesGoOn) {
  Sink sink;
  const std::string path = TemporaryFile("cdnow_bad.txt",
                                         "0001 19970101 2 29.33\n"
                                         "0001 19971301 2 29.33\n"
                                         "0001 19970101 two 29.33\n"
                                         "0001 19970101 2 29.333\n"
                                         "\n"
                                         "0001 19970101\n"
                                         "0001 19970101 2 -1.00\n"
                                         "0001 1997-01-01 2 1.00\n"
                                         "0002 19970102 1 5.00\n");
  ASSERT_TRUE(ReadCdnowOrders({path}, ShanghaiRules("cdnow"), sink).ok());
  EXPECT_EQ(sink.rows.size(), 2u);
  EXPECT_EQ(sink.rejected_lines(), (std::vector<int64_t>{2, 3, 4, 6, 7, 8}));
}

TEST(TmallFile, StoresWhatWasPaidAndTheRefund) {
  const ImportRules rules = ShanghaiRules("tmall");
  Sink sink;
  ASSERT_TRUE(ReadTmallOrders({DataFile("tmall_orders.csv")}, {}, rules, sink).ok());
  ASSERT_EQ(sink.rows.size(), 4u);

  const v1::Order& unpaid = Find(sink, "1");
  EXPECT_EQ(unpaid.status(), v1::ORDER_STATUS_UNPAID);
  EXPECT_FALSE(unpaid.has_paid_at());
  EXPECT_EQ(unpaid.goods_paid_minor_units(), 0);
  EXPECT_EQ(unpaid.member_id(), "1") << "no buyer: the order's own id";

  const v1::Order& paid = Find(sink, "2");
  EXPECT_EQ(paid.status(), v1::ORDER_STATUS_PAID);
  EXPECT_EQ(paid.goods_paid_minor_units(), 2100);
  EXPECT_EQ(TimeText(paid.paid_at()), "2020-02-21 00:00:02");
  EXPECT_EQ(TimeText(paid.created_at()), "2020-02-20 23:59:54");
  EXPECT_TRUE(paid.refunds().empty());
  EXPECT_EQ(paid.receiver_address().province(), "内蒙古自治区");

  const v1::Order& refunded = Find(sink, "3");
  EXPECT_EQ(refunded.goods_paid_minor_units(), 3700) << "actual is net of the refund";
  ASSERT_EQ(refunded.refunds_size(), 1);
  EXPECT_EQ(refunded.refunds(0).amount_minor_units(), 3700);
  EXPECT_FALSE(refunded.refunds(0).has_refunded_at());
  EXPECT_EQ(refunded.receiver_address().city(), "深圳市");
  EXPECT_EQ(refunded.receiver_address().street(), "科技路 1 号");

  EXPECT_EQ(Find(sink, "4").goods_paid_minor_units(), 15700);

  const OrderSums sums = Sum(sink, rules);
  EXPECT_EQ(sums.paid_order_count, 3);
  EXPECT_EQ(sums.wholly_refunded_order_count, 1);
  EXPECT_EQ(sums.partly_refunded_order_count, 1);
  EXPECT_EQ(sums.valid_order_count, 2);
  EXPECT_EQ(sums.paid_minor_units, 2100 + 3700 + 15700);
  EXPECT_EQ(sums.net_minor_units, 2100 + 10050);
}

TEST(TmallFile, DamagedIdsAndBadFieldsAreRejectedWithTheirLine) {
  Sink sink;
  ASSERT_TRUE(
      ReadTmallOrders({DataFile("tmall_orders.csv")}, {}, ShanghaiRules("tmall"), sink).ok());
  EXPECT_EQ(sink.rejected_lines(), (std::vector<int64_t>{6, 7, 8}));
  ASSERT_FALSE(sink.rejected.empty());
  EXPECT_EQ(sink.rejected[0].reason, "id_damaged");
  EXPECT_NE(sink.rejected[0].message.find("1.93E+15"), std::string::npos);
  EXPECT_NE(sink.rejected[1].message.find("买家实际支付金额"), std::string::npos);
  EXPECT_NE(sink.rejected[2].message.find("2020-02-30"), std::string::npos);
}

TEST(TmallFile, TheGoodsFileGivesLines) {
  Sink sink;
  ASSERT_TRUE(ReadTmallOrders({DataFile("tmall_orders.csv")}, {DataFile("tmall_items_gbk.csv")},
                              ShanghaiRules("tmall"), sink)
                  .ok());
  const v1::Order& dress = Find(sink, "3");
  ASSERT_EQ(dress.lines_size(), 1);
  EXPECT_EQ(dress.lines(0).title(), "蕾丝\n连衣裙");
  EXPECT_EQ(dress.lines(0).sku(), "SKU-1");
  EXPECT_EQ(dress.lines(0).unit_price_minor_units(), 3700);
  ASSERT_EQ(dress.lines(0).properties_size(), 2);
  EXPECT_EQ(dress.lines(0).properties(1).name(), "尺码");
  EXPECT_EQ(dress.lines(0).properties(1).value(), "35码");
  EXPECT_EQ(Find(sink, "2").lines(0).quantity(), 2);
  EXPECT_TRUE(Find(sink, "4").lines().empty());
  bool missing = false;
  for (const Sink::Rejected& row : sink.rejected)
    missing = missing || row.reason == "order_missing";
  EXPECT_TRUE(missing) << "goods of an order that no file has";
}

// T26, T87
TEST(TmallFile, TheSameFilesTwiceEqualOnce) {
  const ImportRules rules = ShanghaiRules("tmall");
  const std::string orders = DataFile("tmall_orders.csv");
  const std::string goods = DataFile("tmall_items_gbk.csv");
  Sink once, twice;
  ASSERT_TRUE(ReadTmallOrders({orders}, {goods}, rules, once).ok());
  ASSERT_TRUE(ReadTmallOrders({orders, orders}, {goods, goods}, rules, twice).ok());
  EXPECT_EQ(twice.sorted_text(), once.sorted_text());
  EXPECT_EQ(Sum(twice, rules).line_count, Sum(once, rules).line_count);
  EXPECT_GT(twice.skipped["same_in_other_file"], 0);
}

// T26, T87: goods come from one file, never from two together.
TEST(TmallFile, OverlappingGoodsFilesAreSnapshots) {
  const std::string orders = TemporaryFile("tmall_overlap.csv",
                                           "订单编号,买家实际支付金额,订单创建时间,订单付款时间\n"
                                           "1,9.00,2020-01-01,2020-01-01\n");
  const std::string old_goods =
      TemporaryFile("tmall_goods_1.csv", "订单编号,标题,购买数量\n1,裙,2\n");
  const std::string new_goods =
      TemporaryFile("tmall_goods_2.csv", "订单编号,标题,购买数量\n1,裙,2\n1,袜,1\n");
  const ImportRules rules = ShanghaiRules("tmall");
  Sink sink;
  ASSERT_TRUE(ReadTmallOrders({orders}, {new_goods, old_goods}, rules, sink).ok());
  ASSERT_EQ(sink.rows.size(), 2u);
  EXPECT_EQ(sink.rows[0].lines_size() + sink.rows[1].lines_size(), 3);
  const OrderSums sums = Sum(sink, rules);
  EXPECT_EQ(sums.order_count, 1);
  EXPECT_EQ(sums.line_count, 2) << "the snapshot that says more counts";
  EXPECT_EQ(sums.net_minor_units, 900);
}

TEST(TmallFile, MaskedBuyersAreNoIdentity) {  // T88
  Sink sink;
  const std::string path =
      TemporaryFile("tmall_nick.csv",
                    "订单编号,买家会员名,买家实际支付金额,订单创建时间,订单付款时间\n"
                    "1,t**8,1.00,2020-01-01,2020-01-01\n2,小美,1.00,2020-01-01,2020-01-01\n");
  ASSERT_TRUE(ReadTmallOrders({path}, {}, ShanghaiRules("tmall"), sink).ok());
  EXPECT_EQ(Find(sink, "1").member_id(), "1");
  EXPECT_TRUE(Find(sink, "1").buyer_identities().empty());
  EXPECT_EQ(Find(sink, "2").member_id(), "");
  EXPECT_EQ(Find(sink, "2").buyer_identities(0).value(), "小美");
}

TEST(TmallFile, SaysWhichColumnIsMissing) {
  Sink sink;
  const std::string path = TemporaryFile("tmall_missing.csv", "订单编号,总金额\n1,2\n");
  const absl::Status status = ReadTmallOrders({path}, {}, ShanghaiRules("tmall"), sink);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("买家实际支付金额"), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("总金额"), absl::string_view::npos) << status;
}

CsvOrderRules RetailRules() {
  CsvOrderRules rules;
  rules.columns = {{"order_id", "Invoice"},       {"sku", "StockCode"},
                   {"title", "Description"},      {"quantity", "Quantity"},
                   {"created_at", "InvoiceDate"}, {"unit_price", "Price"},
                   {"member_id", "Customer ID"}};
  rules.cancellation_prefix = "C";
  return rules;
}

TEST(CsvFile, LinesOfOneOrderAreJoinedWhereverTheyStand) {
  const ImportRules rules = ShanghaiRules("retail");
  Sink sink;
  ASSERT_TRUE(ReadCsvOrders({DataFile("retail.csv")}, RetailRules(), rules, sink).ok());
  ASSERT_EQ(sink.rows.size(), 4u);
  const v1::Order& order = Find(sink, "500");
  ASSERT_EQ(order.lines_size(), 2);
  // 3 × 1.005 = 3.015 and 0.125, each rounded half up.
  EXPECT_EQ(order.goods_paid_minor_units(), 302 + 13);
  EXPECT_EQ(order.lines(0).source_paid_minor_units() + order.lines(1).source_paid_minor_units(),
            302 + 13);
  EXPECT_EQ(TimeText(order.created_at()), "2009-12-01 07:45:00") << "the earliest of its lines";
  EXPECT_EQ(order.status(), v1::ORDER_STATUS_PAID);
  EXPECT_EQ(order.paid_at().seconds(), order.created_at().seconds());
  EXPECT_EQ(Find(sink, "501").lines(0).title(), "DOG BOWL , CHASING BALL");

  const v1::Order& cancelled = Find(sink, "C502");  // T97
  EXPECT_EQ(cancelled.goods_paid_minor_units(), -101);
  EXPECT_EQ(cancelled.lines(0).quantity(), -1);
  EXPECT_EQ(TimeText(cancelled.created_at()), "2009-12-02 09:00:00");

  const OrderSums sums = Sum(sink, rules);
  EXPECT_EQ(sums.return_count, 1);
  EXPECT_EQ(sums.return_minor_units, -101);
  EXPECT_EQ(sums.member_count, 2);
  EXPECT_EQ(sums.net_minor_units, 302 + 13 + 3000);
}

TEST(CsvFile, ABadLineRejectsItsWholeOrderAndNoOther) {
  Sink sink;
  ASSERT_TRUE(
      ReadCsvOrders({DataFile("retail.csv")}, RetailRules(), ShanghaiRules("retail"), sink).ok());
  EXPECT_EQ(sink.rejected_lines(), (std::vector<int64_t>{6, 8, 9}));
  for (const Sink::Rejected& row : sink.rejected) {
    EXPECT_EQ(row.reason, row.line == 6   ? "without_member"
                          : row.line == 8 ? "field_invalid"
                                          : "order_rejected");
  }
}

TEST(CsvFile, ChoicesLeaveLinesOutAndCountThem) {
  CsvOrderRules csv = RetailRules();
  csv.returns = CsvOrderRules::Choice::kSkip;
  csv.unpriced = CsvOrderRules::Choice::kSkip;
  csv.without_member = CsvOrderRules::Choice::kSkip;
  const ImportRules rules = ShanghaiRules("retail");
  Sink sink;
  ASSERT_TRUE(ReadCsvOrders({DataFile("retail.csv")}, csv, rules, sink).ok());
  EXPECT_EQ(sink.rows.size(), 2u);
  EXPECT_EQ(sink.skipped,
            (std::map<std::string, int>{{"return", 1}, {"price_zero", 1}, {"without_member", 1}}));
  EXPECT_EQ(Sum(sink, rules).buyer_count, 1);
}

// T25
TEST(CsvFile, TheOrderOfLinesDoesNotMatter) {
  const std::string text = ReadWholeFile(DataFile("retail.csv"));
  ImportRules rules = ShanghaiRules("retail");
  Sink whole;
  ASSERT_TRUE(ReadCsvOrders({DataFile("retail.csv")}, RetailRules(), rules, whole).ok());
  for (unsigned seed = 1; seed <= 20; ++seed) {
    rules.sort_memory_bytes = seed % 2 == 0 ? 1 : 1 << 20;
    Sink shuffled;
    const std::string path = TemporaryFile("retail_shuffled.csv", ShuffleLines(text, 1, seed));
    ASSERT_TRUE(ReadCsvOrders({path}, RetailRules(), rules, shuffled).ok());
    EXPECT_EQ(shuffled.sorted_text(), whole.sorted_text()) << "seed " << seed;
  }
}

// T26, T87
TEST(CsvFile, TheSameFileTwiceEqualsOnce) {
  const ImportRules rules = ShanghaiRules("retail");
  const std::string copy = TemporaryFile("retail_copy.csv", ReadWholeFile(DataFile("retail.csv")));
  Sink once, twice;
  ASSERT_TRUE(ReadCsvOrders({DataFile("retail.csv")}, RetailRules(), rules, once).ok());
  ASSERT_TRUE(ReadCsvOrders({DataFile("retail.csv"), copy}, RetailRules(), rules, twice).ok());
  EXPECT_EQ(twice.sorted_text(), once.sorted_text());
  EXPECT_EQ(Sum(twice, rules).net_minor_units, Sum(once, rules).net_minor_units);
  EXPECT_GT(twice.skipped["same_in_other_file"], 0);
}

// T26, T87: an order in two exports is a snapshot of each, never the sum of both.
TEST(CsvFile, AnOrderInTwoFilesIsTwoSnapshots) {
  const std::string header = "order_id,member_id,created_at,received_at,title,line_paid\n";
  const std::string first = TemporaryFile("csv_snapshot_1.csv", header +
                                                                    "1,m,2024-01-01,,shoe,10.00\n"
                                                                    "2,m,2024-01-01,,sock,1.00\n");
  const std::string second =
      TemporaryFile("csv_snapshot_2.csv", header +
                                              "1,m,2024-01-01,2024-01-05,shoe,8.00\n"
                                              "1,m,2024-01-01,2024-01-05,hat,3.00\n");
  ImportRules rules = ShanghaiRules("csv");
  for (const std::vector<std::string>& files :
       {std::vector<std::string>{first, second}, std::vector<std::string>{second, first}}) {
    for (const size_t memory : {size_t{1}, size_t{1} << 20}) {
      rules.sort_memory_bytes = memory;
      Sink sink;
      ASSERT_TRUE(ReadCsvOrders(files, CsvOrderRules(), rules, sink).ok());
      std::vector<int64_t> paid;
      for (const v1::Order& order : sink.rows) paid.push_back(order.goods_paid_minor_units());
      std::sort(paid.begin(), paid.end());
      EXPECT_EQ(paid, (std::vector<int64_t>{100, 1000, 1100}));
      const OrderSums sums = Sum(sink, rules);
      EXPECT_EQ(sums.order_count, 2);
      EXPECT_EQ(sums.net_minor_units, 1200) << "the later snapshot counts";
    }
  }
}

TEST(CsvFile, ReadsEveryFieldByItsOwnName) {
  Sink sink;
  const std::string path = TemporaryFile(
      "all_fields.csv",
      "order_id,source,store_id,phone,email,status,created_at,paid_at,shipped_at,received_at,"
      "finished_at,presale,final_paid_at,terminal,promotion_source,coupon_id,logistics_company,"
      "goods_paid,freight,platform_discount,refund,refunded_at,province,city,district,street,"
      "address,line_id,product_id,title,properties,category,brand,quantity,unit_price,"
      "line_discount,gift,reviewed_at,rating,review_text,source_updated_at,cash_on_delivery\n"
      "1,jd,s1,'13800138000,A@qq.com,交易成功,2024-01-01 10:00,2024-01-01 10:01,2024-01-02,"
      "2024-01-03,2024-01-10,是,2024-01-01 12:00,手机端,聚划算;直通车,c1,顺丰,90.00,6,5.5,10,"
      "2024-01-05,广东省,深圳市,南山区,科技路,全文,L1,P1,铆钉鞋,颜色:红;尺码:35码,鞋,某牌,1,100.00,"
      "10.00,否,2024-01-11,5,很好,2024-02-01,0\n");
  ASSERT_TRUE(ReadCsvOrders({path}, {}, ShanghaiRules("csv"), sink).ok());
  ASSERT_TRUE(sink.rejected.empty()) << sink.rejected[0].message;
  ASSERT_EQ(sink.rows.size(), 1u);
  const v1::Order& order = sink.rows[0];
  EXPECT_EQ(order.source(), "jd");
  EXPECT_EQ(order.store_id(), "s1");
  ASSERT_EQ(order.buyer_identities_size(), 2);
  EXPECT_EQ(order.buyer_identities(0).kind(), v1::IDENTITY_KIND_PHONE);
  EXPECT_EQ(order.buyer_identities(0).value(), "13800138000");
  EXPECT_EQ(order.status(), v1::ORDER_STATUS_FINISHED);
  EXPECT_TRUE(order.presale());
  EXPECT_EQ(TimeText(order.final_paid_at()), "2024-01-01 12:00:00");
  EXPECT_EQ(order.promotion_sources_size(), 2);
  EXPECT_EQ(order.goods_paid_minor_units(), 9000);
  EXPECT_EQ(order.freight_minor_units(), 600);
  EXPECT_EQ(order.platform_discount_minor_units(), 550);
  EXPECT_EQ(order.refunds(0).amount_minor_units(), 1000);
  EXPECT_EQ(TimeText(order.refunds(0).refunded_at()), "2024-01-05 00:00:00");
  EXPECT_EQ(order.receiver_address().district(), "南山区");
  EXPECT_EQ(order.receiver_address().full_text(), "全文");
  const v1::OrderLine& line = order.lines(0);
  EXPECT_EQ(line.line_id(), "L1");
  EXPECT_EQ(line.title(), "铆钉鞋");
  EXPECT_EQ(line.line_discount_minor_units(), 1000);
  EXPECT_EQ(line.source_paid_minor_units(), 9000);
  EXPECT_EQ(line.properties_size(), 2);
  EXPECT_EQ(order.reviews(0).rating(), 5);
  EXPECT_EQ(TimeText(order.source_updated_at()), "2024-02-01 00:00:00");
}

TEST(CsvFile, UnpaidNotYetAndExportTime) {
  ImportRules rules = ShanghaiRules("jd");
  rules.exported_at = absl::FromUnixSeconds(1'700'000'000);
  Sink sink;
  const std::string path = TemporaryFile("jd.csv",
                                         "order_id,member_id,created_at,paid_at,goods_paid\n"
                                         "1,a,2024-01-01,0001-01-01 00:00:00,5\n"
                                         "2,a,2024-01-01,2024-01-02,5\n");
  ASSERT_TRUE(ReadCsvOrders({path}, {}, rules, sink).ok());
  EXPECT_EQ(Find(sink, "1").status(), v1::ORDER_STATUS_UNPAID);
  EXPECT_FALSE(Find(sink, "1").has_paid_at());
  EXPECT_TRUE(Find(sink, "1").lines().empty()) << "the file says nothing of lines";
  EXPECT_EQ(Find(sink, "2").status(), v1::ORDER_STATUS_PAID);
  EXPECT_EQ(Find(sink, "2").source_updated_at().seconds(), 1'700'000'000);
}

TEST(CsvFile, LinesThatNameDifferentBuyersAreRejected) {
  Sink sink;
  const std::string path = TemporaryFile("two_buyers.csv",
                                         "order_id,member_id,created_at,title\n"
                                         "1,a,2024-01-01,x\n1,b,2024-01-01,y\n");
  ASSERT_TRUE(ReadCsvOrders({path}, {}, ShanghaiRules("csv"), sink).ok());
  EXPECT_TRUE(sink.rows.empty());
  EXPECT_EQ(sink.rejected.size(), 2u);
}

TEST(CsvFile, InvalidTextAndRaggedRowsAreRejected) {
  Sink sink;
  const std::string path =
      TemporaryFile("ragged.csv", std::string() +
                                      "\xEF\xBB\xBForder_id,member_id,created_at,title\n"
                                      "1,a,2024-01-01,\xB6\xA9\n"
                                      "2,a,2024-01-01,x,y\n"
                                      "3,a\n"
                                      "4,a,2024-01-01,ok\n"
                                      "5,a,2024-01-01," +
                                      std::string(1, '\0') + "\n");

  ASSERT_TRUE(ReadCsvOrders({path}, {}, ShanghaiRules("csv"), sink).ok());
  EXPECT_EQ(sink.rows.size(), 1u);
  EXPECT_EQ(sink.rejected.size(), 4u);
}

TEST(ColumnMapping, SaysWhatIsWrong) {
  Sink sink;
  CsvOrderRules csv;
  csv.columns = {{"order_id", "编号"}};
  const absl::Status no_column =
      ReadCsvOrders({DataFile("retail.csv")}, csv, ShanghaiRules("x"), sink);
  EXPECT_NE(no_column.message().find("no column '编号'"), absl::string_view::npos) << no_column;
  EXPECT_NE(no_column.message().find("InvoiceDate"), absl::string_view::npos) << no_column;
  csv.columns = {{"order", "Invoice"}};
  const absl::Status no_field =
      ReadCsvOrders({DataFile("retail.csv")}, csv, ShanghaiRules("x"), sink);
  EXPECT_NE(no_field.message().find("no field 'order'"), absl::string_view::npos) << no_field;
  csv.columns = {{"order_id", "#1"}, {"created_at", "invoicedate"}, {"member_id", "#7"}};
  EXPECT_TRUE(ReadCsvOrders({DataFile("retail.csv")}, csv, ShanghaiRules("x"), sink).ok());
  EXPECT_FALSE(ParseFieldColumns({"order_id"}).ok());
  EXPECT_FALSE(ParseFieldColumns({"a=b", "a=c"}).ok());
  EXPECT_EQ((*ParseFieldColumns({"a=b=c"}))[0].second, "b=c");
}

}  // namespace
}  // namespace segmentation::cli
