// Who may call what: one row a method. A method without a row is refused, and a test walks the
// descriptors so that none is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/usecase/call_context.h"

namespace segmentation::rpc {

// A set of roles.
using RoleSet = uint32_t;
constexpr RoleSet RoleBit(usecase::Role role) { return 1u << static_cast<uint32_t>(role); }

enum class MethodKind : uint8_t {
  kRead,      // a look-up
  kEvaluate,  // counts and audiences: the evaluation pool
  kWrite,     // has request_id and actor
  kStream,
};

struct MethodPolicy {
  std::string_view method;  // "Service/Method"
  RoleSet roles = 0;
  MethodKind kind = MethodKind::kRead;
  bool creates_shop = false;  // the shop of the request need not exist
  bool shop_free = false;     // no shop is meant
  bool deletes_shop = false;  // the shop may be deleted already, by this very request
};

// Null if there is no such method.
const MethodPolicy* FindMethodPolicy(std::string_view method);
std::span<const MethodPolicy> AllMethodPolicies();

}  // namespace segmentation::rpc
