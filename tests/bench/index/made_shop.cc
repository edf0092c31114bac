#include "tests/bench/index/made_shop.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/calendar.h"
#include "server/domain/attribute.h"

namespace segmentation::bench {
namespace {

using Random = std::mt19937_64;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kSpanDays = 1'095;

int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

// Small numbers are likelier, as cities and titles are.
int64_t Skewed(Random& random, int64_t bound) {
  const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
  return static_cast<int64_t>(unit * unit * static_cast<double>(bound));
}

void MakeDefinitions(domain::ShopDefinitions& definitions) {
  definitions.shop.id = "made";
  definitions.shop.time_zone = "Asia/Shanghai";
  definitions.shop.currency = "CNY";
  for (int c = 0; c < kCategories; ++c) {
    domain::TagCategory& category = definitions.tag_categories[static_cast<uint32_t>(c) + 1];
    category.number = static_cast<domain::TagCategoryNo>(c + 1);
    category.id = absl::StrCat("category-", c);
    category.name = CategoryName(c);
    category.kind = domain::TagCategoryKind::kListed;
    for (int t = 0; t < kTagsOfCategory; ++t) {
      const auto number = static_cast<domain::TagNo>(c * kTagsOfCategory + t + 1);
      domain::Tag& tag = definitions.tags[number];
      tag.number = number;
      tag.category_no = category.number;
      tag.value = TagValue(t);
    }
  }
}

const std::vector<std::string>& Titles() {
  static const auto* const kAll = [] {
    const std::vector<std::string> words = {"蕾丝", "补水", "铆钉", "保湿", "纯棉", "真皮",
                                            "儿童", "运动", "礼盒", "防晒", "加厚", "宽松"};
    const std::vector<std::string> things = {"连衣裙", "面霜", "短靴", "T恤",  "文胸",
                                             "背包",   "坚果", "外套", "面膜", "手机壳"};
    Random random(7);
    auto* all = new std::vector<std::string>;
    for (int i = 0; i < kTitles; ++i) {
      all->push_back(absl::StrCat(words[static_cast<size_t>(Below(random, 12))],
                                  things[static_cast<size_t>(Below(random, 10))], " ", i, " 号 ",
                                  words[static_cast<size_t>(Below(random, 12))], "新款"));
    }
    return all;
  }();
  return *kAll;
}

class Maker {
 public:
  explicit Maker(MadeShop& shop, uint64_t seed) : shop_(shop), random_(seed) {}

  domain::Member MakeMember(domain::MemberNo number) {
    domain::Member member;
    member.number = number;
    member.id = absl::StrCat("m-", absl::Hex(number * 2'654'435'761u, absl::kZeroPad8));
    member.stamp.created_at_ms = kAsOf - Below(random_, kSpanDays) * kDayMs;
    member.blocked = Below(random_, 100) == 0;
    member.identities.push_back({1, domain::IdentityKind::kOuid, "", 0});
    auto& attributes = member.attributes;
    attributes[domain::kAttributeGender] = {std::string(Below(random_, 3) == 0 ? "男" : "女")};
    const int64_t city = Skewed(random_, kCities);
    attributes[domain::kAttributeCity] = {CityName(city)};
    attributes[domain::kAttributeProvince] = {absl::StrCat("省", city % 30)};
    if (Below(random_, 100) < 70) {
      attributes[domain::kAttributeBirthday] = {(1'950 + Below(random_, 60)) * 10'000 +
                                                (1 + Below(random_, 12)) * 100 + 1 +
                                                Below(random_, 28)};
    }
    attributes[domain::kAttributeRegisteredAt] = {kAsOf - Below(random_, kSpanDays * kDayMs)};
    if (Below(random_, 100) < 40) {
      attributes[domain::kAttributeHeightCm] = {(150 + Below(random_, 45)) * 10'000};
    }
    if (Below(random_, 100) < 30) {
      attributes[domain::kAttributeMonthlyIncome] = {(3'000 + Below(random_, 30'000)) * 100};
    }
    if (Below(random_, 100) < 60) {
      member.consents.push_back({domain::Channel::kSms,
                                 Below(random_, 4) == 0 ? domain::ConsentState::kOptedOut
                                                        : domain::ConsentState::kOptedIn,
                                 kAsOf - kDayMs, ""});
    }
    for (int i = 0; i < 10; ++i) {
      domain::TagAssignment tag;
      tag.tag_no = static_cast<domain::TagNo>(1 + Skewed(random_, kCategories * kTagsOfCategory));
      const bool there = std::any_of(member.tags.begin(), member.tags.end(),
                                     [&](const auto& one) { return one.tag_no == tag.tag_no; });
      if (there) continue;
      tag.assigned_at_ms = kAsOf - Below(random_, kSpanDays * kDayMs);
      member.tags.push_back(tag);
    }
    std::sort(member.tags.begin(), member.tags.end(),
              [](const auto& a, const auto& b) { return a.tag_no < b.tag_no; });
    return member;
  }

  // Half of the members buy, on average five times two lines.
  std::vector<domain::Order> MakeOrders(domain::MemberNo number, domain::OrderNo& next_order) {
    std::vector<domain::Order> orders;
    if (Below(random_, 2) == 0) return orders;
    const int64_t count = 1 + Skewed(random_, 13);
    for (int64_t i = 0; i < count; ++i) orders.push_back(MakeOrder(number, next_order++));
    return orders;
  }

 private:
  domain::Order MakeOrder(domain::MemberNo member_no, domain::OrderNo number) {
    domain::Order order;
    order.member_no = member_no;
    order.number = number;
    order.source = "tmall";
    order.status = domain::OrderStatus::kFinished;
    order.created_at = kAsOf - 1 - Skewed(random_, kSpanDays * kDayMs);
    order.paid_at = std::min(kAsOf - 1, order.created_at + Below(random_, 3'600'000));
    order.terminal = Below(random_, 4) == 0 ? "PC" : "手机端";
    order.measure.order_at = *order.paid_at;
    order.measure.order_day = base::DayOf(*order.paid_at, shop_.zone);
    order.measure.counted_from = *order.paid_at;
    order.measure.reason = domain::NotCountedReason::kNone;
    for (domain::LineNo line_no = 1; line_no <= 2; ++line_no) {
      domain::OrderLine line;
      line.number = line_no;
      const auto title = static_cast<size_t>(Skewed(random_, kTitles));
      line.product_id = absl::StrCat("p", title);
      line.title = Titles()[title];
      line.quantity = 1 + Skewed(random_, 3);
      line.unit_price_minor = 1'000 + Below(random_, 40'000);
      line.paid_minor = line.unit_price_minor * line.quantity;
      order.measure.paid_minor += line.paid_minor;
      order.lines.push_back(std::move(line));
    }
    order.goods_paid_minor = order.measure.paid_minor;
    return order;
  }

  MadeShop& shop_;
  Random random_;
};

}  // namespace

std::string CityName(int64_t number) { return absl::StrCat("城市", number); }
std::string CategoryName(int64_t number) { return absl::StrCat("类", number); }
std::string TagValue(int64_t number) { return absl::StrCat("值", number); }

MadeShop MakeShop(uint32_t members, uint64_t seed) {
  MadeShop shop;
  shop.zone = *base::LoadTimeZone("Asia/Shanghai", "");
  MakeDefinitions(shop.definitions);
  audience::RootWriter writer;
  Maker maker(shop, seed);
  domain::OrderNo next_order = 1;
  for (domain::MemberNo number = 1; number <= members; ++number) {
    writer.PutMember(maker.MakeMember(number), shop.definitions);
    for (domain::Order& order : maker.MakeOrders(number, next_order)) {
      writer.PutOrder(std::move(order));
    }
  }
  shop.root = writer.Publish(1, 0);
  return shop;
}

}  // namespace segmentation::bench
