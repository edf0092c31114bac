// The attribute catalogue: every name a condition may use, with type, cardinality, folding and
// source. Built-in attributes are a table in attribute.cc; custom ones are definitions of the shop.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/domain/ids.h"

namespace segmentation::domain {

// How a value is stored and compared (T40). Integer-like types are all int64:
//   kInteger as is; kDecimal in 1/10,000; kMoney in minor units of the shop's currency; kBoolean 0
//   or 1; kDate as yyyymmdd (year 0 = unknown, T12); kInstant in UTC milliseconds.
enum class ValueType : uint8_t {
  kText = 1,
  kInteger = 2,
  kDecimal = 3,
  kMoney = 4,
  kBoolean = 5,
  kDate = 6,
  kInstant = 7,
  kEnum = 8,  // text out of a declared list
};

// How text is made comparable (T36); CONTAINS and = both compare the folded forms.
enum class TextFolding : uint8_t {
  kExact = 1,     // bytes
  kNfkc = 2,      // Unicode NFKC
  kNfkcCase = 3,  // NFKC, then case folding
};

// Where the value comes from.
enum class AttributeSource : uint8_t {
  kProfile = 1,         // a typed row a member (built in or custom)
  kMemberRow = 2,       // a column of the member itself: member_id, created_at, blocked
  kOrders = 3,          // derived from orders: number_of_orders, amount_spent …
  kIdentity = 4,        // derived from identities: email_domain
  kShippingAddress = 5  // text of the receiver addresses of the member's orders, multi-valued
};

using Value = std::variant<int64_t, std::string>;

// Aggregates of a member's counted orders up to the as-of instant, as built-in attributes.
enum class OrderAggregate : uint8_t {
  kNone = 0,
  kNumberOfOrders,        // integer, 0 without orders (T07)
  kNumberOfPurchaseDays,  // integer, 0 without orders
  kNumberOfItems,         // 件数: quantity of non-gift lines less returned; 0 without orders
  kAmountSpent,           // money, net; 0 without orders
  kAverageOrderValue,     // money, net ÷ orders; absent without orders; compared exactly as sum
                          // against bound × count
  kFirstOrderAt,          // instant, absent without orders
  kLastOrderAt,           // instant, absent without orders
  kDaysSinceLastOrder,  // integer, whole calendar days to as-of, same day 0; absent without orders
};

inline constexpr AttributeNo kFirstCustomAttributeNo = 1000;

// Built-in profile attributes, by number. Numbers are stored and never change.
enum BuiltinAttribute : AttributeNo {
  kAttributeName = 1,
  kAttributeGender = 2,
  kAttributeBirthday = 3,
  kAttributeRegisteredAt = 4,
  kAttributeCountry = 5,
  kAttributeProvince = 6,
  kAttributeCity = 7,
  kAttributeDistrict = 8,
  kAttributeAddress = 9,
  kAttributePostalCode = 10,
  kAttributeEducation = 11,
  kAttributeSchool = 12,
  kAttributeOccupation = 13,
  kAttributeIndustry = 14,
  kAttributeEmployer = 15,
  kAttributeMonthlyIncome = 16,
  kAttributeSkinType = 17,
  kAttributeHeightCm = 18,
  kAttributePhoneModel = 19,
  kAttributeLanguage = 20,
  // Not profile rows: numbers only identify them.
  kAttributeMemberId = 100,
  kAttributeCreatedAt = 101,
  kAttributeBlocked = 102,
  kAttributeEmailDomain = 110,
  kAttributeShippingAddress = 111,
  kAttributeShippingProvince = 112,
  kAttributeShippingCity = 113,
  kAttributeNumberOfOrders = 200,
  kAttributeNumberOfPurchaseDays = 201,
  kAttributeNumberOfItems = 202,
  kAttributeAmountSpent = 203,
  kAttributeAverageOrderValue = 204,
  kAttributeFirstOrderAt = 205,
  kAttributeLastOrderAt = 206,
  kAttributeDaysSinceLastOrder = 207,
};

// One catalogue entry.
struct Attribute {
  AttributeNo number = 0;
  std::string name;                  // snake_case ASCII, unique a shop
  std::vector<std::string> aliases;  // Chinese names accepted in conditions
  ValueType type = ValueType::kText;
  TextFolding folding = TextFolding::kExact;
  AttributeSource source = AttributeSource::kProfile;
  OrderAggregate aggregate = OrderAggregate::kNone;
  bool multi_valued = false;
  bool pii = false;                      // stored in the tables of personal data, masked in answers
  std::vector<std::string> enum_values;  // kEnum only, in order
  std::string description;
  Stamp stamp;  // custom attributes only
};

// The built-in entries, sorted by number.
std::span<const Attribute> BuiltinAttributes();

}  // namespace segmentation::domain
