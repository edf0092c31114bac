#include "client/cli/demo/demo_goods.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace segmentation::cli {
namespace {

constexpr int kProductCount = 480;
constexpr uint64_t kGoodsSeed = 0x5E6D;

constexpr const char* kBrands[] = {"云裳", "素然", "花间语", "木棉", "青禾", "雪肌坊", "小鹿童装"};
constexpr const char* kElements[] = {"蕾丝", "铆钉", "流苏", "蝴蝶结",
                                     "印花", "刺绣", "格子", "纯色"};
constexpr const char* kStyles[] = {"韩版", "欧美", "学院风", "通勤",
                                   "百搭", "淑女", "街头",   "休闲"};
constexpr const char* kClothes[] = {"连衣裙", "衬衫",   "卫衣", "牛仔裤",
                                    "半身裙", "针织衫", "风衣", "文胸"};
constexpr const char* kShoes[] = {"马丁靴", "帆布鞋", "高跟鞋", "凉鞋", "乐福鞋"};
constexpr const char* kChildren[] = {"儿童T恤", "宝宝连体衣", "童鞋袜子套装", "儿童外套"};
constexpr const char* kEffects[] = {"补水", "美白", "保湿", "防晒", "抗氧化", "收缩毛孔"};
constexpr const char* kCosmetics[] = {"面膜", "精华液", "隔离霜", "爽肤水", "眼霜", "防晒霜"};
constexpr const char* kColours[] = {"黑色", "白色", "红色", "蓝色", "粉色", "肤色"};

std::vector<DemoProduct> MakeProducts() {
  DemoRandom random(kGoodsSeed);
  std::vector<DemoProduct> products;
  for (int i = 0; i < kProductCount; ++i) {
    DemoProduct product;
    product.id = absl::StrCat("P", 10'000 + i);
    const int64_t kind = random.Below(10);
    if (kind < 5) {
      product.brand = kBrands[random.Below(5)];
      product.title = absl::StrCat(product.brand, " ", random.Pick(kStyles), random.Pick(kElements),
                                   random.Pick(kClothes), " ", random.Between(2, 9), "色可选");
      product.category = "女装";
      product.sizes = DemoProduct::Sizes::kClothes;
      product.price_minor_units = random.Between(39, 399) * 100 + 90;
    } else if (kind < 7) {
      product.brand = kBrands[random.Below(5)];
      product.title = absl::StrCat(product.brand, " ", random.Pick(kStyles), random.Pick(kElements),
                                   random.Pick(kShoes));
      product.category = "女鞋";
      product.sizes = DemoProduct::Sizes::kShoes;
      product.price_minor_units = random.Between(89, 599) * 100;
    } else if (kind < 8) {
      product.brand = "小鹿童装";
      product.title =
          absl::StrCat(product.brand, " ", random.Pick(kChildren), " 纯棉", random.Pick(kElements));
      product.category = "童装";
      product.sizes = DemoProduct::Sizes::kChildren;
      product.price_minor_units = random.Between(29, 159) * 100;
    } else {
      product.brand = "雪肌坊";
      product.title = absl::StrCat(product.brand, " ", random.Pick(kEffects), random.Pick(kEffects),
                                   random.Pick(kCosmetics), " ", random.Between(3, 20) * 10, "ml");
      product.category = "美妆";
      product.price_minor_units = random.Between(19, 299) * 100 + 50;
    }
    products.push_back(std::move(product));
  }
  return products;
}

void AddProperty(std::string_view name, std::string_view value, v1::OrderLine& line) {
  v1::LineProperty* property = line.add_properties();
  property->set_name(std::string(name));
  property->set_value(std::string(value));
}

}  // namespace

const std::vector<DemoProduct>& DemoProducts() {
  static const auto* const products = new std::vector<DemoProduct>(MakeProducts());
  return *products;
}

v1::OrderLine MakeDemoLine(const DemoProduct& product, int line_number, DemoRandom& random) {
  v1::OrderLine line;
  line.set_line_id(absl::StrCat(line_number));
  line.set_product_id(product.id);
  line.set_title(product.title);
  line.set_category(product.category);
  line.set_brand(product.brand);
  line.set_quantity(random.Chance(85) ? 1 : random.Between(2, 4));
  line.set_unit_price_minor_units(product.price_minor_units);
  std::string size;
  switch (product.sizes) {
    case DemoProduct::Sizes::kClothes: {
      constexpr const char* kSizes[] = {"S", "M", "L", "XL"};
      size = random.Pick(kSizes);
      break;
    }
    case DemoProduct::Sizes::kShoes:
      size = absl::StrCat(random.Between(34, 40), "码");
      break;
    case DemoProduct::Sizes::kChildren:
      size = absl::StrCat(random.Between(7, 13) * 10, "cm");
      break;
    case DemoProduct::Sizes::kNone:
      break;
  }
  const std::string colour = random.Pick(kColours);
  if (!size.empty()) {
    AddProperty("尺码", size, line);
    AddProperty("颜色", colour, line);
  }
  line.set_sku(size.empty() ? product.id : absl::StrCat(product.id, "-", size, "-", colour));
  return line;
}

}  // namespace segmentation::cli
