#include "server/rpc/status.h"

#include <map>
#include <string>
#include <vector>

#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

struct Decoded {
  internal::rpc::Status status;
  internal::rpc::ErrorInfo error;
  internal::rpc::BadRequest bad;
  bool has_retry = false;
};

Decoded Decode(const grpc::Status& status) {
  Decoded decoded;
  EXPECT_TRUE(decoded.status.ParseFromString(status.error_details()));
  for (const auto& detail : decoded.status.details()) {
    if (detail.type_url() == "type.googleapis.com/google.rpc.ErrorInfo") {
      EXPECT_TRUE(decoded.error.ParseFromString(detail.value()));
    } else if (detail.type_url() == "type.googleapis.com/google.rpc.BadRequest") {
      EXPECT_TRUE(decoded.bad.ParseFromString(detail.value()));
    } else {
      EXPECT_EQ(detail.type_url(), "type.googleapis.com/google.rpc.RetryInfo");
      decoded.has_retry = true;
    }
  }
  return decoded;
}

// One row a reason, as the API's comments state it.
const std::map<std::string, grpc::StatusCode>& CodesOfReasons() {
  static const auto* const kCodes = new std::map<std::string, grpc::StatusCode>{
      {"FIELD_REQUIRED", grpc::INVALID_ARGUMENT},
      {"FIELD_INVALID", grpc::INVALID_ARGUMENT},
      {"FIELD_TOO_LONG", grpc::INVALID_ARGUMENT},
      {"FIELD_OUT_OF_RANGE", grpc::INVALID_ARGUMENT},
      {"TEXT_NOT_UTF8", grpc::INVALID_ARGUMENT},
      {"TEXT_HAS_NUL", grpc::INVALID_ARGUMENT},
      {"ENUM_UNKNOWN", grpc::INVALID_ARGUMENT},
      {"ID_MALFORMED", grpc::INVALID_ARGUMENT},
      {"BATCH_TOO_LARGE", grpc::INVALID_ARGUMENT},
      {"UPDATE_MASK_INVALID", grpc::INVALID_ARGUMENT},
      {"PAGE_TOKEN_INVALID", grpc::INVALID_ARGUMENT},
      {"PAGE_TOKEN_EXPIRED", grpc::INVALID_ARGUMENT},
      {"REVISION_TOKEN_INVALID", grpc::INVALID_ARGUMENT},
      {"IDENTITY_MASKED", grpc::INVALID_ARGUMENT},
      {"CURRENCY_MISMATCH", grpc::INVALID_ARGUMENT},
      {"TIME_ZONE_UNKNOWN", grpc::INVALID_ARGUMENT},
      {"CURRENCY_UNKNOWN", grpc::INVALID_ARGUMENT},
      {"MONEY_INVALID", grpc::INVALID_ARGUMENT},
      {"DATE_INVALID", grpc::INVALID_ARGUMENT},
      {"CONDITION_SYNTAX", grpc::INVALID_ARGUMENT},
      {"CONDITION_UNKNOWN_ATTRIBUTE", grpc::INVALID_ARGUMENT},
      {"CONDITION_TYPE_MISMATCH", grpc::INVALID_ARGUMENT},
      {"CONDITION_TOO_LARGE", grpc::INVALID_ARGUMENT},
      {"CONDITION_EMPTY_LIST", grpc::INVALID_ARGUMENT},
      {"CONDITION_UNKNOWN_REFERENCE", grpc::INVALID_ARGUMENT},
      {"CONDITION_LITERAL_OUT_OF_RANGE", grpc::INVALID_ARGUMENT},
      {"GROUP_REFERENCE_CYCLE", grpc::FAILED_PRECONDITION},
      {"SHOP_NOT_FOUND", grpc::NOT_FOUND},
      {"MEMBER_NOT_FOUND", grpc::NOT_FOUND},
      {"ORDER_NOT_FOUND", grpc::NOT_FOUND},
      {"STORE_NOT_FOUND", grpc::NOT_FOUND},
      {"PROMOTION_NOT_FOUND", grpc::NOT_FOUND},
      {"TAG_CATEGORY_NOT_FOUND", grpc::NOT_FOUND},
      {"TAG_NOT_FOUND", grpc::NOT_FOUND},
      {"GROUP_NOT_FOUND", grpc::NOT_FOUND},
      {"ATTRIBUTE_NOT_FOUND", grpc::NOT_FOUND},
      {"OPERATION_NOT_FOUND", grpc::NOT_FOUND},
      {"TOKEN_NOT_FOUND", grpc::NOT_FOUND},
      {"NOTE_NOT_FOUND", grpc::NOT_FOUND},
      {"PRODUCT_NOT_FOUND", grpc::NOT_FOUND},
      {"ALREADY_EXISTS", grpc::ALREADY_EXISTS},
      {"IDEMPOTENCY_KEY_REUSED", grpc::ALREADY_EXISTS},
      {"IDENTITY_TAKEN", grpc::ALREADY_EXISTS},
      {"ETAG_STALE", grpc::ABORTED},
      {"WRITE_CONFLICT", grpc::ABORTED},
      {"RESOURCE_IN_USE", grpc::FAILED_PRECONDITION},
      {"LIMIT_REACHED", grpc::FAILED_PRECONDITION},
      {"SHOP_NOT_EMPTY", grpc::FAILED_PRECONDITION},
      {"OPERATION_FINISHED", grpc::FAILED_PRECONDITION},
      {"IMPORT_OUT_OF_SEQUENCE", grpc::FAILED_PRECONDITION},
      {"TOKEN_MISSING", grpc::UNAUTHENTICATED},
      {"TOKEN_INVALID", grpc::UNAUTHENTICATED},
      {"ROLE_INSUFFICIENT", grpc::PERMISSION_DENIED},
      {"DATABASE_UNAVAILABLE", grpc::UNAVAILABLE},
      {"SHUTTING_DOWN", grpc::UNAVAILABLE},
      {"QUEUE_FULL", grpc::RESOURCE_EXHAUSTED},
      {"DEADLINE_PASSED", grpc::DEADLINE_EXCEEDED},
      {"REVISION_NOT_REACHED", grpc::DEADLINE_EXCEEDED},
      {"CANCELLED", grpc::CANCELLED},
      {"OUTCOME_UNKNOWN", grpc::UNAVAILABLE},
      {"INTERNAL", grpc::INTERNAL},
      {"RESULT_TOO_LARGE", grpc::INTERNAL},
  };
  return *kCodes;
}

TEST(Status, EveryReasonHasItsCodeAndDetails) {
  std::vector<base::Reason> reasons;
#define SEG_REASON(name, number, code) reasons.push_back(base::Reason::name);
#include "server/base/error_reasons.inc"
#undef SEG_REASON
  EXPECT_EQ(reasons.size(), CodesOfReasons().size());
  for (const base::Reason reason : reasons) {
    const std::string name(base::NameOf(reason));
    SCOPED_TRACE(name);
    ASSERT_TRUE(CodesOfReasons().contains(name));
    const absl::Status error =
        base::MakeError(reason, "order.lines[3].title", "got x, want y", {{"limit", "512"}});
    const grpc::Status sent = ToGrpcStatus(error);
    EXPECT_EQ(sent.error_code(), CodesOfReasons().at(name));
    const Decoded decoded = Decode(sent);
    EXPECT_EQ(decoded.status.code(), static_cast<int>(sent.error_code()));
    EXPECT_EQ(decoded.error.reason(), name);
    EXPECT_EQ(decoded.error.domain(), "segmentation.v1");
    EXPECT_EQ(decoded.error.metadata().at("limit"), "512");
    ASSERT_EQ(decoded.bad.field_violations_size(), 1);
    EXPECT_EQ(decoded.bad.field_violations(0).field(), "order.lines[3].title");
    const v1::BatchItemStatus item = ToItemStatus(error);
    EXPECT_EQ(item.code(), static_cast<int>(sent.error_code()));
    EXPECT_EQ(v1::ErrorReason_Name(item.reason()), "ERROR_REASON_" + name);
    EXPECT_EQ(item.field(), "order.lines[3].title");
    EXPECT_EQ(ReasonOf(error), item.reason());
  }
}

TEST(Status, OkStaysOkWithoutDetails) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToItemStatus(absl::OkStatus()).ByteSizeLong(), 0u);
}

TEST(Status, TellsWhenToTryAgain) {
  for (const base::Reason reason : {base::Reason::QUEUE_FULL, base::Reason::DATABASE_UNAVAILABLE,
                                    base::Reason::SHUTTING_DOWN}) {
    EXPECT_TRUE(Decode(ToGrpcStatus(base::MakeError(reason, "", "later"))).has_retry)
        << base::NameOf(reason);
  }
  EXPECT_FALSE(
      Decode(ToGrpcStatus(base::MakeError(base::Reason::ETAG_STALE, "etag", "no"))).has_retry);
}

TEST(Status, TextOfInternalErrorsStaysInside) {
  for (const absl::Status& error :
       {base::MakeError(base::Reason::INTERNAL, "", "SELECT secret FROM t"),
        absl::InternalError("SELECT secret FROM t"), absl::UnknownError("SELECT secret FROM t")}) {
    const grpc::Status sent = ToGrpcStatus(error);
    EXPECT_EQ(sent.error_code(), grpc::INTERNAL);
    EXPECT_EQ(sent.error_message().find("secret"), std::string::npos);
    EXPECT_EQ(sent.error_details().find("secret"), std::string::npos);
    EXPECT_EQ(ToItemStatus(error).message().find("secret"), std::string::npos);
  }
}

TEST(Status, DetailsStayWithinTheTrailer) {
  std::string chinese;
  while (chinese.size() < 5'000) chinese += "油";
  const absl::Status error =
      base::MakeError(base::Reason::RESOURCE_IN_USE, std::string(3'000, 'f'), chinese,
                      {{"used_by", std::string(2'000, 'a')}, {"more", std::string(9'000, 'b')}});
  const grpc::Status sent = ToGrpcStatus(error);
  EXPECT_LE(sent.error_message().size(), 1'024u);
  EXPECT_LT(sent.error_details().size(), 6u * 1'024);
  EXPECT_EQ(Decode(sent).error.metadata().at("used_by").size(), 2'000u);
}

}  // namespace
}  // namespace segmentation::rpc
