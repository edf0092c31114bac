// Every statement of the program, explained by the server over tables with rows in them: each table
// is read by the index the statement names, never scanned.
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "server/base/hash.h"
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "server/storage/mysql/condition_sql.h"
#include "server/storage/mysql/shop_purge.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/condition_generator.h"
#include "tests/support/mysql_server.h"
#include "tests/support/shop_generator.h"

namespace segmentation::storage::mysql {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

// Columns that hold bytes and are compared with placeholders; all others hold numbers. A literal of
// the wrong kind would keep the index from being used.
const std::set<std::string> kByteColumns = {
    "member_id",   "product_id", "request_id",  "value_hash",   "source",
    "external_id", "note_id",    "text_folded", "text_value",   "secret_hash",
    "token_id",    "shop_id",    "import_id",   "operation_id", "name"};

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The words of `text`, in order.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsWord(text[i])) continue;
    const size_t begin = i;
    while (i < text.size() && IsWord(text[i])) ++i;
    words.emplace_back(text.substr(begin, i - begin));
  }
  return words;
}

// The statement over one shop with a literal for each placeholder, of the kind of the column it
// meets. A few values that select few rows, whatever the length of the list: a list of half the
// table is read by scanning it, and rightly so.
std::string WithLiterals(const std::string& sql, domain::ShopNo shop_no) {
  std::string text;
  std::string last_word;
  bool in_word = false;
  std::vector<std::string> list;  // columns of the open IN list, taken in turn
  size_t in_list = 0;
  int depth = 0;
  int literals = 0;
  for (size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (!list.empty() && c == '(') ++depth;
    if (!list.empty() && c == ')' && --depth == 0) list.clear();
    if (c == 'I' && sql.compare(i, 4, "IN (") == 0 && i > 0 && sql[i - 1] == ' ') {
      const std::string before = sql.substr(0, i - 1);
      list = before.back() == ')' ? Words(before.substr(before.rfind('(')))
                                  : std::vector<std::string>{Words(before).back()};
      in_list = 0;
      depth = 0;
    }
    if (IsWord(c)) {
      if (!in_word) last_word.clear();
      last_word += c;
    }
    in_word = IsWord(c);
    if (c != '?') {
      text += c;
      continue;
    }
    const std::string& column = list.empty() ? last_word : list[in_list++ % list.size()];
    const int64_t literal = 301 + literals++ % 7;
    text += kByteColumns.contains(column)
                ? base::StrCat("'", literal, "'")
                : base::StrCat(column == "shop_no" ? int64_t{shop_no} : literal);
  }
  return text;
}

// Definitions beyond what a generated shop has.
WriteSet ManyDefinitions() {
  WriteSet rows;
  for (uint32_t n = 1; n <= 400; ++n) {
    const std::string id = base::StrCat("explained ", n);
    rows.stores.push_back({n, id, id, "tmall", StampOf(1)});
    rows.promotions.push_back({n, id, "kind", {{1, 2}}, StampOf(1)});
    domain::Attribute attribute;
    attribute.number = 2000 + n;
    attribute.name = id;
    attribute.aliases = {id};
    rows.attribute_definitions.push_back(attribute);
    domain::TagCategory category;
    category.number = 1000 + n;
    category.id = category.name = id;
    rows.tag_categories.push_back(category);
    domain::Tag tag;
    tag.number = 1000 + n;
    tag.category_no = 1000 + n;
    tag.id = tag.value = id;
    rows.tags.push_back(tag);
    domain::Group group;
    group.number = 1000 + n;
    group.id = id;
    group.references = {n};
    rows.groups.push_back(group);
    rows.import_progress.push_back({id, ImportProgressRow::Kind::kOrders, 1, 1, 1, 1, "", 1});
    domain::Product product;
    product.number = n;
    product.id = product.title = id;
    rows.products.push_back(product);
    rows.notes.push_back({n, id, "text", "author", StampOf(1)});
    rows.notes.push_back({n, id + " more", "text", "author", StampOf(1)});
    rows.tag_history.push_back({n, {1, static_cast<int32_t>(n)}, {}, {}, 1});
    rows.consent_history.push_back({n, {1, static_cast<int32_t>(n)}, {}, "actor"});
  }
  return rows;
}

// The seed of the shop that FilledShop returns.
constexpr uint64_t kFilledSeed = 9;
constexpr int kFilledMembers = 400;

// Makes, once, enough rows in several shops that a scan is not the cheapest plan; one of the shops.
domain::ShopNo FilledShop() {
  static domain::ShopNo filled = 0;
  if (filled != 0) return filled;
  for (int i = 0; i < 3; ++i) {
    const testing_support::GeneratedShop generated = testing_support::GenerateShop(
        {.seed = kFilledSeed - 2 + static_cast<uint64_t>(i), .member_count = kFilledMembers});
    const domain::Shop shop = Must(
        testing_support::FillStore(SharedMysqlStore(), base::StrCat("explained-", i), generated));
    WriteSet rows = ManyDefinitions();
    for (int n = 0; n < 300; ++n) {
      rows.requests.push_back({base::StrCat("r", n), std::string(32, 'h'), 2, 100 * n, "answer"});
      OperationRow operation;
      operation.id = base::StrCat("o", n);
      operation.stamp.created_at_ms = n;
      rows.operations.push_back(operation);
    }
    Must(testing_support::WriteRows(SharedMysqlStore(), shop.number, rows));
    filled = shop.number;
  }
  auto connection = Must(Connection::Open(SharedMysqlOptions()));
  for (const std::string_view table : ShopTables()) {
    Must(connection->QueryText(base::StrCat("ANALYZE TABLE ", table)));
  }
  return filled;
}

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() : connection_(Must(Connection::Open(SharedMysqlOptions()))) { FilledShop(); }

  struct Step {
    std::string table;
    std::string type;
    std::string key;
    int key_bytes = 0;
    std::string extra;
  };

  // The plan; columns are found by name, as servers have different ones.
  absl::StatusOr<std::vector<Step>> Explain(const std::string& sql) {
    return ExplainText(WithLiterals(sql, FilledShop()));
  }
  absl::StatusOr<std::vector<Step>> ExplainText(const std::string& sql) {
    std::string text = "EXPLAIN ";
    if (!testing::MysqlServer::Shared().is_maria()) text = "EXPLAIN FORMAT=TRADITIONAL ";
    text += sql;
    auto rows = connection_->QueryText(text);
    if (!rows.ok()) return rows.status();
    // id, select_type, table, [partitions,] type, possible_keys, key, key_len, ref, rows,
    // [filtered,] Extra
    const bool mysql = rows->column_count() == 12;
    std::vector<Step> steps;
    for (const ResultSet::Row row : *rows) {
      const auto cell = [&](size_t column) {
        const auto value = row.OptionalText(column);
        return value ? std::string(*value) : std::string();
      };
      steps.push_back({cell(2), cell(mysql ? 4 : 3), cell(mysql ? 6 : 5),
                       std::atoi(cell(mysql ? 7 : 6).c_str()), cell(rows->column_count() - 1)});
    }
    return steps;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(ExplainTest, EveryStatementUsesItsIndex) {
  const StatementCatalogue catalogue = AllStatements();
  ASSERT_GT(catalogue.entries().size(), 150u);
  for (const CatalogueEntry& entry : catalogue.entries()) {
    const auto steps = Explain(entry.sql);
    ASSERT_TRUE(steps.ok()) << entry.name << ": " << steps.status() << "\n" << entry.sql;
    if (entry.index.empty() || entry.index == kScan) continue;
    for (const Step& step : *steps) {
      // A table of one possible row, and a lookup that found none, are settled before running.
      if (step.table.empty() && step.extra.find("Impossible WHERE") == 0) continue;
      if (step.extra.find("no matching row") != std::string::npos) continue;
      EXPECT_THAT(Words(entry.index), Contains(step.key))
          << entry.name << ": " << step.table << " type " << step.type << "\n"
          << entry.sql;
      EXPECT_NE(step.type, "ALL") << entry.name << "\n" << entry.sql;
      EXPECT_NE(step.type, "index") << entry.name << "\n" << entry.sql;
      EXPECT_EQ(step.extra.find("Using filesort"), std::string::npos) << entry.name << "\n"
                                                                      << entry.sql;
    }
  }
}

TEST_F(ExplainTest, ScanIsNoticed) {
  const auto steps = Must(Explain("SELECT 1 FROM customer_order WHERE goods_paid_minor=?"));
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_TRUE(steps[0].type == "ALL" || steps[0].type == "index") << steps[0].type;
}

// The statement of a compiled condition with its own values in place.
std::string WithValues(const std::string& sql, const Params& params) {
  std::string text;
  size_t next = 0;
  for (const char c : sql) {
    if (c != '?') {
      text += c;
      continue;
    }
    const Parameter& value = params.at(next++);
    if (value.number()) {
      base::StrAppend(&text, *value.number());
    } else {
      base::StrAppend(&text, "x'", base::HexEncode(value.bytes()), "'");
    }
  }
  EXPECT_EQ(next, params.size());
  return text;
}

// T71: whatever a condition asks of a member, every other table is reached by the keys of that
// member, and where a leaf lists its members once, by the shop. TOP always ranks the whole shop.
TEST_F(ExplainTest, EveryLeafReachesItsTablesByTheMemberOrTheShop) {
  constexpr int kKeyOfAShop = 4;
  constexpr int kKeyOfAMember = 8;  // shop_no and member_no
  const testing_support::GeneratedShop generated =
      testing_support::GenerateShop({.seed = kFilledSeed, .member_count = kFilledMembers});
  const auto snapshot = Must(SharedMysqlStore().BeginRead(FilledShop(), absl::InfiniteFuture()));
  const auto definitions = Must(snapshot->ReadDefinitions());
  domain::condition::EvaluationContext context;
  context.as_of = generated.as_ofs.front();
  context.zone = generated.zone;
  testing_support::ConditionGenerator generator(
      generated.definitions,
      testing_support::CollectPools(generated.definitions, generated.members, generated.orders),
      context, /*seed=*/1, {.max_leaves = 1, .groups = false});
  std::set<std::string> missing;
  for (const std::string& feature : generator.AllFeatures()) missing.insert(feature);
  const size_t features = missing.size();
  ASSERT_GT(features, 300u);
  size_t inner_tables = 0;
  for (int i = 0; i < 20'000 && !missing.empty(); ++i) {
    const testing_support::GeneratedCondition one = generator.Next();
    bool fresh = false;
    for (const std::string& feature : one.features) fresh |= missing.erase(feature) > 0;
    if (!fresh) continue;
    const domain::condition::BoundNode bound =
        Must(domain::condition::Bind(one.tree, generated.definitions));
    ConditionQuery query;
    query.condition = &bound;
    query.definitions = definitions.get();
    query.as_of_ms = context.as_of;
    const bool ranks = std::any_of(one.features.begin(), one.features.end(),
                                   [](const std::string& name) { return name.starts_with("top"); });
    for (const EvaluationForm form : {EvaluationForm::kEachMember, EvaluationForm::kWholeShop}) {
      // MySQL turns look-ups into lists by itself where it thinks them cheaper.
      const bool by_member = form == EvaluationForm::kEachMember && !ranks &&
                             testing::MysqlServer::Shared().is_maria();
      const int key_bytes = by_member ? kKeyOfAMember : kKeyOfAShop;
      const CompiledCondition compiled = Must(CompileCondition(FilledShop(), query, form));
      const std::string sql =
          base::StrCat("SELECT COUNT(*) FROM member AS m WHERE m.shop_no=", FilledShop(),
                       " AND m.live=1 AND (", WithValues(compiled.sql, compiled.params), ")");
      const auto steps = ExplainText(sql);
      ASSERT_TRUE(steps.ok()) << steps.status() << "\n" << sql;
      for (const Step& step : *steps) {
        // Made from what was read already, or nothing to read at all.
        if (step.table.empty() || step.table.front() == '<') continue;
        EXPECT_NE(step.type, "ALL") << step.table << "\n" << sql;
        EXPECT_NE(step.type, "index") << step.table << "\n" << sql;
        if (step.table == "m" || step.table == "t") continue;
        ++inner_tables;
        EXPECT_GE(step.key_bytes, key_bytes) << step.table << " by " << step.key << "\n" << sql;
      }
    }
  }
  EXPECT_THAT(missing, ::testing::IsEmpty());
  EXPECT_GT(inner_tables, features / 2);
}

// A statement that is not in the catalogue would never be explained.
TEST(CatalogueTest, HoldsEveryStatementOfTheSources) {
  std::set<std::string> names;
  const StatementCatalogue catalogue = AllStatements();
  for (const CatalogueEntry& entry : catalogue.entries()) {
    names.insert(entry.name.substr(0, entry.name.find_first_of("/.")));
  }
  const std::string folder =
      base::StrCat(std::getenv("SEGMENTATION_SOURCE_DIR"), "/server/storage/mysql");
  const std::regex constant(R"(\b(?:Statement|RowsStatement|ChildStatement|OrderChild)\s+(k\w+))");
  size_t found = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".cc") continue;
    std::ifstream stream(file.path());
    std::stringstream text;
    text << stream.rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator it(source.begin(), source.end(), constant), end; it != end; ++it) {
      EXPECT_THAT(names, Contains((*it)[1].str())) << file.path();
      ++found;
    }
  }
  EXPECT_GT(found, 80u);
}

TEST(CatalogueTest, EveryStatementOfAShopNamesIt) {
  const StatementCatalogue catalogue = AllStatements();
  for (const CatalogueEntry& entry : catalogue.entries()) {
    if (entry.sql.find("service_secret") != std::string::npos ||
        entry.sql.find("api_token") != std::string::npos || entry.index == kScan ||
        entry.sql.find("shop_id=?") != std::string::npos) {
      continue;
    }
    EXPECT_NE(entry.sql.find("shop_no"), std::string::npos) << entry.sql;
  }
}

}  // namespace
}  // namespace segmentation::storage::mysql
