// The API keeps its rules, and each rule finds what breaks it.
#include "tests/unit/proto/api_rules.h"

#include <regex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/condition/limits.h"

namespace segmentation::api_test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Api& TheApi() {
  static const Api* api = new Api(LoadApi());
  return *api;
}

TEST(ApiRulesTest, AllServicesAreThere) {
  std::set<std::string> services;
  for (const pb::FileDescriptor* file : TheApi().files) {
    for (int i = 0; i < file->service_count(); ++i) services.insert(file->service(i)->name());
  }
  EXPECT_EQ(services, (std::set<std::string>{"ShopService", "MemberService", "OrderService",
                                             "TagService", "GroupService", "OperationService"}));
}

TEST(ApiRulesTest, ServicesAndMethodsAreNamedAlike) {
  EXPECT_THAT(CheckServiceNames(TheApi()), IsEmpty());
}
TEST(ApiRulesTest, NamesKeepTheirCase) { EXPECT_THAT(CheckNames(TheApi()), IsEmpty()); }
TEST(ApiRulesTest, EverythingHasAComment) { EXPECT_THAT(CheckComments(TheApi()), IsEmpty()); }
TEST(ApiRulesTest, TypesAreExactAndSigned) { EXPECT_THAT(CheckTypes(TheApi()), IsEmpty()); }
TEST(ApiRulesTest, RequestsAndResponsesHaveTheirShape) {
  EXPECT_THAT(CheckRequestShapes(TheApi()), IsEmpty());
}

// The limits that the comments of conditions quote are those in force.
TEST(ApiRulesTest, CommentsQuoteTheLimitsOfConditions) {
  namespace limits = domain::condition;
  std::string text = ReadWholeFile(EnvironmentPath("SEGMENTATION_SOURCE_DIR") +
                                   "/proto/segmentation/v1/condition.proto");
  text = std::regex_replace(text, std::regex("\n *// *"), " ");
  const auto grouped = [](int64_t number) {  // 10000 → 10,000
    const std::string digits = std::to_string(number);
    std::string result;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
      result += digits[i];
    }
    return result;
  };
  for (const std::string& quote :
       {std::to_string(limits::kMaxTextBytes / 1024) + " KiB of text",
        grouped(limits::kMaxNodes) + " nodes", "depth " + grouped(limits::kMaxDepth),
        grouped(limits::kMaxListLiterals) + " values in a list",
        "IN (…)`, 1 to " + grouped(limits::kMaxListLiterals),
        "quoted literal, at most " + grouped(limits::kMaxLiteralBytes) + " bytes",
        "catalogue, 1 to " + grouped(limits::kMaxNameBytes) + " bytes",
        grouped(limits::kMaxRelativeDays) + " days, " + grouped(limits::kMaxRelativeMonths) +
            " months or " + grouped(limits::kMaxRelativeYears) + " years",
        grouped(limits::kMaxRollingMinutes) + " minutes or " + grouped(limits::kMaxRollingHours) +
            " hours",
        "k itself, 1 to " + grouped(limits::kMaxTopCount),
        "1/100 of a percent, 1 to " + grouped(limits::kFullPercent)}) {
    EXPECT_THAT(text, HasSubstr(quote));
  }
}

// A breach and what must be said of it.
struct Breach {
  const char* name;
  Problems (*check)(const Api&);
  const char* text;
  const char* problem;
};

constexpr char kShell[] = R"(
  message Actor {} message ReadStamp {} message ImportHeader {} message BatchItemStatus {}
)";

class ApiBreachTest : public ::testing::TestWithParam<Breach> {};

TEST_P(ApiBreachTest, IsFound) {
  const std::string text = std::string(
                               "syntax = \"proto3\"; package segmentation.v1;\n"
                               "import \"google/protobuf/timestamp.proto\";\n"
                               "import \"google/protobuf/field_mask.proto\";\n") +
                           kShell + GetParam().text;
  EXPECT_THAT(GetParam().check(ParseApi("segmentation/v1/x_service.proto", text)),
              Contains(HasSubstr(GetParam().problem)))
      << text;
}

INSTANTIATE_TEST_SUITE_P(
    AllRules, ApiBreachTest,
    ::testing::Values(
        Breach{"TwoServices", CheckServiceNames, "service XService {} service YService {}",
               "more than one service"},
        Breach{"ServiceSuffix", CheckServiceNames, "service X {}", "X: want XxxService"},
        Breach{"ServiceFile", CheckServiceNames, "service OtherService {}",
               "want it in segmentation/v1/other_service.proto"},
        Breach{"ForeignResponse", CheckServiceNames,
               "message GetXRequest {} message X {}"
               "service XService { rpc GetX(GetXRequest) returns (X); }",
               "want its own GetXResponse"},
        Breach{"LooseRequest", CheckServiceNames, "message GetXRequest {}", "belongs to no method"},
        Breach{"FieldCase", CheckNames, "message X { string shopId = 1; }", "want lower_snake"},
        Breach{"MessageCase", CheckNames, "message my_message {}", "want PascalCase"},
        Breach{"EnumPrefix", CheckNames, "enum ColorKind { COLOR_KIND_UNSPECIFIED = 0; RED = 1; }",
               "ColorKind.RED: want prefix COLOR_KIND_"},
        Breach{"EnumZero", CheckNames, "enum ColorKind { COLOR_KIND_RED = 0; }",
               "want 0 = COLOR_KIND_UNSPECIFIED"},
        Breach{"FieldComment", CheckComments, "// A message.\nmessage X {\n  string name = 1;\n}",
               "X.name: has no comment"},
        Breach{"MessageComment", CheckComments, "message X {}", "X: has no comment"},
        Breach{"EnumValueComment", CheckComments, "// An enum.\nenum X {\n  X_UNSPECIFIED = 0;\n}",
               "X_UNSPECIFIED: has no comment"},
        Breach{"OneofComment", CheckComments,
               "// A message.\nmessage X {\n  oneof y {\n    // A field.\n    bool z = 1;\n  }\n}",
               "X.y: has no comment"},
        Breach{"MethodComment", CheckComments,
               "// A.\nmessage GetXRequest {}\n// B.\nmessage GetXResponse {}\n// C.\n"
               "service XService {\n  rpc GetX(GetXRequest) returns (GetXResponse);\n}",
               "GetX: has no comment"},
        Breach{"Double", CheckTypes, "message X { double price = 1; }", "double is not allowed"},
        Breach{"Unsigned", CheckTypes, "message X { uint64 row_count = 1; }",
               "uint64 is not allowed"},
        Breach{"Fixed", CheckTypes, "message X { fixed32 row_count = 1; }",
               "fixed32 is not allowed"},
        Breach{"Unit", CheckTypes, "message X { int64 amount = 1; }", "has no unit"},
        Breach{"Time", CheckTypes, "message X { string created_at = 1; }",
               "want google.protobuf.Timestamp"},
        Breach{"ShopFirst", CheckRequestShapes,
               "message GetXRequest { string x_id = 1; string shop_id = 2; }"
               "message GetXResponse {}"
               "service XService { rpc GetX(GetXRequest) returns (GetXResponse); }",
               "GetXRequest: want string shop_id = 1"},
        Breach{"RequestId", CheckRequestShapes,
               "message DeleteXRequest { string shop_id = 1; Actor actor = 2; }"
               "message DeleteXResponse { string revision_token = 1; }"
               "service XService { rpc DeleteX(DeleteXRequest) returns (DeleteXResponse); }",
               "want string request_id"},
        Breach{"ActorMissing", CheckRequestShapes,
               "message DeleteXRequest { string shop_id = 1; string request_id = 2; }"
               "message DeleteXResponse { string revision_token = 1; }"
               "service XService { rpc DeleteX(DeleteXRequest) returns (DeleteXResponse); }",
               "want Actor actor"},
        Breach{"WriteRevision", CheckRequestShapes,
               "message DeleteXRequest { string shop_id = 1; string request_id = 2; Actor actor = "
               "3; } message DeleteXResponse {}"
               "service XService { rpc DeleteX(DeleteXRequest) returns (DeleteXResponse); }",
               "DeleteXResponse: want string revision_token"},
        Breach{"ReadStampMissing", CheckRequestShapes,
               "message GetXRequest { string shop_id = 1; string min_revision_token = 2; }"
               "message GetXResponse {}"
               "service XService { rpc GetX(GetXRequest) returns (GetXResponse); }",
               "GetXResponse: want ReadStamp stamp"},
        Breach{"NewVerb", CheckRequestShapes,
               "message FrobXRequest { string shop_id = 1; } message FrobXResponse {}"
               "service XService { rpc FrobX(FrobXRequest) returns (FrobXResponse); }",
               "its verb is on neither list"},
        Breach{"Paging", CheckRequestShapes,
               "message ListXRequest { string shop_id = 1; string min_revision_token = 2; }"
               "message ListXResponse { ReadStamp stamp = 1; }"
               "service XService { rpc ListX(ListXRequest) returns (ListXResponse); }",
               "want int32 page_size"},
        Breach{"Mask", CheckRequestShapes,
               "message X { string etag = 1; }"
               "message UpdateXRequest { string shop_id = 1; string request_id = 2; Actor actor = "
               "3; X x = 4; } message UpdateXResponse { string revision_token = 1; }"
               "service XService { rpc UpdateX(UpdateXRequest) returns (UpdateXResponse); }",
               "FieldMask update_mask"},
        Breach{"Etag", CheckRequestShapes,
               "message X {}"
               "message UpdateXRequest { string shop_id = 1; string request_id = 2; Actor actor = "
               "3; X x = 4; google.protobuf.FieldMask update_mask = 5; }"
               "message UpdateXResponse { string revision_token = 1; }"
               "service XService { rpc UpdateX(UpdateXRequest) returns (UpdateXResponse); }",
               "a resource with string etag"},
        Breach{"ImportWithoutHeader", CheckRequestShapes,
               "message ImportXRequest { string shop_id = 1; } message ImportXResponse {}"
               "service XService { rpc ImportX(stream ImportXRequest) returns (stream "
               "ImportXResponse); }",
               "want ImportHeader header"}),
    [](const auto& breach) { return std::string(breach.param.name); });

}  // namespace
}  // namespace segmentation::api_test
