#include "server/domain/condition/names.h"

#include <span>

#include "absl/strings/match.h"
#include "server/base/strings.h"

namespace segmentation::domain::condition {
namespace {

template <typename Enum>
struct Row {
  Enum value;
  std::string_view name;
  std::string_view chinese;
};

constexpr Row<OrderStatus> kOrderStatuses[] = {
    {OrderStatus::kUnpaid, "unpaid", "未付款"},
    {OrderStatus::kDepositPaid, "deposit_paid", "已付定金"},
    {OrderStatus::kPaid, "paid", "已付款"},
    {OrderStatus::kShipped, "shipped", "已发货"},
    {OrderStatus::kReceived, "received", "已签收"},
    {OrderStatus::kFinished, "finished", "交易成功"},
    {OrderStatus::kClosed, "closed", "交易关闭"},
};
constexpr Row<IdentityKind> kIdentityKinds[] = {
    {IdentityKind::kOuid, "ouid", "平台买家标识"}, {IdentityKind::kNick, "nick", "昵称"},
    {IdentityKind::kPhone, "phone", "手机"},       {IdentityKind::kEmail, "email", "邮件地址"},
    {IdentityKind::kOpenId, "open_id", "微信"},    {IdentityKind::kPin, "pin", "京东账号"},
    {IdentityKind::kCard, "card", "会员卡"},
};
constexpr Row<Channel> kChannels[] = {
    {Channel::kSms, "sms", "短信"},       {Channel::kEmail, "email", "邮件"},
    {Channel::kWechat, "wechat", "微信"}, {Channel::kWangwang, "wangwang", "旺旺"},
    {Channel::kPhone, "phone", "电话"},   {Channel::kPost, "post", "邮寄"},
    {Channel::kApp, "app", "应用"},
};
constexpr Row<ConsentState> kConsentStates[] = {
    {ConsentState::kOptedIn, "opted_in", "同意"},
    {ConsentState::kOptedOut, "opted_out", "拒绝"},
};
constexpr Row<TagSource> kTagSources[] = {
    {TagSource::kAgent, "agent", "客服"},   {TagSource::kBuyer, "buyer", "买家"},
    {TagSource::kBatch, "batch", "批量"},   {TagSource::kRule, "rule", "规则"},
    {TagSource::kImport, "import", "导入"}, {TagSource::kModel, "model", "模型"},
};

template <typename Enum>
const Row<Enum>& RowOf(std::span<const Row<Enum>> rows, Enum value) {
  for (const Row<Enum>& row : rows) {
    if (row.value == value) return row;
  }
  return rows.front();
}

template <typename Enum>
std::optional<Enum> Find(std::span<const Row<Enum>> rows, std::string_view name) {
  for (const Row<Enum>& row : rows) {
    if (absl::EqualsIgnoreCase(base::ToAbsl(row.name), base::ToAbsl(name)) || row.chinese == name) {
      return row.value;
    }
  }
  return std::nullopt;
}

template <typename Enum>
std::vector<std::string> Names(std::span<const Row<Enum>> rows) {
  std::vector<std::string> names;
  for (const Row<Enum>& row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace

std::string_view NameOf(OrderStatus v) { return RowOf<OrderStatus>(kOrderStatuses, v).name; }
std::string_view NameOf(IdentityKind v) { return RowOf<IdentityKind>(kIdentityKinds, v).name; }
std::string_view NameOf(Channel v) { return RowOf<Channel>(kChannels, v).name; }
std::string_view NameOf(ConsentState v) { return RowOf<ConsentState>(kConsentStates, v).name; }
std::string_view NameOf(TagSource v) { return RowOf<TagSource>(kTagSources, v).name; }

std::string_view ChineseOf(OrderStatus v) { return RowOf<OrderStatus>(kOrderStatuses, v).chinese; }
std::string_view ChineseOf(IdentityKind v) {
  return RowOf<IdentityKind>(kIdentityKinds, v).chinese;
}
std::string_view ChineseOf(Channel v) { return RowOf<Channel>(kChannels, v).chinese; }
std::string_view ChineseOf(ConsentState v) {
  return RowOf<ConsentState>(kConsentStates, v).chinese;
}
std::string_view ChineseOf(TagSource v) { return RowOf<TagSource>(kTagSources, v).chinese; }

std::optional<OrderStatus> FindOrderStatus(std::string_view name) {
  return Find<OrderStatus>(kOrderStatuses, name);
}
std::optional<IdentityKind> FindIdentityKind(std::string_view name) {
  return Find<IdentityKind>(kIdentityKinds, name);
}
std::optional<Channel> FindChannel(std::string_view name) { return Find<Channel>(kChannels, name); }
std::optional<ConsentState> FindConsentState(std::string_view name) {
  return Find<ConsentState>(kConsentStates, name);
}
std::optional<TagSource> FindTagSource(std::string_view name) {
  return Find<TagSource>(kTagSources, name);
}

std::vector<std::string> OrderStatusNames() { return Names<OrderStatus>(kOrderStatuses); }
std::vector<std::string> IdentityKindNames() { return Names<IdentityKind>(kIdentityKinds); }
std::vector<std::string> ChannelNames() { return Names<Channel>(kChannels); }
std::vector<std::string> ConsentStateNames() { return Names<ConsentState>(kConsentStates); }
std::vector<std::string> TagSourceNames() { return Names<TagSource>(kTagSources); }

}  // namespace segmentation::domain::condition
