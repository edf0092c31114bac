// The spellings of the enums that conditions name: canonical (snake_case) and Chinese.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/member.h"
#include "server/domain/order.h"

namespace segmentation::domain::condition {

// Canonical name, as printed.
std::string_view NameOf(OrderStatus status);
std::string_view NameOf(IdentityKind kind);
std::string_view NameOf(Channel channel);
std::string_view NameOf(ConsentState state);
std::string_view NameOf(TagSource source);

// The word a Chinese sentence uses.
std::string_view ChineseOf(OrderStatus status);
std::string_view ChineseOf(IdentityKind kind);
std::string_view ChineseOf(Channel channel);
std::string_view ChineseOf(ConsentState state);
std::string_view ChineseOf(TagSource source);

// By canonical name (ASCII letters in any case) or Chinese word.
std::optional<OrderStatus> FindOrderStatus(std::string_view name);
std::optional<IdentityKind> FindIdentityKind(std::string_view name);
std::optional<Channel> FindChannel(std::string_view name);
std::optional<ConsentState> FindConsentState(std::string_view name);
std::optional<TagSource> FindTagSource(std::string_view name);

// Canonical names in the order of the enum.
std::vector<std::string> OrderStatusNames();
std::vector<std::string> IdentityKindNames();
std::vector<std::string> ChannelNames();
std::vector<std::string> ConsentStateNames();
std::vector<std::string> TagSourceNames();

}  // namespace segmentation::domain::condition
