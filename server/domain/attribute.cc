#include "server/domain/attribute.h"

namespace segmentation::domain {
namespace {

struct Traits {
  TextFolding folding = TextFolding::kExact;
  bool multi_valued = false;
  bool pii = false;
};

constexpr Traits kPlain{};
constexpr Traits kFolded{.folding = TextFolding::kNfkcCase};
constexpr Traits kFoldedMany{.folding = TextFolding::kNfkcCase, .multi_valued = true};
constexpr Traits kPersonal{.pii = true};
constexpr Traits kPersonalFolded{.folding = TextFolding::kNfkcCase, .pii = true};
constexpr Traits kPersonalFoldedMany{
    .folding = TextFolding::kNfkcCase, .multi_valued = true, .pii = true};

Attribute Entry(AttributeNo number, std::string name, std::vector<std::string> aliases,
                ValueType type, AttributeSource source, Traits traits, std::string description) {
  Attribute attribute;
  attribute.number = number;
  attribute.name = std::move(name);
  attribute.aliases = std::move(aliases);
  attribute.type = type;
  attribute.source = source;
  attribute.folding = traits.folding;
  attribute.multi_valued = traits.multi_valued;
  attribute.pii = traits.pii;
  attribute.description = std::move(description);
  return attribute;
}

Attribute OfOrders(AttributeNo number, std::string name, std::vector<std::string> aliases,
                   ValueType type, OrderAggregate aggregate, std::string description) {
  Attribute attribute = Entry(number, std::move(name), std::move(aliases), type,
                              AttributeSource::kOrders, kPlain, std::move(description));
  attribute.aggregate = aggregate;
  return attribute;
}

std::vector<Attribute> MakeBuiltinAttributes() {
  using enum ValueType;
  using enum AttributeSource;
  std::vector<Attribute> all = {
      Entry(kAttributeName, "name", {"姓名", "会员姓名"}, kText, kProfile, kPersonalFolded,
            "The member's name."),
      Entry(kAttributeGender, "gender", {"性别"}, kEnum, kProfile, kPlain, "男 or 女."),
      Entry(kAttributeBirthday, "birthday", {"生日", "出生日期"}, kDate, kProfile, kPersonal,
            "Day of birth; the year may be unknown."),
      Entry(kAttributeRegisteredAt, "registered_at", {"注册时间", "注册日期"}, kInstant, kProfile,
            kPlain, "When the account was registered with the platform."),
      Entry(kAttributeCountry, "country", {"国家"}, kText, kProfile, kFolded, "Country."),
      Entry(kAttributeProvince, "province", {"省份", "省"}, kText, kProfile, kFolded,
            "Province of the contact address."),
      Entry(kAttributeCity, "city", {"城市", "市"}, kText, kProfile, kFolded,
            "City of the contact address."),
      Entry(kAttributeDistrict, "district", {"区县", "区"}, kText, kProfile, kFolded,
            "District of the contact address."),
      Entry(kAttributeAddress, "address", {"地址", "联系地址"}, kText, kProfile, kPersonalFolded,
            "The contact address as one text."),
      Entry(kAttributePostalCode, "postal_code", {"邮编", "邮政编码"}, kText, kProfile,
            kPersonalFolded, "Postal code of the contact address."),
      Entry(kAttributeEducation, "education", {"学历", "学位"}, kText, kProfile, kFolded,
            "Education or degree."),
      Entry(kAttributeSchool, "school", {"学校", "就读学校"}, kText, kProfile, kPersonalFolded,
            "School attended."),
      Entry(kAttributeOccupation, "occupation", {"职业"}, kText, kProfile, kFolded, "Job."),
      Entry(kAttributeIndustry, "industry", {"行业"}, kText, kProfile, kFolded,
            "Trade the member works in."),
      Entry(kAttributeEmployer, "employer", {"公司", "就职公司"}, kText, kProfile, kPersonalFolded,
            "Employer."),
      Entry(kAttributeMonthlyIncome, "monthly_income", {"月收入"}, kMoney, kProfile, kPlain,
            "Income a month."),
      Entry(kAttributeSkinType, "skin_type", {"肤质", "肤质类型"}, kText, kProfile, kFolded,
            "Skin type as the member stated it."),
      Entry(kAttributeHeightCm, "height_cm", {"身高"}, kDecimal, kProfile, kPlain,
            "Height in centimetres."),
      Entry(kAttributePhoneModel, "phone_model", {"手机型号", "所用手机型号"}, kText, kProfile,
            kFolded, "Model of the member's phone."),
      Entry(kAttributeLanguage, "language", {"语言"}, kText, kProfile, kFolded,
            "Preferred language."),
      Entry(kAttributeMemberId, "member_id", {"会员编号", "会员id"}, kText, kMemberRow, kPlain,
            "The member's public id, compared byte by byte."),
      Entry(kAttributeCreatedAt, "created_at", {"入库时间", "创建时间"}, kInstant, kMemberRow,
            kPlain, "When the member was first stored."),
      Entry(kAttributeBlocked, "blocked", {"黑名单", "已拉黑"}, kBoolean, kMemberRow, kPlain,
            "Whether the shop blocked the member; never absent."),
      Entry(kAttributeEmailDomain, "email_domain", {"邮箱域名", "邮箱"}, kText, kIdentity,
            kFoldedMany, "Domains of the member's e-mail addresses."),
      Entry(kAttributeShippingAddress, "shipping_address", {"收货地址"}, kText, kShippingAddress,
            kPersonalFoldedMany, "Receiver addresses of the member's orders."),
      Entry(kAttributeShippingProvince, "shipping_province", {"收货省份"}, kText, kShippingAddress,
            kFoldedMany, "Provinces of the receiver addresses."),
      Entry(kAttributeShippingCity, "shipping_city", {"收货城市"}, kText, kShippingAddress,
            kFoldedMany, "Cities of the receiver addresses."),
      OfOrders(kAttributeNumberOfOrders, "number_of_orders", {"购买次数", "订单数"}, kInteger,
               OrderAggregate::kNumberOfOrders, "Valid orders; 0 without any."),
      OfOrders(kAttributeNumberOfPurchaseDays, "number_of_purchase_days", {"购买天数"}, kInteger,
               OrderAggregate::kNumberOfPurchaseDays, "Days with a valid order; 0 without any."),
      OfOrders(kAttributeNumberOfItems, "number_of_items", {"购买件数", "件数"}, kInteger,
               OrderAggregate::kNumberOfItems,
               "Quantity of non-gift lines less what was returned; 0 without orders."),
      OfOrders(kAttributeAmountSpent, "amount_spent", {"累计消费", "消费金额", "累计消费金额"},
               kMoney, OrderAggregate::kAmountSpent,
               "Goods paid less refunds over valid orders; 0 without any."),
      OfOrders(kAttributeAverageOrderValue, "average_order_value", {"平均每单金额", "客单价"},
               kMoney, OrderAggregate::kAverageOrderValue,
               "amount_spent divided by number_of_orders, compared exactly; absent without "
               "orders."),
      OfOrders(kAttributeFirstOrderAt, "first_order_at", {"首次购买时间", "首单时间"}, kInstant,
               OrderAggregate::kFirstOrderAt, "Date of the first valid order."),
      OfOrders(kAttributeLastOrderAt, "last_order_at", {"最近购买时间", "末次购买时间"}, kInstant,
               OrderAggregate::kLastOrderAt, "Date of the latest valid order."),
      OfOrders(kAttributeDaysSinceLastOrder, "days_since_last_order",
               {"距上次购买天数", "未购买天数"}, kInteger, OrderAggregate::kDaysSinceLastOrder,
               "Whole calendar days since the latest valid order, same day 0; absent without "
               "orders."),
  };
  for (Attribute& attribute : all) {
    if (attribute.number == kAttributeGender) attribute.enum_values = {"男", "女"};
  }
  return all;
}

}  // namespace

std::span<const Attribute> BuiltinAttributes() {
  static const auto* const kAll = new std::vector<Attribute>(MakeBuiltinAttributes());
  return *kAll;
}

}  // namespace segmentation::domain
