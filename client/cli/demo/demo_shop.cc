#include "client/cli/demo/demo_shop.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/demo/demo_goods.h"
#include "client/cli/demo/demo_random.h"

namespace segmentation::cli {
namespace {

constexpr uint64_t kSeed = 20'240'501;
constexpr int kDays = 730;
constexpr const char* kSource = "demo";

constexpr const char* kSurnames[] = {"王", "李", "张", "刘", "陈",  "杨",
                                     "赵", "黄", "周", "吴", "欧阳"};
constexpr const char* kGivenNames[] = {"芳",   "秀英", "静",   "丽",   "敏", "婷婷", "雪",
                                       "欣怡", "子涵", "雨桐", "建国", "伟", "磊",   "浩然"};
struct City {
  const char* province;
  const char* city;
  const char* districts[3];
};
// In order of how many buyers live there.
constexpr City kCities[] = {
    {"上海", "上海", {"浦东新区", "徐汇区", "静安区"}},
    {"北京", "北京", {"海淀区", "朝阳区", "东城区"}},
    {"浙江", "杭州", {"西湖区", "余杭区", "滨江区"}},
    {"广东", "广州", {"天河区", "越秀区", "番禺区"}},
    {"四川", "成都", {"武侯区", "锦江区", "青羊区"}},
    {"湖北", "武汉", {"洪山区", "江汉区", "武昌区"}},
    {"重庆", "重庆", {"渝中区", "沙坪坝区", "江北区"}},
    {"福建", "福州", {"鼓楼区", "台江区", "仓山区"}},
    {"湖南", "长沙", {"岳麓区", "芙蓉区", "雨花区"}},
    {"海南", "海口", {"龙华区", "美兰区", "琼山区"}},
};
constexpr const char* kPlaces[] = {"花园小区", "阳光公寓", "科技大厦", "人民医院",
                                   "工商银行", "师范大学", "第一中学", "市政府",
                                   "国际广场", "税务局",   "派出所",   "创业公司"};
constexpr const char* kMailDomains[] = {"qq.com", "qq.com", "163.com", "126.com", "gmail.com"};
constexpr const char* kTerminals[] = {"手机端", "手机端", "手机端", "PC"};
constexpr const char* kPromotionSources[] = {"聚划算", "直播", "搜索", "淘宝客"};
constexpr const char* kCouriers[] = {"顺丰", "中通", "EMS", "圆通"};
constexpr const char* kReviews[] = {"质量很好，尺码标准", "颜色有点色差", "物流很快，包装好",
                                    "面料舒服，会回购",   "客服态度好",   "有异味，不喜欢"};

absl::TimeZone Zone() {
  absl::TimeZone zone;
  // The zone is named in the shop; a machine without the zone database has China's offset all the
  // same.
  if (!absl::LoadTimeZone(kDemoTimeZone, &zone)) zone = absl::FixedTimeZone(8 * 3600);
  return zone;
}

void SetTime(absl::Time time, google::protobuf::Timestamp* timestamp) {
  timestamp->set_seconds(absl::ToUnixSeconds(time));
}

DemoRandom RandomOf(int32_t member, uint64_t purpose) {
  return DemoRandom(kSeed * 1'000'003 + static_cast<uint64_t>(member) * 7 + purpose);
}

std::string MemberId(int32_t member) { return absl::StrCat("buyer-", 100'000 + member); }

// Everybody's address is the same in profile and orders, mostly.
struct Home {
  const City* city;
  std::string district, street;
};
Home HomeOf(int32_t member) {
  DemoRandom random = RandomOf(member, 1);
  const City& city = kCities[random.Skewed(std::size(kCities))];
  return {&city, city.districts[random.Below(3)],
          absl::StrCat("文化路", random.Between(1, 399), "号", random.Pick(kPlaces),
                       random.Between(1, 28), "楼")};
}

// Orders a member has placed: a quarter none, half of the buyers one, a few very many.
int OrderCountOf(int32_t member) {
  DemoRandom random = RandomOf(member, 2);
  if (random.Chance(23)) return 0;
  const int64_t place = random.Below(1'000);
  if (place < 460) return 1;
  if (place < 640) return 2;
  if (place < 750) return 3;
  if (place < 900) return static_cast<int>(random.Between(4, 8));
  if (place < 985) return static_cast<int>(random.Between(9, 20));
  return static_cast<int>(random.Between(21, 60));
}

void AddText(std::string_view name, std::string_view value, v1::Member& member) {
  v1::AttributeValues* values = member.add_attributes();
  values->set_attribute(std::string(name));
  values->add_values()->set_text_value(std::string(value));
}

v1::Member MakeMember(const DemoOptions& options, int32_t index) {
  DemoRandom random = RandomOf(index, 3);
  v1::Member member;
  member.set_member_id(MemberId(index));
  v1::Identity* ouid = member.add_identities();
  ouid->set_kind(v1::IDENTITY_KIND_OUID);
  ouid->set_value(absl::StrCat("AAE", absl::Hex(random.Next(), absl::kZeroPad16)));
  if (random.Chance(70)) {
    v1::Identity* phone = member.add_identities();
    phone->set_kind(v1::IDENTITY_KIND_PHONE);
    // 199 0000 0000 on: one number a member, none real by chance alone.
    phone->set_value(absl::StrCat("+86199", absl::Dec(index, absl::kZeroPad8)));
  }
  if (random.Chance(40)) {
    v1::Identity* mail = member.add_identities();
    mail->set_kind(v1::IDENTITY_KIND_EMAIL);
    mail->set_value(absl::StrCat("buyer", index, "@", random.Pick(kMailDomains)));
  }
  AddText("name", absl::StrCat(random.Pick(kSurnames), random.Pick(kGivenNames)), member);
  const Home home = HomeOf(index);
  AddText("province", home.city->province, member);
  AddText("city", home.city->city, member);
  AddText("district", home.district, member);
  if (random.Chance(80)) {
    AddText("address",
            absl::StrCat(home.city->province, home.city->city, home.district, home.street), member);
  }
  if (random.Chance(75)) AddText("gender", random.Chance(78) ? "女" : "男", member);
  if (random.Chance(45)) {
    v1::AttributeValues* values = member.add_attributes();
    values->set_attribute("birthday");
    v1::CivilDate* date = values->add_values()->mutable_date_value();
    date->set_year(random.Chance(85) ? static_cast<int32_t>(random.Between(1965, 2005)) : 0);
    date->set_month(static_cast<int32_t>(random.Between(1, 12)));
    date->set_day(static_cast<int32_t>(random.Between(1, 28)));
  }
  v1::AttributeValues* registered = member.add_attributes();
  registered->set_attribute("registered_at");
  const absl::CivilDay day = options.last_day - random.Between(kDays, kDays + 6'000);
  SetTime(absl::FromCivil(absl::CivilSecond(day) + random.Below(86'400), Zone()),
          registered->add_values()->mutable_time_value());
  return member;
}

v1::ReceiverAddress AddressOf(const Home& home) {
  v1::ReceiverAddress address;
  address.set_province(home.city->province);
  address.set_city(home.city->city);
  address.set_district(home.district);
  address.set_street(home.street);
  return address;
}

// Days before the last one: more orders lately, and peaks at 11 November and 18 June.
int64_t DayOfOrder(const DemoOptions& options, DemoRandom& random) {
  const int64_t back = random.Chance(60) ? random.Skewed(kDays) : random.Below(kDays);
  if (!random.Chance(12)) return back;
  for (int64_t near = back; near < std::min<int64_t>(back + 365, kDays); ++near) {
    const absl::CivilDay day = options.last_day - near;
    if ((day.month() == 11 && day.day() == 11) || (day.month() == 6 && day.day() == 18)) {
      return near;
    }
  }
  return back;
}

int64_t SumOf(const v1::Order& order) {
  int64_t sum = 0;
  for (const v1::OrderLine& line : order.lines()) {
    sum += line.quantity() * line.unit_price_minor_units() - line.line_discount_minor_units();
  }
  return sum;
}

void AddLines(DemoRandom& random, v1::Order& order) {
  const std::vector<DemoProduct>& products = DemoProducts();
  const int lines = random.Chance(65) ? 1 : static_cast<int>(random.Between(2, 5));
  for (int i = 1; i <= lines; ++i) {
    const auto pick = static_cast<size_t>(random.Skewed(static_cast<int64_t>(products.size())));
    v1::OrderLine line = MakeDemoLine(products[pick], i, random);
    if (random.Chance(20)) {
      line.set_line_discount_minor_units(line.quantity() * line.unit_price_minor_units() / 10);
    }
    *order.add_lines() = std::move(line);
  }
  if (random.Chance(8)) {
    v1::OrderLine gift = MakeDemoLine(products.back(), lines + 1, random);
    gift.set_quantity(1);
    gift.set_unit_price_minor_units(0);
    gift.set_gift(true);
    *order.add_lines() = std::move(gift);
  }
}

void AddRefund(absl::Time when, int64_t paid, DemoRandom& random, v1::Order& order) {
  v1::Refund* refund = order.add_refunds();
  refund->set_refund_id("R1");
  refund->set_status(random.Chance(92) ? v1::REFUND_STATUS_SUCCEEDED : v1::REFUND_STATUS_REQUESTED);
  SetTime(when, refund->mutable_refunded_at());
  if (random.Chance(70)) {
    refund->set_kind(v1::REFUND_KIND_RETURN_AND_REFUND);
    refund->set_amount_minor_units(paid);
    int64_t pieces = 0;
    for (const v1::OrderLine& line : order.lines()) pieces += line.gift() ? 0 : line.quantity();
    refund->set_returned_quantity(pieces);
  } else {
    refund->set_kind(v1::REFUND_KIND_REFUND_ONLY);
    refund->set_amount_minor_units(std::max<int64_t>(paid / 5, 1));
  }
}

// What happened to an order after it was paid, as far as the last instant allows.
void AddLife(absl::Time paid_at, absl::Time last, int64_t paid, DemoRandom& random,
             v1::Order& order) {
  order.set_status(v1::ORDER_STATUS_PAID);
  absl::Time changed = paid_at;
  const auto advance = [&](absl::Duration wait, v1::OrderStatus status,
                           google::protobuf::Timestamp* (v1::Order::*field)()) {
    if (changed + wait > last) return false;
    changed += wait;
    SetTime(changed, (order.*field)());
    order.set_status(status);
    return true;
  };
  if (advance(absl::Hours(random.Between(4, 40)), v1::ORDER_STATUS_SHIPPED,
              &v1::Order::mutable_shipped_at)) {
    order.set_logistics_company(random.Pick(kCouriers));
    if (advance(absl::Hours(random.Between(24, 120)), v1::ORDER_STATUS_RECEIVED,
                &v1::Order::mutable_received_at)) {
      const bool automatic = random.Chance(55);
      order.set_receipt_confirmation(automatic ? v1::RECEIPT_CONFIRMATION_AUTOMATIC
                                               : v1::RECEIPT_CONFIRMATION_BUYER);
      if (advance(absl::Hours(automatic ? 240 : random.Between(2, 100)), v1::ORDER_STATUS_FINISHED,
                  &v1::Order::mutable_finished_at) &&
          random.Chance(40)) {
        v1::Review* review = order.add_reviews();
        review->set_review_id("V1");
        SetTime(changed, review->mutable_reviewed_at());
        review->set_automatic(automatic);
        review->set_rating(automatic ? 5 : static_cast<int32_t>(5 - random.Skewed(5)));
        if (!automatic) review->set_text(random.Pick(kReviews));
      }
    }
  }
  const absl::Time refunded_at = paid_at + absl::Hours(random.Between(3, 400));
  if (random.Chance(9) && refunded_at <= last && paid > 0) {
    AddRefund(refunded_at, paid, random, order);
    changed = std::max(changed, refunded_at);
  }
  SetTime(changed, order.mutable_source_updated_at());
}

v1::Order MakeOrder(const DemoOptions& options, int32_t member, int number, DemoRandom& random) {
  const absl::TimeZone zone = Zone();
  const absl::Time last = absl::FromCivil(absl::CivilSecond(options.last_day) + 86'399, zone);
  const absl::CivilDay day = options.last_day - DayOfOrder(options, random);
  const absl::Time created =
      absl::FromCivil(absl::CivilSecond(day) + random.Between(8 * 3'600, 86'000), zone);
  v1::Order order;
  order.set_source(kSource);
  order.set_external_id(absl::StrCat("D", 100'000 + member, "-", number));
  order.set_member_id(MemberId(member));
  order.set_store_id(random.Chance(72) ? "tmall" : "wechat");
  order.set_terminal(random.Pick(kTerminals));
  SetTime(created, order.mutable_created_at());
  *order.mutable_receiver_address() = AddressOf(HomeOf(member));
  AddLines(random, order);
  if (random.Chance(22)) order.add_promotion_sources(random.Pick(kPromotionSources));
  int64_t paid = SumOf(order);
  if (random.Chance(15) && paid > 5'000) {
    order.add_coupon_ids(absl::StrCat("C", random.Between(1, 40)));
    paid -= 1'000;
  }
  order.set_freight_minor_units(random.Chance(25) ? 1'000 : 0);
  const bool presale = random.Chance(4);
  if (random.Chance(7)) {
    const bool closed = created + absl::Hours(72) <= last;
    order.set_status(closed ? v1::ORDER_STATUS_CLOSED : v1::ORDER_STATUS_UNPAID);
    if (closed) SetTime(created + absl::Hours(72), order.mutable_closed_at());
    SetTime(closed ? created + absl::Hours(72) : created, order.mutable_source_updated_at());
    return order;
  }
  order.set_goods_paid_minor_units(paid);
  absl::Time paid_at = std::min(created + absl::Minutes(random.Between(1, 30)), last);
  SetTime(paid_at, order.mutable_paid_at());
  if (presale) {
    order.set_presale(true);
    const absl::Time final_at = paid_at + absl::Hours(24 * random.Between(3, 15));
    if (final_at > last || random.Chance(10)) {
      order.set_status(v1::ORDER_STATUS_DEPOSIT_PAID);
      SetTime(paid_at, order.mutable_source_updated_at());
      return order;
    }
    SetTime(final_at, order.mutable_final_paid_at());
    paid_at = final_at;
  }
  AddLife(paid_at, last, paid, random, order);
  return order;
}

DemoCategory Category(std::string_view id, std::string_view template_key, std::string_view name,
                      v1::TagChoice choice, std::initializer_list<const char*> values) {
  DemoCategory made;
  made.category.set_category_id(std::string(id));
  made.category.set_template_key(std::string(template_key));
  made.category.set_display_name(std::string(name));
  made.category.set_kind(v1::TAG_CATEGORY_KIND_LISTED);
  made.category.set_choice(choice);
  for (const char* value : values) {
    v1::Tag& tag = made.tags.emplace_back();
    tag.set_value(value);
    tag.set_position(static_cast<int32_t>(made.tags.size()));
  }
  return made;
}

}  // namespace

std::vector<v1::Store> DemoStores() {
  std::vector<v1::Store> stores(2);
  stores[0].set_store_id("tmall");
  stores[0].set_display_name("云裳天猫旗舰店");
  stores[0].set_platform("tmall");
  stores[1].set_store_id("wechat");
  stores[1].set_display_name("云裳微信商城");
  stores[1].set_platform("wechat");
  return stores;
}

std::vector<v1::Promotion> DemoPromotions(const DemoOptions& options) {
  const absl::TimeZone zone = Zone();
  std::vector<v1::Promotion> promotions;
  for (int64_t year = options.last_day.year() - 2; year <= options.last_day.year(); ++year) {
    v1::Promotion& promotion = promotions.emplace_back();
    promotion.set_promotion_id(absl::StrCat("双11-", year));
    promotion.set_kind("平台大促");
    v1::TimeWindow* window = promotion.add_windows();
    // From 20:00 of the evening before, over midnight.
    SetTime(absl::FromCivil(absl::CivilSecond(year, 11, 10, 20, 0, 0), zone),
            window->mutable_start());
    SetTime(absl::FromCivil(absl::CivilSecond(year, 11, 12, 0, 0, 0), zone), window->mutable_end());
  }
  return promotions;
}

std::vector<DemoCategory> DemoTagCategories() {
  return {
      Category("style", "服装", "偏好风格", v1::TAG_CHOICE_MULTI,
               {"百搭", "淑女", "韩版", "欧美", "学院", "通勤", "休闲"}),
      Category("element", "服装", "偏好元素", v1::TAG_CHOICE_MULTI,
               {"蕾丝", "铆钉", "流苏", "蝴蝶结"}),
      Category("skin", "化妆品", "肤质", v1::TAG_CHOICE_SINGLE, {"中性", "干性", "油性", "混合性"}),
      Category("care", "", "关怀名单", v1::TAG_CHOICE_MULTI, {"老客回访", "新品首发"}),
  };
}

absl::Status MakeDemoMembers(const DemoOptions& options,
                             const std::function<absl::Status(v1::Member)>& take) {
  for (int32_t i = 0; i < options.member_count; ++i) {
    if (absl::Status status = take(MakeMember(options, i)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MakeDemoOrders(const DemoOptions& options,
                            const std::function<absl::Status(v1::Order)>& take) {
  for (int32_t i = 0; i < options.member_count; ++i) {
    DemoRandom random = RandomOf(i, 4);
    const int count = OrderCountOf(i);
    for (int number = 1; number <= count; ++number) {
      if (absl::Status status = take(MakeOrder(options, i, number, random)); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace segmentation::cli
