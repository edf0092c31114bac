// Errors carry their reason, field and facts through an absl::Status.
#include "server/base/error.h"

#include <gtest/gtest.h>

namespace segmentation::base {
namespace {

TEST(ErrorTest, CarriesReasonFieldAndFacts) {
  const absl::Status status = MakeError(Reason::FIELD_TOO_LONG, "name", "got 300 bytes, want 256",
                                        {{"limit", "256"}, {"empty", ""}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "name: got 300 bytes, want 256");
  const std::optional<ErrorInfo> info = GetErrorInfo(status);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason, Reason::FIELD_TOO_LONG);
  EXPECT_EQ(info->field, "name");
  ASSERT_EQ(info->metadata.size(), 2u);
  EXPECT_EQ(info->metadata[0], (std::pair<std::string, std::string>("limit", "256")));
  EXPECT_EQ(info->metadata[1], (std::pair<std::string, std::string>("empty", "")));
}

TEST(ErrorTest, OtherStatusesHaveNone) {
  EXPECT_FALSE(GetErrorInfo(absl::OkStatus()));
  EXPECT_FALSE(GetErrorInfo(absl::InternalError("x")));
}

TEST(ErrorTest, PrefixesTheFieldPath) {
  const absl::Status status =
      WithFieldPrefix(MakeError(Reason::FIELD_INVALID, "id", "got it"), "members[3]");
  EXPECT_EQ(GetErrorInfo(status)->field, "members[3].id");
  EXPECT_EQ(std::string(status.message()), "members[3].id: got it");
  const absl::Status whole =
      WithFieldPrefix(MakeError(Reason::FIELD_INVALID, "", "got it"), "members[3]");
  EXPECT_EQ(GetErrorInfo(whole)->field, "members[3]");
  EXPECT_TRUE(WithFieldPrefix(absl::OkStatus(), "members[3]").ok());
}

TEST(ErrorTest, EveryReasonHasACodeAndOneName) {
  for (Reason reason : {Reason::FIELD_REQUIRED, Reason::ETAG_STALE, Reason::RESULT_TOO_LARGE}) {
    EXPECT_EQ(ReasonFromName(NameOf(reason)), reason);
    EXPECT_NE(CodeOf(reason), absl::StatusCode::kOk);
  }
  EXPECT_EQ(CodeOf(Reason::ETAG_STALE), absl::StatusCode::kAborted);
  EXPECT_FALSE(ReasonFromName("NO_SUCH_REASON"));
}

}  // namespace
}  // namespace segmentation::base
