// Who may call what: every method of the descriptors under every role, without a token, with a
// wrong one, and beyond the token's shops.
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include "segmentation/v1/group_service.pb.h"
#include "segmentation/v1/member_service.pb.h"
#include "segmentation/v1/operation_service.pb.h"
#include "segmentation/v1/order_service.pb.h"
#include "segmentation/v1/shop_service.pb.h"
#include "segmentation/v1/tag_service.pb.h"
#include "server/rpc/method_policy.h"
#include "tests/integration/raw_call.h"
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// Every method of the API, from the descriptors.
std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const google::protobuf::Descriptor* one :
       {v1::GetShopRequest::descriptor(), v1::GetMemberRequest::descriptor(),
        v1::GetOrderRequest::descriptor(), v1::GetTagRequest::descriptor(),
        v1::GetGroupRequest::descriptor(), v1::GetOperationRequest::descriptor()}) {
    const auto* const file = one->file();
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

std::string NameOf(const MethodDescriptor& method) {
  return method.service()->name() + "/" + method.name();
}
std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

// A request with what every call has; the rest is empty. Importing streams get their header.
std::string RequestOf(const MethodDescriptor& method, const std::string& shop_id) {
  static int next_request = 0;
  const std::string request_id = "matrix-" + std::to_string(++next_request);
  const Message* const prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type());
  const std::unique_ptr<Message> request(prototype->New());
  const auto set = [](Message* message, const char* field, const std::string& value) {
    if (const FieldDescriptor* found = message->GetDescriptor()->FindFieldByName(field)) {
      message->GetReflection()->SetString(message, found, value);
    }
  };
  set(request.get(), "shop_id", shop_id);
  set(request.get(), "request_id", request_id);
  Message* actor_of = request.get();
  if (const FieldDescriptor* header = method.input_type()->FindFieldByName("header")) {
    actor_of = request->GetReflection()->MutableMessage(request.get(), header);
    set(actor_of, "import_id", request_id);
  }
  if (const FieldDescriptor* actor = actor_of->GetDescriptor()->FindFieldByName("actor")) {
    set(actor_of->GetReflection()->MutableMessage(actor_of, actor), "name", "matrix");
  }
  return request->SerializeAsString();
}

class AccessTest : public ShopTest {
 protected:
  AccessTest() {
    // A shop with an order, so that no method of the walk can delete it.
    EXPECT_TRUE(
        ImportAll(client_, shop_, {PaidOrder("1", "buyer", absl::CivilDay(2024, 1, 1), 1'00)})
            .ok());
  }
  absl::Status Call(const MethodDescriptor& method, const std::string& token,
                    const std::string& shop_id) const {
    return RawCall(server_.address(), PathOf(method), token, RequestOf(method, shop_id));
  }
};

TEST_F(AccessTest, DescriptorsAndPoliciesNameTheSameMethods) {
  const auto methods = AllMethods();
  EXPECT_EQ(methods.size(), rpc::AllMethodPolicies().size());
  for (const MethodDescriptor* method : methods) {
    EXPECT_NE(rpc::FindMethodPolicy(NameOf(*method)), nullptr) << NameOf(*method);
  }
}

TEST_F(AccessTest, EveryRoleMayCallExactlyWhatThePolicySays) {
  int allowed = 0;
  int refused = 0;
  for (int number = v1::TOKEN_ROLE_ADMIN; number <= v1::TOKEN_ROLE_PRIVACY; ++number) {
    const auto role = static_cast<v1::TokenRole>(number);
    const std::string token = server_.NewToken(role, {});
    for (const MethodDescriptor* method : AllMethods()) {
      const rpc::MethodPolicy* const policy = rpc::FindMethodPolicy(NameOf(*method));
      ASSERT_NE(policy, nullptr) << NameOf(*method);
      const bool may = (policy->roles & rpc::RoleBit(static_cast<usecase::Role>(number))) != 0;
      const absl::Status status = Call(*method, token, shop_);
      const std::string what = v1::TokenRole_Name(role) + " " + NameOf(*method);
      if (may) {
        ++allowed;
        // It got past the gate: done, or refused for what the empty request lacks.
        EXPECT_NE(status.code(), absl::StatusCode::kPermissionDenied) << what << ": " << status;
        EXPECT_NE(status.code(), absl::StatusCode::kUnauthenticated) << what << ": " << status;
        EXPECT_NE(status.code(), absl::StatusCode::kInternal) << what << ": " << status;
        EXPECT_NE(status.code(), absl::StatusCode::kUnimplemented) << what << ": " << status;
        if (!status.ok()) {
          EXPECT_TRUE(GetErrorReason(status).has_value()) << what << ": " << status;
        }
      } else {
        ++refused;
        EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << what;
        EXPECT_EQ(Fault(status), "ROLE_INSUFFICIENT authorization") << what;
      }
    }
  }
  EXPECT_GT(allowed, 200);
  EXPECT_GT(refused, 100);
}

TEST_F(AccessTest, EveryMethodWantsAToken) {
  const std::string revoked = server_.NewToken(v1::TOKEN_ROLE_ADMIN, {});
  for (const v1::Token& token : All(client_.ListTokens({}))) {
    if (token.display_name() != "TOKEN_ROLE_ADMIN" || token.has_revoked_at()) continue;
    v1::RevokeTokenRequest request;
    request.set_token_id(token.token_id());
    ASSERT_TRUE(client_.RevokeToken(request).ok());
  }
  for (const MethodDescriptor* method : AllMethods()) {
    const std::string name = NameOf(*method);
    EXPECT_EQ(Fault(Call(*method, "", shop_)), "TOKEN_MISSING authorization") << name;
    EXPECT_EQ(Fault(Call(*method, "wrong", shop_)), "TOKEN_INVALID authorization") << name;
    EXPECT_EQ(Fault(Call(*method, revoked, shop_)), "TOKEN_INVALID authorization") << name;
    EXPECT_EQ(Call(*method, "wrong", shop_).code(), absl::StatusCode::kUnauthenticated) << name;
  }
  const MethodDescriptor& any = *AllMethods().front();
  for (const char* header : {"", "Bearer", "Bearer ", "Basic abc", "bearer x"}) {
    EXPECT_EQ(Fault(RawCall(server_.address(), PathOf(any),
                            std::map<std::string, std::string>{{"authorization", header}},
                            RequestOf(any, shop_))),
              "TOKEN_MISSING authorization")
        << "'" << header << "'";
  }
}

// A shop beyond the token's scope answers like one that does not exist: code, text and details.
TEST_F(AccessTest, OtherShopsAndUnknownOnesAnswerAlike) {
  const std::string other = server_.NewShop();
  const std::string token = server_.NewToken(v1::TOKEN_ROLE_ADMIN, {shop_});
  int compared = 0;
  for (const MethodDescriptor* method : AllMethods()) {
    const rpc::MethodPolicy& policy = *rpc::FindMethodPolicy(NameOf(*method));
    if (policy.shop_free) continue;
    const absl::Status foreign = Call(*method, token, other);
    const absl::Status unknown = Call(*method, token, "no-such-shop");
    EXPECT_EQ(Fault(foreign), "SHOP_NOT_FOUND shop_id") << NameOf(*method);
    EXPECT_EQ(foreign, unknown) << NameOf(*method);
    ++compared;
  }
  EXPECT_GT(compared, 70);
  const Client scoped = server_.Connect(token);
  const auto shops = All(scoped.ListShops({}));
  ASSERT_EQ(shops.size(), 1u);
  EXPECT_EQ(shops[0].shop_id(), shop_);
}

// Ids of another shop's things are as unknown as ids of nothing.
TEST_F(AccessTest, ThingsOfOtherShopsAreUnknown) {
  const std::string other = server_.NewShop();
  v1::UpsertMemberRequest there;
  there.set_shop_id(other);
  there.mutable_member()->set_member_id("theirs");
  ASSERT_TRUE(client_.UpsertMember(there).ok());
  v1::GetMemberRequest get;
  get.set_shop_id(shop_);
  get.set_member_id("theirs");
  const absl::Status foreign = client_.GetMember(get).status();
  get.set_member_id("nobody");
  EXPECT_EQ(Fault(foreign), "MEMBER_NOT_FOUND member_id");
  EXPECT_EQ(foreign.message(), client_.GetMember(get).status().message());
}

// A token of one shop cannot make a token of more.
TEST_F(AccessTest, TokensCannotGrow) {
  const std::string token = server_.NewToken(v1::TOKEN_ROLE_ADMIN, {shop_});
  const Client scoped = server_.Connect(token);
  auto request = Proto<v1::CreateTokenRequest>(
      "token { display_name: 'x' role: TOKEN_ROLE_ADMIN all_shops: true }");
  EXPECT_EQ(Fault(scoped.CreateToken(request)).substr(0, 17), "ROLE_INSUFFICIENT");
  request = Proto<v1::CreateTokenRequest>("token { display_name: 'x' role: TOKEN_ROLE_READER }");
  request.mutable_token()->add_shop_ids(server_.NewShop());
  EXPECT_EQ(Fault(scoped.CreateToken(request)).substr(0, 17), "ROLE_INSUFFICIENT");
  request = Proto<v1::CreateTokenRequest>("token { display_name: 'x' role: TOKEN_ROLE_READER }");
  request.mutable_token()->add_shop_ids(shop_);
  EXPECT_EQ(Fault(scoped.CreateToken(request)), "OK");
}

}  // namespace
}  // namespace segmentation::integration
