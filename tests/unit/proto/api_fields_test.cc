// What a client was compiled against stays: api_fields.txt lists every method, field and enum value
// with its number and type. An entry that is gone or changed fails; a new one must be written down.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/proto/api_descriptors.h"

namespace segmentation::api_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kUpdateVariable[] = "SEGMENTATION_UPDATE_API_FIELDS";
constexpr char kHeader[] =
    "# Every method, field and enum value of segmentation.v1. Add new ones with\n"
    "# SEGMENTATION_UPDATE_API_FIELDS=1 ctest -R unit_proto; never change or remove a line.\n";

std::string TypeOf(const pb::FieldDescriptor* field) {
  std::string type = field->is_repeated()            ? "repeated "
                     : field->has_optional_keyword() ? "optional "
                                                     : "";
  if (field->message_type() != nullptr) {
    type += field->message_type()->full_name();
  } else if (field->enum_type() != nullptr) {
    type += field->enum_type()->full_name();
  } else {
    type += field->type_name();
  }
  if (field->real_containing_oneof() != nullptr) {
    type += " in oneof " + field->real_containing_oneof()->name();
  }
  return type;
}

std::set<std::string> ListEntries(const Api& api) {
  std::set<std::string> entries;
  ForEachMethod(api, [&](const pb::MethodDescriptor* method) {
    entries.insert(
        "rpc " + method->full_name() + " : " + (method->client_streaming() ? "stream " : "") +
        method->input_type()->full_name() + " -> " + (method->server_streaming() ? "stream " : "") +
        method->output_type()->full_name());
  });
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    entries.insert("message " + message->full_name());
    for (int i = 0; i < message->field_count(); ++i) {
      const pb::FieldDescriptor* field = message->field(i);
      entries.insert("field " + field->full_name() + " = " + std::to_string(field->number()) +
                     " : " + TypeOf(field));
    }
  });
  ForEachEnum(api, [&](const pb::EnumDescriptor* type) {
    for (int i = 0; i < type->value_count(); ++i) {
      entries.insert("value " + type->full_name() + "." + type->value(i)->name() + " = " +
                     std::to_string(type->value(i)->number()));
    }
  });
  return entries;
}

std::set<std::string> ParseEntries(const std::string& text) {
  std::set<std::string> entries;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') entries.insert(line);
  }
  return entries;
}

std::vector<std::string> Without(const std::set<std::string>& all,
                                 const std::set<std::string>& those) {
  std::vector<std::string> rest;
  std::set_difference(all.begin(), all.end(), those.begin(), those.end(), std::back_inserter(rest));
  return rest;
}

TEST(ApiFieldsTest, NothingIsRemovedRenumberedOrRetyped) {
  const std::string path =
      EnvironmentPath("SEGMENTATION_SOURCE_DIR") + "/tests/unit/proto/api_fields.txt";
  const std::set<std::string> current = ListEntries(LoadApi());
  std::set<std::string> committed = ParseEntries(ReadWholeFile(path));
  if (std::getenv(kUpdateVariable) != nullptr) {
    committed.insert(current.begin(), current.end());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << kHeader;
    for (const std::string& entry : committed) out << entry << "\n";
    ASSERT_TRUE(out.good()) << "cannot write " << path;
  }
  EXPECT_THAT(Without(committed, current), IsEmpty())
      << "these were removed, renumbered or retyped: clients compiled against them break. Put them "
         "back, and give what is new a new name and number.";
  EXPECT_THAT(Without(current, committed), IsEmpty())
      << "these are new: add them to " << path << " with " << kUpdateVariable
      << "=1 ctest -R unit_proto";
}

constexpr char kBefore[] =
    "syntax = \"proto3\"; package p; enum E { E_UNSPECIFIED = 0; E_ONE = 1; }"
    "message M { string name = 1; repeated E kinds = 2; oneof o { bool yes = 3; } }"
    "message GetMRequest {} message GetMResponse {}"
    "service S { rpc GetM(GetMRequest) returns (GetMResponse); }";

// The entries of kBefore that a change breaks.
std::vector<std::string> BrokenBy(const std::string& from, const std::string& to) {
  std::string after = kBefore;
  const size_t at = after.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  after.replace(at, from.size(), to);
  return Without(ListEntries(ParseApi("p.proto", kBefore)),
                 ListEntries(ParseApi("p.proto", after)));
}

TEST(ApiFieldsTest, FindsEveryKindOfBreakingChange) {
  EXPECT_THAT(BrokenBy("string name = 1;", ""), ElementsAre("field p.M.name = 1 : string"));
  EXPECT_THAT(BrokenBy("name = 1", "name = 7"), ElementsAre("field p.M.name = 1 : string"));
  EXPECT_THAT(BrokenBy("string name", "bytes name"), ElementsAre("field p.M.name = 1 : string"));
  EXPECT_THAT(BrokenBy("string name", "optional string name"),
              ElementsAre("field p.M.name = 1 : string"));
  EXPECT_THAT(BrokenBy("repeated E kinds", "E kinds"),
              ElementsAre("field p.M.kinds = 2 : repeated p.E"));
  EXPECT_THAT(BrokenBy("oneof o { bool yes = 3; }", "bool yes = 3;"),
              ElementsAre("field p.M.yes = 3 : bool in oneof o"));
  EXPECT_THAT(BrokenBy("E_ONE = 1", "E_ONE = 2"), ElementsAre("value p.E.E_ONE = 1"));
  EXPECT_THAT(BrokenBy("returns (GetM", "returns (stream GetM"),
              ElementsAre("rpc p.S.GetM : p.GetMRequest -> p.GetMResponse"));
  EXPECT_THAT(BrokenBy("rpc GetM(GetMRequest) returns (GetMResponse);", ""),
              ElementsAre("rpc p.S.GetM : p.GetMRequest -> p.GetMResponse"));
}

TEST(ApiFieldsTest, AdditionsBreakNothing) {
  EXPECT_THAT(BrokenBy("string name = 1;", "string name = 1; bool more = 9;"), IsEmpty());
  EXPECT_THAT(BrokenBy("E_ONE = 1;", "E_ONE = 1; E_TWO = 2;"), IsEmpty());
}

}  // namespace
}  // namespace segmentation::api_test
