#include "tests/support/shop_generator.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "server/base/calendar.h"
#include "server/base/strings.h"
#include "server/domain/condition/tree.h"

namespace segmentation::testing_support {
namespace {

using domain::AttributeNo;
using domain::Member;
using domain::Value;
using domain::ValueType;
using std::string;
using std::vector;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

const vector<string>& Cities() {
  static const auto* const kAll =
      new vector<string>{"上海", "北京",  "杭州", "广州", "上海市", "Shanghai", "ｓｈａｎｇｈａｉ",
                         "",     "北京 ", "东莞"};
  return *kAll;
}

const vector<string>& Addresses() {
  static const auto* const kAll = new vector<string>{"浙江大学紫金港校区12舍",
                                                     "人民医院住院部",
                                                     "中国银行大厦3层",
                                                     "市政府家属院",
                                                     "阳光小区８号楼",
                                                     "研究所宿舍",
                                                     "Apt #5_B, 100% Cotton Rd",
                                                     "邮局对面\\后院",
                                                     "🏠花园路1号",
                                                     "派出所旁",
                                                     ""};
  return *kAll;
}

const vector<string>& Words() {
  static const auto* const kAll = new vector<string>{"跑步", "摄影", "ＡＢＣ", "abc", "100%", "a_b",
                                                     "axb",  "A*B",  "跑步 ",  "🏃",   ""};
  return *kAll;
}

vector<string> OtherTexts(AttributeNo number) {
  switch (number) {
    case domain::kAttributeName:
      return {"王小明", "李雷", "Ｌｉ Lei", "韩梅梅", "王%"};
    case domain::kAttributeCountry:
      return {"中国", "China"};
    case domain::kAttributeProvince:
      return {"上海", "浙江", "浙江省", "广东"};
    case domain::kAttributeDistrict:
      return {"浦东新区", "西湖区", "朝阳区"};
    case domain::kAttributePostalCode:
      return {"200000", "310000", "３１００００"};
    case domain::kAttributeEducation:
      return {"本科", "硕士", "大专"};
    case domain::kAttributeSchool:
      return {"浙江大学", "复旦大学", "清华大学"};
    case domain::kAttributeSkinType:
      return {"油性", "干性", "混合性"};
    case domain::kAttributePhoneModel:
      return {"iPhone5S", "iphone 5s", "三星note3"};
    case domain::kAttributeLanguage:
      return {"zh-CN", "en-US"};
    default:
      return {"教师", "公务员", "ＩＴ", "it", "办公室白领"};
  }
}

void AddAttribute(GeneratedShop& shop, AttributeNo number, string name, ValueType type,
                  domain::TextFolding folding = domain::TextFolding::kExact,
                  bool multi_valued = false) {
  domain::Attribute& attribute = shop.definitions.attributes[number];
  attribute.number = number;
  attribute.name = std::move(name);
  attribute.type = type;
  attribute.folding = folding;
  attribute.multi_valued = multi_valued;
}

void AddCategory(GeneratedShop& shop, domain::TagCategoryNo number, string template_name,
                 string name, domain::TagCategoryKind kind, vector<string> values) {
  domain::TagCategory& category = shop.definitions.tag_categories[number];
  category.number = number;
  category.id = base::StrCat("category-", number);
  category.template_name = std::move(template_name);
  category.name = std::move(name);
  category.kind = kind;
  for (string& value : values) {
    const auto tag_no = static_cast<domain::TagNo>(shop.definitions.tags.size() + 1);
    domain::Tag& tag = shop.definitions.tags[tag_no];
    tag.number = tag_no;
    tag.category_no = number;
    tag.id = base::StrCat("tag-", tag_no);
    tag.value = std::move(value);
    tag.position = static_cast<int32_t>(tag_no);
  }
}

void GenerateDefinitions(ShopGeneration& generation) {
  GeneratedShop& shop = *generation.shop;
  GeneratorRandom& random = generation.random;
  domain::ShopDefinitions& definitions = shop.definitions;
  definitions.shop.id = base::StrCat("shop-", shop.seed);
  definitions.shop.name = definitions.shop.id;
  definitions.shop.currency = "CNY";
  // Half the shops in China; the others where clocks change, at midnight too.
  const vector<string> zones = {"Asia/Shanghai",    "Asia/Shanghai",    "Asia/Shanghai",
                                "America/New_York", "America/Santiago", "Pacific/Auckland"};
  definitions.shop.time_zone = random.Pick(zones);
  shop.zone = *base::LoadTimeZone(definitions.shop.time_zone, "");
  if (random.Percent(30)) {
    definitions.policy.valid_moment = static_cast<domain::ValidMoment>(random.Between(1, 4));
    definitions.policy.order_date = static_cast<domain::OrderDate>(random.Between(1, 2));
    definitions.policy.count_wholly_refunded = random.Percent(30);
    definitions.policy.platform_discounts_count_as_paid = random.Percent(50);
    definitions.policy.gifts_count_as_bought = random.Percent(30);
  }

  using enum ValueType;
  using domain::TextFolding;
  AddAttribute(shop, kHobby, "hobby", kText, TextFolding::kNfkcCase, true);
  AddAttribute(shop, kCode, "code", kText, TextFolding::kExact);
  AddAttribute(shop, kNickname, "nickname", kText, TextFolding::kNfkc);
  AddAttribute(shop, kChildren, "children", kInteger);
  AddAttribute(shop, kScore, "score", kDecimal);
  AddAttribute(shop, kBudget, "budget", kMoney);
  AddAttribute(shop, kVip, "vip", kBoolean);
  AddAttribute(shop, kWedding, "wedding", kDate);
  AddAttribute(shop, kLastVisit, "last_visit", kInstant);
  AddAttribute(shop, kTier, "tier", kEnum);
  AddAttribute(shop, kVisitDays, "visit_days", kDate, TextFolding::kExact, true);
  AddAttribute(shop, kSizes, "sizes", kInteger, TextFolding::kExact, true);
  definitions.attributes[kNickname].pii = true;
  definitions.attributes[kTier].enum_values = {"金", "银", "铜"};

  using enum domain::TagCategoryKind;
  AddCategory(shop, 1, "化妆品", "肤质", kListed, {"油性", "干性", "敏感性"});
  AddCategory(shop, 2, "服装", "偏好风格", kListed, {"百搭", "韩版", "3/4袖"});
  AddCategory(shop, 3, "内衣", "偏好风格", kFree, {"少女型", "优雅型"});
  AddCategory(shop, 4, "", "臀围尺寸", kNumeric, {"厘米"});

  for (domain::StoreNo number : {1, 2, 3}) {
    domain::Store& store = definitions.stores[number];
    store.number = number;
    store.id = base::StrCat("store-", number);
    store.name = store.id;
    store.platform = number == 3 ? "jd" : "tmall";
  }
}

// As-ofs around which the facts are laid, and promotions between them.
void GenerateTimes(ShopGeneration& generation) {
  GeneratedShop& shop = *generation.shop;
  GeneratorRandom& random = generation.random;
  const auto at = [&](std::string_view text, int64_t millis) {
    return base::InstantOf(*base::ParseLocalTime(text, ""), shop.zone) + millis;
  };
  const vector<const char*> days = {"2024-02-29", "2024-03-31", "2024-06-15", "2024-12-20",
                                    "2023-02-28", "2024-03-10", "2024-09-08", "2024-11-03"};
  for (int i = 0; i < 3; ++i) {
    const vector<int64_t> times = {0, 1, 12 * kHour, 20 * kHour + 1234, -1};
    shop.as_ofs.push_back(at(random.Pick(days), random.Pick(times)));
  }
  for (const base::InstantMs as_of : shop.as_ofs) {
    const base::DayNumber today = base::DayOf(as_of, shop.zone);
    for (const int32_t back : {-30, -1, 0, 1, 2, 7, 14, 30, 60, 90, 180, 365}) {
      generation.edges.push_back(base::MidnightOf(base::AddDays(today, -back), shop.zone));
    }
    for (const int32_t months : {-1, -2, -3, -6, -12}) {
      generation.edges.push_back(base::MidnightOf(base::AddMonths(today, months), shop.zone));
    }
    for (const int64_t hours : {0, 1, 2, 24, 48, 72, 168}) {
      generation.edges.push_back(as_of - hours * kHour);
    }
    generation.edges.push_back(as_of - 30 * kMinute);
  }
  for (domain::PromotionNo number : {1, 2}) {
    domain::Promotion& promotion = shop.definitions.promotions[number];
    promotion.number = number;
    promotion.id = number == 1 ? "店庆" : "双11";
    promotion.kind = "大促";
    for (int i = 0; i < 2; ++i) {  // may overlap
      const base::InstantMs from = random.Pick(generation.edges);
      promotion.windows.push_back({from, from + random.Between(1, 90) * 24 * kHour});
      generation.edges.push_back(from);
      generation.edges.push_back(promotion.windows.back().until);
    }
  }
}

class MemberMaker {
 public:
  explicit MemberMaker(ShopGeneration& generation)
      : generation_(generation), random_(generation.random) {}

  Member Make(domain::MemberNo number) {
    Member member;
    member.number = number;
    member.id = MemberId(number);
    member.blocked = random_.Percent(6);
    member.stamp.created_at_ms = generation_.AnyInstant();
    member.stamp.updated_at_ms = member.stamp.created_at_ms;
    member.stamp.created_by = member.stamp.updated_by = "generator";
    AddIdentities(member);
    AddTexts(member);
    AddNumbers(member);
    AddTimes(member);
    AddConsents(member);
    AddTags(member);
    return member;
  }

 private:
  string MemberId(domain::MemberNo number) {
    switch (random_.Below(5)) {
      case 0:
        return base::StrCat("会员-", number);
      case 1:
        return base::StrCat("M_", number, "%");
      default:
        return base::StrCat("m-", number);
    }
  }

  void AddIdentities(Member& member) {
    using enum domain::IdentityKind;
    const auto add = [&](domain::IdentityKind kind, string value) {
      const auto number = static_cast<domain::IdentityNo>(member.identities.size() + 1);
      member.identities.push_back({number, kind, std::move(value), member.stamp.created_at_ms});
      member.next_identity_no = number + 1;
    };
    const vector<string> domains = {"qq.com", "163.com", "gmail.com", "例子.cn"};
    const int emails = random_.Percent(50) ? static_cast<int>(random_.Between(1, 2)) : 0;
    for (int i = 0; i < emails; ++i) {
      add(kEmail, base::StrCat("u", member.number, "-", i, "@", random_.PickSkewed(domains)));
    }
    if (random_.Percent(60)) add(kPhone, base::StrCat("+86138", 10'000'000 + member.number));
    if (random_.Percent(30)) add(kOuid, base::StrCat("ouid-", member.number));
    if (random_.Percent(10)) add(kCard, base::StrCat("card-", member.number));
    if (random_.Percent(20)) add(kNick, base::StrCat("昵称", member.number));
    if (random_.Percent(15)) add(kOpenId, base::StrCat("open-", member.number));
    if (random_.Percent(12)) add(kPin, base::StrCat("pin-", member.number));
  }

  void AddTexts(Member& member) {
    const auto add = [&](AttributeNo number, const string& text) {
      member.attributes[number].emplace_back(text);
    };
    if (random_.Percent(75)) add(domain::kAttributeCity, random_.PickSkewed(Cities()));
    if (random_.Percent(60)) add(domain::kAttributeAddress, random_.Pick(Addresses()));
    for (AttributeNo number :
         {domain::kAttributeName, domain::kAttributeCountry, domain::kAttributeProvince,
          domain::kAttributeDistrict, domain::kAttributePostalCode, domain::kAttributeEducation,
          domain::kAttributeSchool, domain::kAttributeOccupation, domain::kAttributeIndustry,
          domain::kAttributeEmployer, domain::kAttributeSkinType, domain::kAttributePhoneModel,
          domain::kAttributeLanguage}) {
      if (random_.Percent(55)) add(number, random_.PickSkewed(OtherTexts(number)));
    }
    if (random_.Percent(70)) add(domain::kAttributeGender, random_.Percent(65) ? "女" : "男");
    if (random_.Percent(60)) add(kTier, random_.PickSkewed(vector<string>{"铜", "银", "金"}));
    if (random_.Percent(50)) add(kCode, random_.Pick(Words()));
    if (random_.Percent(50)) add(kNickname, random_.Pick(Words()));
    if (random_.Percent(60)) {
      for (int64_t i = random_.Between(1, 3); i > 0; --i) add(kHobby, random_.Pick(Words()));
    }
  }

  void AddNumbers(Member& member) {
    const auto add = [&](AttributeNo number, int64_t value) {
      member.attributes[number].emplace_back(value);
    };
    const vector<int64_t> amounts = {0, 1, 9'999, 10'000, 10'001, 500'000, -100, 2'000'000};
    if (random_.Percent(50)) add(domain::kAttributeMonthlyIncome, random_.Pick(amounts));
    if (random_.Percent(50)) add(kBudget, random_.Pick(amounts));
    if (random_.Percent(50)) add(domain::kAttributeHeightCm, random_.Between(150, 185) * 10'000);
    if (random_.Percent(60)) add(kScore, random_.Between(-20, 200) * 2'500);
    if (random_.Percent(60)) add(kChildren, random_.Between(0, 4));
    if (random_.Percent(50)) add(kVip, random_.Below(2));
    if (random_.Percent(50)) {
      for (int64_t i = random_.Between(1, 3); i > 0; --i) add(kSizes, random_.Between(33, 40));
    }
    if (random_.Percent(1)) member.attributes[kChildren] = {Value(INT64_MAX)};
    if (random_.Percent(1)) member.attributes[kChildren] = {Value(INT64_MIN)};
  }

  int64_t DateCode() {
    switch (random_.Below(6)) {
      case 0:  // a birthday whose year is not known
        return random_.Between(1, 12) * 100 + random_.Between(1, 28);
      case 1:
        return 19920229;
      case 2: {  // remembered on a day at an edge
        const base::DayNumber day =
            base::DayOf(random_.Pick(generation_.edges), generation_.shop->zone);
        return base::DateCodeOf(base::AddMonths(day, -12 * random_.Between(18, 60)));
      }
      case 3:
        return base::DateCodeOf(
            base::DayOf(random_.Pick(generation_.edges), generation_.shop->zone));
      default:
        return random_.Between(1950, 2010) * 10'000 + random_.Between(1, 12) * 100 +
               random_.Between(1, 28);
    }
  }

  void AddTimes(Member& member) {
    if (random_.Percent(65)) member.attributes[domain::kAttributeBirthday] = {Value(DateCode())};
    if (random_.Percent(40)) member.attributes[kWedding] = {Value(DateCode())};
    if (random_.Percent(70)) {
      member.attributes[domain::kAttributeRegisteredAt] = {Value(generation_.AnyInstant())};
    }
    if (random_.Percent(60)) member.attributes[kLastVisit] = {Value(generation_.AnyInstant())};
    if (random_.Percent(40)) {
      for (int64_t i = random_.Between(1, 3); i > 0; --i) {
        member.attributes[kVisitDays].emplace_back(DateCode());
      }
    }
  }

  void AddConsents(Member& member) {
    for (int channel = 1; channel <= 7; ++channel) {
      if (!random_.Percent(45)) continue;
      member.consents.push_back({static_cast<domain::Channel>(channel),
                                 static_cast<domain::ConsentState>(random_.Between(1, 2)),
                                 generation_.AnyInstant(), "form"});
    }
  }

  void AddTags(Member& member) {
    for (const auto& [number, tag] : generation_.shop->definitions.tags) {
      if (!random_.Percent(30)) continue;
      domain::TagAssignment assignment;
      assignment.tag_no = number;
      assignment.source = static_cast<domain::TagSource>(random_.Between(1, 6));
      assignment.actor = "客服";
      assignment.assigned_at_ms = generation_.AnyInstant();
      if (random_.Percent(35)) assignment.expires_at_ms = generation_.AnyInstant();
      if (tag.category_no == 4 && random_.Percent(80)) {
        assignment.number = random_.Between(80, 100) * domain::condition::kDecimalScale;
      }
      assignment.stamp = member.stamp;
      member.tags.push_back(assignment);
    }
  }

  ShopGeneration& generation_;
  GeneratorRandom& random_;
};

}  // namespace

base::InstantMs ShopGeneration::AnyInstant() {
  if (random.Percent(40)) return random.Pick(edges) + random.Between(-1, 1);
  const base::InstantMs center = random.Pick(shop->as_ofs);
  return center - random.Between(-60 * 24, 730 * 24) * kHour + random.Below(kHour);
}

base::InstantMs ShopGeneration::After(base::InstantMs earlier) {
  if (random.Percent(15)) {
    const base::InstantMs edge = random.Pick(edges) + random.Between(-1, 1);
    if (edge >= earlier) return edge;
  }
  return earlier + (random.Percent(50) ? random.Between(1, 240) * kMinute
                                       : random.Between(1, 30 * 24) * kHour);
}

std::span<const domain::Order> GeneratedShop::OrdersOf(domain::MemberNo member_no) const {
  const auto by_member = [](const domain::Order& order, domain::MemberNo number) {
    return order.member_no < number;
  };
  const auto first = std::lower_bound(orders.begin(), orders.end(), member_no, by_member);
  const auto after = std::lower_bound(first, orders.end(), member_no + 1, by_member);
  return {first, after};
}

std::vector<domain::condition::MemberFacts> GeneratedShop::Facts() const {
  std::vector<domain::condition::MemberFacts> facts;
  for (const domain::Member& member : members) facts.push_back({member, OrdersOf(member.number)});
  return facts;
}

namespace {

// When the last fact of orders has happened: evaluations from then on need not ask what is known.
base::InstantMs EndOfOrders(const GeneratedShop& shop) {
  base::InstantMs end = shop.as_ofs.back();
  const auto add = [&end](base::InstantMs at) {
    if (at != domain::kNever) end = std::max(end, at);
  };
  for (const domain::Order& order : shop.orders) {
    add(order.created_at);
    add(order.measure.order_at);
    add(order.measure.counted_from);
    add(order.measure.counted_until);
    for (const domain::Refund& refund : order.refunds) add(refund.effective_at);
  }
  return end;
}

}  // namespace

GeneratedShop GenerateShop(const ShopGeneratorOptions& options) {
  GeneratedShop shop;
  shop.seed = options.seed;
  ShopGeneration generation{GeneratorRandom(options.seed), &shop, {}};
  GenerateDefinitions(generation);
  GenerateTimes(generation);
  MemberMaker maker(generation);
  for (int i = 1; i <= options.member_count; ++i) {
    shop.members.push_back(maker.Make(static_cast<domain::MemberNo>(i)));
  }
  GenerateOrders(generation);
  shop.as_ofs.push_back(EndOfOrders(shop));
  return shop;
}

}  // namespace segmentation::testing_support
