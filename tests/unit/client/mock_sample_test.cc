// How a program that uses the SDK is tested without a server: a MockConnection behind a real
// Client.
#include "segmentation/mock_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "segmentation/client.h"

namespace {

using segmentation::CallOptions;
using segmentation::Client;
using segmentation::MockConnection;
using ::testing::_;
using ::testing::AllOf;
using ::testing::NiceMock;
using ::testing::Property;
using ::testing::Return;
namespace v1 = segmentation::v1;

// The program under test: tags a buyer who says that their skin is oily. True = the tag is new.
absl::StatusOr<bool> LearnFrom(const Client& client, const std::string& member,
                               const std::string& said) {
  if (said.find("油") == std::string::npos) return false;
  v1::TagMemberRequest request;
  request.set_shop_id("demo");
  request.set_member_id(member);
  v1::TagAssignment& tag = *request.add_tags();
  tag.set_category("肤质");
  tag.set_value("油性");
  tag.set_source(v1::TAG_SOURCE_AGENT);
  absl::StatusOr<v1::TagMemberResponse> answer = client.TagMember(request);
  if (!answer.ok()) return answer.status();
  return answer->changes(0).outcome() == v1::TAG_OUTCOME_APPLIED;
}

TEST(MockSample, TagsWhoSaysSo) {
  auto connection = std::make_shared<NiceMock<MockConnection>>();
  v1::TagMemberResponse answer;
  answer.add_changes()->set_outcome(v1::TAG_OUTCOME_APPLIED);
  EXPECT_CALL(*connection, TagMember(AllOf(Property(&v1::TagMemberRequest::member_id, "m1"),
                                           Property(&v1::TagMemberRequest::tags_size, 1)),
                                     _))
      .WillOnce(Return(answer));
  EXPECT_EQ(*LearnFrom(Client(connection), "m1", "我的皮肤很油"), true);
}

TEST(MockSample, ErrorsComeThrough) {
  auto connection = std::make_shared<NiceMock<MockConnection>>();
  EXPECT_CALL(*connection, TagMember)
      .WillOnce(Return(segmentation::MakeServiceError(absl::StatusCode::kNotFound,
                                                      v1::ERROR_REASON_MEMBER_NOT_FOUND,
                                                      "member_id", "no such member")));
  const absl::StatusOr<bool> learned = LearnFrom(Client(connection), "m2", "油");
  EXPECT_EQ(segmentation::GetErrorReason(learned.status()), v1::ERROR_REASON_MEMBER_NOT_FOUND);
  EXPECT_EQ(segmentation::GetErrorField(learned.status()), "member_id");
}

}  // namespace
