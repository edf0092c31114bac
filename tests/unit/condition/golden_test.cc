// The golden lines of tests/conformance: text, canonical text, errors with their place; buckets.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/domain/condition/bucket.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "tests/unit/condition/example_shop.h"

namespace segmentation::domain::condition {
namespace {

struct GoldenCase {
  int line = 0;
  std::string text;
  std::vector<std::string> want;  // lines beginning with '=', '!', 'expected', 'near'
};

std::vector<std::string> ReadLines(const std::string& name) {
  const char* source = std::getenv("SEGMENTATION_SOURCE_DIR");
  EXPECT_NE(source, nullptr);
  std::ifstream file(absl::StrCat(source == nullptr ? "." : source, "/tests/conformance/", name));
  EXPECT_TRUE(file.good()) << name;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<GoldenCase> ReadCases() {
  std::vector<GoldenCase> cases;
  int number = 0;
  for (const std::string& line : ReadLines("condition_golden.txt")) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '>') {
      const std::string text = line.size() < 2 ? "" : line.substr(2);
      cases.push_back({number, absl::StrReplaceAll(text, {{"\\n", "\n"}}), {}});
    } else if (!cases.empty()) {
      cases.back().want.push_back(line);
    }
  }
  return cases;
}

// What the parser, the checker and the printer make of a text, in the form of the file.
std::vector<std::string> Outcome(const std::string& text, const ShopDefinitions& shop) {
  absl::StatusOr<Node> tree = Parse(text);
  absl::Status status = tree.ok() ? Bind(*tree, shop).status() : tree.status();
  if (status.ok()) {
    return {
        absl::StrCat("= ", absl::StrReplaceAll(Print(Normalise(*tree, shop)), {{"\n", "\\n"}}))};
  }
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info) return {absl::StrCat("no error info: ", status.ToString())};
  std::vector<std::string> lines(1);
  const std::string_view name = base::NameOf(info->reason);
  std::string line = "-", column = "-";
  for (const auto& [key, value] : info->metadata) {
    if (key == "line") line = value;
    if (key == "column") column = value;
    if (key == "expected" || key == "near") lines.push_back(absl::StrCat(key, " ", value));
  }
  lines[0] =
      absl::StrCat("! ", absl::string_view(name.data(), name.size()), " ", line, ":", column);
  return lines;
}

TEST(ConditionGolden, EveryLineGivesItsCanonicalTextOrItsError) {
  const ShopDefinitions shop = ExampleShop();
  const std::vector<GoldenCase> cases = ReadCases();
  EXPECT_GE(cases.size(), 80u);
  for (const GoldenCase& golden : cases) {
    EXPECT_EQ(Outcome(golden.text, shop), golden.want)
        << "condition_golden.txt:" << golden.line << ": " << golden.text;
  }
}

// T43: what is canonical stays as it is.
TEST(ConditionGolden, CanonicalTextIsAFixedPoint) {
  const ShopDefinitions shop = ExampleShop();
  for (const GoldenCase& golden : ReadCases()) {
    if (golden.want.empty() || golden.want[0][0] != '=') continue;
    const std::string canonical = absl::StrReplaceAll(golden.want[0].substr(2), {{"\\n", "\n"}});
    EXPECT_EQ(Outcome(canonical, shop), golden.want) << golden.line;
  }
}

TEST(Bucket, AgreesWithVectorsMadeElsewhere) {
  int vectors = 0;
  for (const std::string& line : ReadLines("bucket_vectors.txt")) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    ASSERT_EQ(parts.size(), 3u) << line;
    EXPECT_EQ(absl::StrCat(BucketOf(parts[0], parts[1])), parts[2]) << line;
    ++vectors;
  }
  EXPECT_EQ(vectors, 20);
}

}  // namespace
}  // namespace segmentation::domain::condition
