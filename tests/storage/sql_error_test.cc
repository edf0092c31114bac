#include "server/storage/mysql/sql_error.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;

enum Leaves { kTransaction, kConnection, kNothing };

struct Row {
  int number;
  absl::StatusCode code;
  Reason reason;
  Leaves leaves;
  bool proves_not_committed;
  bool retryable;
};

class SqlErrorTable : public ::testing::TestWithParam<Row> {};

TEST_P(SqlErrorTable, GivesStatusAndConsequences) {
  const Row& row = GetParam();
  const absl::Status status =
      SqlErrorToStatus({row.number, "HY000", "secret 'value' text"}, "SELECT 1");
  EXPECT_EQ(status.code(), row.code) << status;
  const auto info = base::GetErrorInfo(status);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason, row.reason) << status;
  EXPECT_EQ(MysqlErrorNumber(status), row.number);
  EXPECT_EQ(KeepsTransaction(row.number), row.leaves == kTransaction);
  EXPECT_EQ(BreaksConnection(row.number), row.leaves == kNothing);
  EXPECT_EQ(ProvesNotCommitted(row.number), row.proves_not_committed);
  EXPECT_EQ(IsRetryable(status), row.retryable);
  EXPECT_FALSE(IsOutcomeUnknown(status));
  // What the server said may hold values of rows, so it is never sent on.
  EXPECT_THAT(std::string(status.message()), ::testing::Not(::testing::HasSubstr("secret")));
}

using absl::StatusCode;

INSTANTIATE_TEST_SUITE_P(
    Numbers, SqlErrorTable,
    ::testing::Values(
        Row{1062, StatusCode::kAlreadyExists, Reason::ALREADY_EXISTS, kTransaction, true, false},
        Row{1205, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{1213, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{3572, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{1180, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{3100, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{3101, StatusCode::kAborted, Reason::WRITE_CONFLICT, kConnection, true, true},
        Row{1451, StatusCode::kFailedPrecondition, Reason::RESOURCE_IN_USE, kTransaction, true,
            false},
        Row{1452, StatusCode::kFailedPrecondition, Reason::RESOURCE_IN_USE, kTransaction, true,
            false},
        Row{1264, StatusCode::kInvalidArgument, Reason::FIELD_OUT_OF_RANGE, kTransaction, true,
            false},
        Row{1366, StatusCode::kInvalidArgument, Reason::FIELD_INVALID, kTransaction, true, false},
        Row{1406, StatusCode::kInvalidArgument, Reason::FIELD_TOO_LONG, kTransaction, true, false},
        Row{1317, StatusCode::kCancelled, Reason::CANCELLED, kConnection, false, false},
        Row{1969, StatusCode::kDeadlineExceeded, Reason::DEADLINE_PASSED, kConnection, false,
            false},
        Row{3024, StatusCode::kDeadlineExceeded, Reason::DEADLINE_PASSED, kConnection, false,
            false},
        Row{1040, StatusCode::kResourceExhausted, Reason::QUEUE_FULL, kNothing, true, false},
        Row{1203, StatusCode::kResourceExhausted, Reason::QUEUE_FULL, kNothing, true, false},
        Row{1047, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{1053, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{1927, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2002, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2003, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2006, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2013, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2026, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2027, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2055, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{2057, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{4031, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kNothing, false, true},
        Row{1290, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kConnection, true, true},
        Row{1836, StatusCode::kUnavailable, Reason::DATABASE_UNAVAILABLE, kConnection, true, true},
        Row{1054, StatusCode::kInternal, Reason::INTERNAL, kConnection, true, false},
        Row{1146, StatusCode::kInternal, Reason::INTERNAL, kConnection, true, false},
        Row{1105, StatusCode::kInternal, Reason::INTERNAL, kConnection, true, false},
        Row{1197, StatusCode::kInternal, Reason::INTERNAL, kConnection, true, false},
        // Not in the table: a server error keeps the connection, a client error does not.
        Row{1064, StatusCode::kInternal, Reason::INTERNAL, kConnection, false, false},
        Row{4025, StatusCode::kInternal, Reason::INTERNAL, kConnection, false, false},
        Row{2014, StatusCode::kInternal, Reason::INTERNAL, kNothing, false, false},
        Row{2030, StatusCode::kInternal, Reason::INTERNAL, kNothing, false, false},
        Row{0, StatusCode::kInternal, Reason::INTERNAL, kNothing, false, false}),
    [](const auto& row) { return "Number" + std::to_string(row.param.number); });

TEST(SqlError, NamesTheIndexOfADuplicateOnBothServers) {
  const auto index = [](const std::string& message) {
    return DuplicateIndex(SqlErrorToStatus({1062, "23000", message}, "INSERT"));
  };
  EXPECT_EQ(index("Duplicate entry '1-a' for key 'member.uq_member_id'"), "uq_member_id");
  EXPECT_EQ(index("Duplicate entry '1-a' for key 'uq_member_id'"), "uq_member_id");
  EXPECT_EQ(index("Duplicate entry '1' for key 'PRIMARY'"), "PRIMARY");
  // The entry is outside data and may look like the rest of the message.
  EXPECT_EQ(index("Duplicate entry '1-for key 'x.uq_other'' for key 'member.uq_member_id'"),
            "uq_member_id");
  EXPECT_EQ(index("no index is named"), "");
  EXPECT_EQ(DuplicateIndex(absl::OkStatus()), "");
  EXPECT_EQ(DuplicateIndex(base::MakeError(Reason::ALREADY_EXISTS, "", "x", {{"index", "uq_x"}})),
            "");
}

TEST(SqlError, TellsAnUnknownOutcomeFromEveryOtherError) {
  const absl::Status unknown = base::MakeError(Reason::OUTCOME_UNKNOWN, "", "lost");
  EXPECT_TRUE(IsOutcomeUnknown(unknown));
  EXPECT_FALSE(IsRetryable(unknown));
  EXPECT_FALSE(IsRetryable(absl::OkStatus()));
  EXPECT_FALSE(IsOutcomeUnknown(absl::UnavailableError("not ours")));
  EXPECT_EQ(MysqlErrorNumber(unknown), std::nullopt);
}

}  // namespace
}  // namespace segmentation::storage::mysql
