// The API's ErrorReason and the server's reasons are one list, by name and number.
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "segmentation/v1/error_reason.pb.h"
#include "server/base/error.h"
#include "tests/unit/proto/api_descriptors.h"

namespace segmentation {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::map<std::string, int> ServerReasons() {
  return {
#define SEG_REASON(name, number, code) {"ERROR_REASON_" #name, number},
#include "server/base/error_reasons.inc"
#undef SEG_REASON
  };
}

TEST(ErrorReasonTest, ApiAndServerHaveTheSameReasons) {
  std::map<std::string, int> api;
  const google::protobuf::EnumDescriptor* type = v1::ErrorReason_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) api[type->value(i)->name()] = type->value(i)->number();
  }
  EXPECT_EQ(api, ServerReasons());
}

// Each comment begins with the canonical code that the server sends, and names the metadata keys.
TEST(ErrorReasonTest, CommentsNameTheCanonicalCodeAndTheMetadata) {
  const api_test::Api api = api_test::LoadApi();
  const google::protobuf::EnumDescriptor* type =
      api.pool->FindEnumTypeByName("segmentation.v1.ErrorReason");
  ASSERT_NE(type, nullptr);
  for (const auto& [name, number] : ServerReasons()) {
    const google::protobuf::EnumValueDescriptor* value = type->FindValueByNumber(number);
    ASSERT_NE(value, nullptr) << name;
    google::protobuf::SourceLocation location;
    ASSERT_TRUE(value->GetSourceLocation(&location)) << name;
    const absl::StatusCode code = base::CodeOf(static_cast<base::Reason>(number));
    EXPECT_THAT(location.leading_comments,
                StartsWith(absl::StrCat(" ", absl::StatusCodeToString(code), ". ")))
        << name;
    EXPECT_THAT(location.leading_comments, HasSubstr(" Metadata:")) << name;
  }
}

}  // namespace
}  // namespace segmentation
