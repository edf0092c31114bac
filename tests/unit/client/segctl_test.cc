// Command lines, from flags to output and exit code, on a mocked connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/config.h"
#include "client/cli/explain.h"
#include "client/cli/output.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"
#include "segmentation/mock_connection.h"
#include "tests/unit/client/fake_time.h"
#include "tests/unit/client/recording_sink.h"

namespace segmentation::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;

class Segctl : public ::testing::Test {
 protected:
  Segctl() {
    for (const char* name : {"SEGCTL_ADDRESS", "SEGCTL_TOKEN", "SEGCTL_TOKEN_FILE", "SEGCTL_SHOP",
                             "SEGCTL_ACTOR", "XDG_CONFIG_HOME"}) {
      unsetenv(name);
    }
    setenv("SEGCTL_CONFIG", TemporaryFile("empty_config", "").c_str(), 1);
    ON_CALL(*connection_, GetShop)
        .WillByDefault([](const v1::GetShopRequest& request, const auto&) {
          v1::GetShopResponse response;
          response.mutable_shop()->set_shop_id(request.shop_id());
          response.mutable_shop()->set_time_zone("Asia/Shanghai");
          response.mutable_shop()->set_currency_code("CNY");
          return response;
        });
  }

  int Run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return RunSegctl(arguments, out_, err_, [this](const ClientOptions& options) {
      options_ = options;
      return Client(connection_, options);
    });
  }
  Json OutJson() { return Json::parse(out_.str()); }

  std::shared_ptr<NiceMock<MockConnection>> connection_ =
      std::make_shared<NiceMock<MockConnection>>();
  ClientOptions options_;
  std::ostringstream out_, err_;
};

TEST_F(Segctl, CreatesAShop) {
  EXPECT_CALL(*connection_, CreateShop)
      .WillOnce([](const v1::CreateShopRequest& request, const CallOptions&) {
        EXPECT_EQ(request.shop_id(), "demo");
        EXPECT_EQ(request.shop().time_zone(), "Asia/Shanghai");
        EXPECT_EQ(request.shop().currency_code(), "CNY");
        EXPECT_EQ(request.actor().name(), "me");
        EXPECT_FALSE(request.request_id().empty());
        v1::CreateShopResponse response;
        *response.mutable_shop() = request.shop();
        return response;
      });
  EXPECT_EQ(Run({"shop", "create", "demo", "--time-zone", "Asia/Shanghai", "--currency", "CNY",
                 "--actor", "me"}),
            0)
      << err_.str();
}

TEST_F(Segctl, StatsHaveTheDocumentedKeys) {
  v1::GetShopStatsResponse response;
  response.mutable_stats()->set_member_count(2357);
  response.mutable_stats()->set_order_count(6919);
  response.mutable_stats()->set_paid_order_count(6919);
  response.mutable_stats()->set_valid_order_count(6919);
  response.mutable_stats()->set_net_minor_units(24409194);
  response.mutable_stats()->set_revision(14);
  response.mutable_stats()->mutable_first_order_day()->set_year(1997);
  response.mutable_stats()->mutable_first_order_day()->set_month(1);
  response.mutable_stats()->mutable_first_order_day()->set_day(1);
  response.mutable_stamp()->set_exact(true);
  EXPECT_CALL(*connection_, GetShopStats).Times(2).WillRepeatedly(Return(response));
  ASSERT_EQ(Run({"shop", "stats", "cdnow", "--json"}), 0) << err_.str();
  const Json json = OutJson();
  EXPECT_EQ(json["member_count"], 2357);
  EXPECT_EQ(json["order_count"], 6919);
  EXPECT_EQ(json["paid_order_count"], 6919);
  EXPECT_EQ(json["valid_order_count"], 6919);
  EXPECT_EQ(json["net_minor_units"], 24409194);
  EXPECT_EQ(json["revision"], 14);
  EXPECT_EQ(json["first_order_day"], "1997-01-01");
  EXPECT_TRUE(json.contains("last_order_day") && json["last_order_day"].is_null());
  EXPECT_EQ(json["exact"], true);
  ASSERT_EQ(Run({"shop", "stats", "cdnow"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("244091.94 CNY"));
}

TEST_F(Segctl, PreviewsACondition) {
  EXPECT_CALL(*connection_, PreviewGroup)
      .WillOnce([](const v1::PreviewGroupRequest& request, const CallOptions&) {
        EXPECT_EQ(request.shop_id(), "demo");
        EXPECT_EQ(request.condition().text(), "number_of_orders >= 3");
        v1::PreviewGroupResponse response;
        response.set_member_count(42);
        return response;
      });
  ASSERT_EQ(Run({"group", "preview", "--shop", "demo", "number_of_orders >= 3", "--json"}), 0)
      << err_.str();
  EXPECT_EQ(OutJson()["member_count"], 42);
}

TEST_F(Segctl, DrawsAnExplanationAsATree) {
  EXPECT_CALL(*connection_, ExplainMembership)
      .WillRepeatedly([](const v1::ExplainMembershipRequest& request, const CallOptions&) {
        EXPECT_EQ(request.group_id(), "vip");
        EXPECT_EQ(request.member_id(), "m-1");
        v1::ExplainMembershipResponse response;
        response.set_complete(true);
        response.set_group_revision(2);
        v1::ExplainedPart* const whole = response.add_parts();
        whole->set_kind(v1::CONDITION_PART_KIND_AND);
        whole->set_decides(true);
        v1::ExplainedPart* const leaf = response.add_parts();
        leaf->set_depth(1);
        leaf->set_kind(v1::CONDITION_PART_KIND_LEAF);
        leaf->set_text("city = '上海'");
        leaf->set_decides(true);
        leaf->add_values("北京");
        leaf->add_values("杭州");
        response.mutable_looked_until()->set_seconds(1'734'537'600);
        response.mutable_next_change_at()->set_seconds(1'702'656'000);
        return response;
      });
  ASSERT_EQ(Run({"group", "explain", "--shop", "demo", "vip", "m-1"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("m-1 is not in vip (revision 2)"));
  EXPECT_THAT(out_.str(), HasSubstr("- all of"));
  EXPECT_THAT(out_.str(), HasSubstr("  - city = '上海'"));
  EXPECT_THAT(out_.str(), HasSubstr("北京; 杭州"));
  EXPECT_THAT(out_.str(), HasSubstr("changes at 2023-12-16 00:00:00"));
  ASSERT_EQ(Run({"group", "explain", "--shop", "demo", "vip", "m-1", "--json"}), 0);
  EXPECT_EQ(OutJson()["parts"][1]["text"], "city = '上海'");
}

TEST_F(Segctl, ComparesGroupsAndConditions) {
  EXPECT_CALL(*connection_, CompareGroups)
      .WillOnce([](const v1::CompareGroupsRequest& request, const CallOptions&) {
        EXPECT_EQ(request.rows(0).group_id(), "vip");
        EXPECT_EQ(request.rows(1).condition().text(), "city='上海'");
        EXPECT_EQ(request.columns(0).condition().text(), "number_of_orders >= 3");
        EXPECT_EQ(request.within().group_id(), "buyers");
        v1::CompareGroupsResponse response;
        response.set_within_count(1'000);
        response.set_neither_count(17);
        for (int i = 0; i < 2; ++i) {
          response.add_rows()->set_member_count(500);
          response.add_cells()->add_member_counts(300 + i);
        }
        response.add_columns()->set_member_count(700);
        return response;
      })
      .WillOnce([](const v1::CompareGroupsRequest& request, const CallOptions&) {
        EXPECT_EQ(request.within().group_id(), "buyers");
        v1::CompareGroupsResponse response;
        response.set_within_count(200);
        response.add_rows()->set_member_count(50);
        response.add_cells();
        response.set_neither_count(150);
        return response;
      });
  ASSERT_EQ(Run({"group", "compare", "--shop", "demo", "--row", "vip", "--row", "city='上海'",
                 "--column", "number_of_orders >= 3", "--within", "buyers"}),
            0)
      << err_.str();
  for (const char* text : {"301", "1,000", "17", "in no column", "700"}) {
    EXPECT_THAT(out_.str(), HasSubstr(text));
  }
  ASSERT_EQ(Run({"group", "refine", "--shop", "demo", "buyers", "blocked = true"}), 0)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("25.0 %"));
  EXPECT_THAT(out_.str(), HasSubstr("none of them"));
}

TEST_F(Segctl, PointsAtTheWrongPlaceOfACondition) {
  EXPECT_CALL(*connection_, PreviewGroup)
      .WillOnce(Return(MakeServiceError(absl::StatusCode::kInvalidArgument,
                                        v1::ERROR_REASON_CONDITION_UNKNOWN_ATTRIBUTE,
                                        "condition.text", "no attribute 'ciy'",
                                        {{"line", "1"}, {"column", "11"}, {"near", "city"}})));
  EXPECT_EQ(Run({"group", "preview", "--shop", "demo", "城市 = 1 or ciy = 2"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("\n  城市 = 1 or ciy = 2\n" + std::string(14, ' ') + "^"));
  EXPECT_THAT(err_.str(), HasSubstr("near: city"));
}

TEST_F(Segctl, ErrorsSayWhatToDo) {
  const auto with = [this](const absl::Status& error) {
    EXPECT_CALL(*connection_, ListStores).WillOnce(Return(error));
    EXPECT_EQ(Run({"store", "list", "--shop", "demo", "--address", "127.0.0.1:9"}), 1);
    return err_.str();
  };
  const std::string down = with(absl::UnavailableError("refused"));
  EXPECT_THAT(down, HasSubstr("cannot reach the server at 127.0.0.1:9"));
  EXPECT_THAT(down, HasSubstr("SEGCTL_ADDRESS"));
  EXPECT_THAT(with(MakeServiceError(absl::StatusCode::kUnauthenticated,
                                    v1::ERROR_REASON_TOKEN_MISSING, "", "no token")),
              HasSubstr("SEGCTL_TOKEN"));
  EXPECT_THAT(with(MakeServiceError(absl::StatusCode::kUnauthenticated,
                                    v1::ERROR_REASON_TOKEN_INVALID, "", "bad token")),
              HasSubstr("revoked"));
  EXPECT_THAT(with(MakeServiceError(absl::StatusCode::kNotFound, v1::ERROR_REASON_SHOP_NOT_FOUND,
                                    "shop_id", "no shop")),
              HasSubstr("segctl shop list"));
}

TEST_F(Segctl, ErrorsAsJson) {
  EXPECT_CALL(*connection_, ListStores)
      .WillOnce(Return(MakeServiceError(absl::StatusCode::kNotFound,
                                        v1::ERROR_REASON_SHOP_NOT_FOUND, "shop_id", "no shop")));
  EXPECT_EQ(Run({"store", "list", "--shop", "demo", "--json"}), 1);
  const Json error = Json::parse(err_.str())["error"];
  EXPECT_EQ(error["reason"], "SHOP_NOT_FOUND");
  EXPECT_EQ(error["code"], "NOT_FOUND");
  EXPECT_EQ(error["field"], "shop_id");
}

TEST_F(Segctl, WrongCommandLinesExitWithTwo) {
  EXPECT_EQ(Run({"frobnicate"}), 2);
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"shop", "create", "demo"}), 2);
  EXPECT_EQ(Run({"import", "orders", "--format", "excel", "x"}), 2);
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_EQ(Run({"import", "orders", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("unit_price"));
}

TEST_F(Segctl, AShopMustBeNamed) {
  EXPECT_EQ(Run({"store", "list"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("--shop"));
}

TEST_F(Segctl, ListsAreTablesOrJson) {
  v1::ListStoresResponse response;
  v1::Store& store = *response.add_stores();
  store.set_store_id("tm");
  store.set_display_name("旗舰店");
  store.set_platform("tmall");
  response.add_stores()->set_store_id("offline");
  EXPECT_CALL(*connection_, ListStores).Times(2).WillRepeatedly(Return(response));
  ASSERT_EQ(Run({"store", "list", "--shop", "demo"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("tm        旗舰店        tmall"));
  ASSERT_EQ(Run({"store", "list", "--shop", "demo", "--json"}), 0);
  EXPECT_EQ(OutJson()["stores"].size(), 2u);
  EXPECT_EQ(OutJson()["stores"][0]["display_name"], "旗舰店");
}

TEST_F(Segctl, DryRunNeedsNoServer) {
  EXPECT_CALL(*connection_, GetShop).Times(0);
  EXPECT_CALL(*connection_, ImportOrders).Times(0);
  const std::string rejects = ::testing::TempDir() + "/segctl_rejects.csv";
  ASSERT_EQ(
      Run({"import", "orders", "--format", "tmall", DataFile("tmall_orders.csv"), "--dry-run",
           "--time-zone", "Asia/Shanghai", "--currency", "CNY", "--rejects", rejects, "--json"}),
      0)
      << err_.str();
  const Json json = OutJson();
  EXPECT_EQ(json["order_count"], 4);
  EXPECT_EQ(json["paid_order_count"], 3);
  EXPECT_EQ(json["valid_order_count"], 2);
  EXPECT_EQ(json["net_minor_units"], 12150);
  EXPECT_EQ(json["rejected_row_count"], 3);
  EXPECT_EQ(json["rejected_rows"]["id_damaged"], 1);
  EXPECT_EQ(json["first_rows"].size(), 4u);
  EXPECT_EQ(json["dry_run"], true);
  const std::string log = ReadWholeFile(rejects);
  EXPECT_THAT(log, HasSubstr("file,line,reason,message\n"));
  EXPECT_THAT(log, HasSubstr("tmall_orders.csv,6,id_damaged,"));
}

// T29: rows have no currency of their own, so a foreign amount would become the shop's.
TEST_F(Segctl, AForeignCurrencyIsNotImportedAsTheShops) {
  EXPECT_CALL(*connection_, ImportOrders).Times(0);
  for (const std::vector<std::string>& extra :
       {std::vector<std::string>{}, std::vector<std::string>{"--time-zone", "Asia/Shanghai"},
        std::vector<std::string>{"--check"}}) {
    std::vector<std::string> arguments = {
        "import",     "orders", "--shop", "mine", "--format", "tmall", DataFile("tmall_orders.csv"),
        "--currency", "JPY"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    EXPECT_EQ(Run(arguments), 1);
    EXPECT_THAT(err_.str(), HasSubstr("--currency: got JPY, but shop mine has its amounts in CNY"));
  }
}

TEST_F(Segctl, HelpSaysWhichDryRunsNeedNoServer) {
  ASSERT_EQ(Run({"import", "orders", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("no server is needed"));
  ASSERT_EQ(Run({"import", "members", "--help"}), 0);
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("no server is needed")));
  EXPECT_THAT(out_.str(), HasSubstr("the shop's attributes"));
}

TEST_F(Segctl, RepeatedFlagsDoNotSwallowTheFile) {
  ASSERT_EQ(Run({"import",
                 "orders",
                 "--dry-run",
                 "--time-zone",
                 "Europe/London",
                 "--currency",
                 "GBP",
                 "--cancellation-prefix",
                 "C",
                 "--without-member",
                 "skip",
                 "--map",
                 "order_id=Invoice",
                 "--map",
                 "title=Description",
                 "--map",
                 "quantity=Quantity",
                 "--map",
                 "created_at=InvoiceDate",
                 "--map",
                 "unit_price=Price",
                 "--map",
                 "member_id=Customer ID",
                 DataFile("retail.csv"),
                 "--json"}),
            0)
      << err_.str();
  const Json json = OutJson();
  EXPECT_EQ(json["return_count"], 1);
  EXPECT_EQ(json["skipped_rows"]["without_member"], 1);
  EXPECT_THAT(json["files"][0].get<std::string>(), HasSubstr("order_id ← Invoice"));
}

// Acknowledges every chunk; refuses the orders whose id is in `bad`.
class AckingStream : public OrderImportStream {
 public:
  explicit AckingStream(std::vector<v1::Order>* orders) : orders_(orders) {}
  bool Write(const v1::ImportOrdersRequest& request) override {
    const std::lock_guard lock(mutex_);
    v1::ImportOrdersResponse answer;
    if (request.has_header()) {
      answer.mutable_ready();
    } else {
      v1::ImportAck& ack = *answer.mutable_ack();
      ack.set_sequence(request.chunk().sequence());
      for (int i = 0; i < request.chunk().orders_size(); ++i) {
        const v1::Order& order = request.chunk().orders(i);
        orders_->push_back(order);
        if (order.external_id() == "4") {
          v1::RejectedItem& item = *ack.add_rejected();
          item.set_index(i);
          item.mutable_status()->set_reason(v1::ERROR_REASON_STORE_NOT_FOUND);
          item.mutable_status()->set_field("store_id");
          item.mutable_status()->set_message("no such store");
          ack.mutable_totals()->set_rejected_count(1);
        }
      }
      ack.mutable_totals()->set_accepted_count(request.chunk().orders_size() - ack.rejected_size());
    }
    answers_.push_back(answer);
    changed_.notify_all();
    return true;
  }
  bool WritesDone() override { return End(), true; }
  void Cancel() override { End(); }
  bool Read(v1::ImportOrdersResponse* response) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !answers_.empty() || ended_; });
    if (answers_.empty()) return false;
    *response = answers_.front();
    answers_.pop_front();
    return true;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  void End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  std::vector<v1::Order>* const orders_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::ImportOrdersResponse> answers_;
  bool ended_ = false;
};

TEST_F(Segctl, ImportsAndReportsWhatTheServerRefusesWithItsLine) {
  std::vector<v1::Order> orders;
  EXPECT_CALL(*connection_, ImportOrders).WillOnce([&](const CallOptions&) {
    return std::make_unique<AckingStream>(&orders);
  });
  const std::string rejects = ::testing::TempDir() + "/segctl_server_rejects.csv";
  ASSERT_EQ(Run({"import", "orders", "--shop", "demo", "--format", "tmall",
                 DataFile("tmall_orders.csv"), "--store", "tm", "--rejects", rejects, "--json"}),
            0)
      << err_.str();
  ASSERT_EQ(orders.size(), 4u);
  EXPECT_EQ(orders[0].store_id(), "tm");
  EXPECT_EQ(orders[0].source(), "tmall");
  const Json json = OutJson();
  EXPECT_EQ(json["accepted_count"], 3);
  EXPECT_EQ(json["rejected_count"], 1);
  EXPECT_EQ(json["rejected_row_count"], 4);
  EXPECT_FALSE(json["import_id"].get<std::string>().empty());
  EXPECT_THAT(ReadWholeFile(rejects),
              HasSubstr("tmall_orders.csv,5,STORE_NOT_FOUND,store_id: no such store"));
  EXPECT_THAT(err_.str(), HasSubstr("rows/s"));
}

TEST_F(Segctl, PrecedenceOfFlagsEnvironmentAndFile) {
  EXPECT_CALL(*connection_, ListShops).WillRepeatedly(Return(v1::ListShopsResponse()));
  const std::string token_file = TemporaryFile("token", "from-file\n");
  const std::string config =
      TemporaryFile("config", "# mine\naddress = 127.0.0.1:1\ntoken = from-config\nshop=s\n");
  setenv("SEGCTL_CONFIG", config.c_str(), 1);
  Run({"shop", "list"});
  EXPECT_EQ(options_.address, "127.0.0.1:1");
  EXPECT_EQ(options_.token, "from-config");
  setenv("SEGCTL_ADDRESS", "127.0.0.1:2", 1);
  setenv("SEGCTL_TOKEN_FILE", token_file.c_str(), 1);
  Run({"shop", "list"});
  EXPECT_EQ(options_.address, "127.0.0.1:2");
  EXPECT_EQ(options_.token, "from-file");
  setenv("SEGCTL_TOKEN", "from-environment", 1);
  Run({"shop", "list"});
  EXPECT_EQ(options_.token, "from-environment");
  Run({"shop", "list", "--address", "127.0.0.1:3", "--token", "from-flag"});
  EXPECT_EQ(options_.address, "127.0.0.1:3");
  EXPECT_EQ(options_.token, "from-flag");
}

TEST(Config, ANamedFileMustBeThereAndRight) {
  ConfigFlags flags;
  flags.config_file = "/nonexistent/config";
  const auto nothing = [](const char*) { return std::optional<std::string>(); };
  EXPECT_EQ(LoadConfig(flags, nothing).status().code(), absl::StatusCode::kNotFound);
  flags.config_file.clear();
  EXPECT_EQ(LoadConfig(flags, nothing)->address, "127.0.0.1:50051");
  EXPECT_FALSE(ParseConfig("adress = x\n", "f").ok());
  EXPECT_FALSE(ParseConfig("address\n", "f").ok());
  EXPECT_EQ(ParseConfig("token = a=b\n", "f")->at("token"), "a=b");
}

TEST(Json, ShowsMessagesWithStableKeys) {
  v1::Member member;
  v1::AttributeValues& values = *member.add_attributes();
  values.set_attribute("birthday");
  values.add_values()->mutable_date_value()->set_month(2);
  values.mutable_values(0)->mutable_date_value()->set_day(29);
  values.add_values()->set_integer_value(int64_t{1} << 60);
  member.add_identities()->set_kind(v1::IDENTITY_KIND_OPEN_ID);
  member.mutable_created_at()->set_seconds(1);
  member.mutable_created_at()->set_nanos(5'000'000);
  const cli::Json json = ToJson(member);
  EXPECT_EQ(json["attributes"][0]["values"][0], "--02-29");
  EXPECT_EQ(json["attributes"][0]["values"][1], int64_t{1} << 60);
  EXPECT_EQ(json["identities"][0]["kind"], "open_id");
  EXPECT_EQ(json["created_at"], "1970-01-01T00:00:01.005Z");
  EXPECT_TRUE(json["updated_at"].is_null());
  EXPECT_EQ(json["blocked"], false);
  EXPECT_EQ(json["member_id"], "");
}

TEST(Table, AlignsChineseText) {
  EXPECT_EQ(DisplayWidth("旗舰店a"), 7u);
  EXPECT_EQ(FormatTable({"a", "b"}, {{"旗舰店", "1"}, {"x", "2"}}),
            "a       b\n旗舰店  1\nx       2\n");
}

TEST(Progress, ShowsShareAndRate) {
  FakeTime time;
  std::ostringstream err;
  ProgressBar bar(err, true, "import", time.source().now);
  time.Advance(absl::Seconds(2));
  bar.Update(10'000, 0.5);
  EXPECT_THAT(err.str(), HasSubstr(" 50% 10,000 rows, 5,000 rows/s"));
  err.str("");
  bar.Update(10'001, 0.6);
  EXPECT_EQ(err.str(), "") << "ten times a second is enough";
  bar.Finish(20'000);
  EXPECT_THAT(err.str(), HasSubstr("import: 20,000 rows in 2.0 s, 10,000 rows/s\n"));
  EXPECT_EQ(GroupDigits(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace segmentation::cli
