#include "server/rpc/method_policy.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "segmentation/v1/group_service.pb.h"
#include "segmentation/v1/member_service.pb.h"
#include "segmentation/v1/operation_service.pb.h"
#include "segmentation/v1/order_service.pb.h"
#include "segmentation/v1/shop_service.pb.h"
#include "segmentation/v1/tag_service.pb.h"

namespace segmentation::rpc {
namespace {

namespace pb = google::protobuf;
using usecase::Role;

// Every method of the API with its comment, from the descriptor set that the build made.
class Methods : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("SEGMENTATION_BINARY_DIR");
    ASSERT_NE(folder, nullptr) << "run this program through ctest";
    std::ifstream in(std::string(folder) + "/proto/segmentation_v1.descriptor_set",
                     std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    pb::FileDescriptorSet set;
    ASSERT_TRUE(set.ParseFromString(bytes.str()));
    for (const pb::FileDescriptorProto& file : set.file()) {
      const pb::FileDescriptor* const built = pool_.BuildFile(file);
      ASSERT_NE(built, nullptr);
      if (built->package() != "segmentation.v1") continue;
      for (int s = 0; s < built->service_count(); ++s) {
        for (int m = 0; m < built->service(s)->method_count(); ++m) {
          const pb::MethodDescriptor* const method = built->service(s)->method(m);
          methods_[std::string(method->service()->name()) + "/" + method->name()] = method;
        }
      }
    }
    ASSERT_GT(methods_.size(), 60u);
  }

  pb::DescriptorPool pool_;
  std::map<std::string, const pb::MethodDescriptor*> methods_;
};

TEST_F(Methods, EachHasAPolicyAndNoneBeside) {
  for (const auto& [name, method] : methods_) {
    EXPECT_NE(FindMethodPolicy(name), nullptr) << name;
  }
  for (const MethodPolicy& policy : AllMethodPolicies()) {
    EXPECT_TRUE(methods_.contains(std::string(policy.method))) << policy.method;
  }
  EXPECT_EQ(AllMethodPolicies().size(), methods_.size());
  EXPECT_EQ(FindMethodPolicy("OrderService/DropEverything"), nullptr);
  EXPECT_EQ(FindMethodPolicy(""), nullptr);
}

TEST_F(Methods, KindFollowsFromTheRequest) {
  for (const auto& [name, method] : methods_) {
    SCOPED_TRACE(name);
    const MethodPolicy* const policy = FindMethodPolicy(name);
    ASSERT_NE(policy, nullptr);
    const bool streams = method->client_streaming() || method->server_streaming();
    const bool writes = method->input_type()->FindFieldByName("request_id") != nullptr;
    EXPECT_EQ(policy->kind == MethodKind::kStream, streams);
    EXPECT_EQ(policy->kind == MethodKind::kWrite, writes);
    if (writes) {
      EXPECT_NE(method->input_type()->FindFieldByName("actor"), nullptr);
    }
    const bool names_shop = method->input_type()->FindFieldByName("shop_id") != nullptr;
    EXPECT_TRUE(policy->shop_free || names_shop);
  }
}

// "Roles: admin, operator." in the comment of a method; without it every role may.
TEST_F(Methods, RolesAreThoseOfTheComments) {
  const std::map<std::string, Role> kRoles = {
      {"admin", Role::kAdmin},         {"operator", Role::kOperator},
      {"assistant", Role::kAssistant}, {"scheduler", Role::kScheduler},
      {"reader", Role::kReader},       {"privacy", Role::kPrivacy}};
  for (const auto& [name, method] : methods_) {
    SCOPED_TRACE(name);
    pb::SourceLocation location;
    ASSERT_TRUE(method->GetSourceLocation(&location));
    std::string comment = location.leading_comments;
    for (char& c : comment) c = c == '\n' ? ' ' : c;
    while (comment.find("  ") != std::string::npos) comment.replace(comment.find("  "), 2, " ");
    RoleSet stated = 0;
    const size_t at = comment.find("Roles: ");
    if (at == std::string::npos) {
      for (const auto& [word, role] : kRoles) stated |= RoleBit(role);
    } else {
      const std::string list = comment.substr(at + 7, comment.find('.', at) - at - 7);
      for (const std::string& entry : std::vector<std::string>(absl::StrSplit(list, ", "))) {
        const std::string word = entry.substr(0, entry.find(' '));  // "admin of every shop …"
        ASSERT_TRUE(kRoles.contains(word)) << list;
        stated |= RoleBit(kRoles.at(word));
      }
    }
    EXPECT_EQ(FindMethodPolicy(name)->roles, stated);
  }
}

}  // namespace
}  // namespace segmentation::rpc
