// Orders of a generated shop: every status, time, refund and line that the policy treats apart.
#include <algorithm>
#include <string>
#include <vector>

#include "server/base/strings.h"
#include "server/domain/order_policy.h"
#include "tests/support/shop_generator.h"

namespace segmentation::testing_support {
namespace {

using domain::Order;
using domain::OrderLine;
using domain::OrderStatus;
using std::string;
using std::vector;

struct CatalogueItem {
  const char* product_id;
  const char* title;
  const char* category;
  const char* brand;
  int64_t price_minor;
};

const vector<CatalogueItem>& Catalogue() {
  static const auto* const kAll = new vector<CatalogueItem>{
      {"p-1", "蕾丝深V聚拢调整型文胸", "内衣", "爱慕", 19'900},
      {"p-2", "补水保湿面霜50ml", "美妆", "百雀羚", 9'900},
      {"p-3", "铆钉短靴女", "鞋", "", 29'900},
      {"p-4", "100%棉Ｔ恤", "服装", "Ｕｎｉｑｌｏ", 4'990},
      {"p-5", "儿童运动鞋 a_b 款", "童鞋", "uniqlo", 12'900},
      {"p-6", "坚果礼盒🎁", "食品", "三只松鼠", 8'801},
      {"p-7", "", "", "", 100},
      {"", "面膜小样", "美妆", "百雀羚", 0},
      {"P-1", "蕾丝 文胸", "内衣", "爱慕", 19'901},
      {"p-10", "三星note3手机壳", "3C配件", "", 1},
  };
  return *kAll;
}

class OrderMaker {
 public:
  explicit OrderMaker(ShopGeneration& generation)
      : generation_(generation), random_(generation.random) {}

  Order Make(domain::MemberNo member_no, domain::OrderNo number) {
    Order order;
    order.member_no = member_no;
    order.number = number;
    order.source = random_.PickSkewed(vector<string>{"tmall", "jd", "Tmall"});
    order.external_id = base::StrCat("o-", number);
    order.store_no = static_cast<domain::StoreNo>(random_.Below(4));
    order.created_at = generation_.AnyInstant();
    order.source_updated_at = order.created_at;
    order.terminal = random_.PickSkewed(vector<string>{"手机端", "PC", "", "ＰＣ"});
    order.logistics_company = random_.PickSkewed(vector<string>{"顺丰", "", "EMS", "ems快递"});
    if (random_.Percent(30)) order.promotion_sources.push_back("聚划算");
    if (random_.Percent(15)) order.promotion_sources.push_back("淘宝客");
    if (random_.Percent(20)) order.coupon_ids.push_back("c-1");
    if (random_.Percent(10)) order.coupon_ids.push_back("C-1");
    order.presale = random_.Percent(12);
    order.cash_on_delivery = !order.presale && random_.Percent(8);
    order.receipt_automatic = random_.Percent(30);
    order.freight_minor = random_.PickSkewed(vector<int64_t>{0, 1'000, 600});
    if (random_.Percent(4)) order.exclusion_reason = "内购";
    SetLife(order);
    if (random_.Percent(4)) {
      AddReturnLines(order);
    } else {
      AddLines(order);
    }
    if (random_.Percent(20) && order.goods_paid_minor > 0) AddRefunds(order);
    if (random_.Percent(30)) AddReviews(order);
    if (random_.Percent(70)) AddAddress(order);
    return order;
  }

 private:
  void SetLife(Order& order) {
    const auto reached =
        static_cast<OrderStatus>(random_.PickSkewed(vector<int>{6, 5, 3, 4, 1, 7, 2}));
    order.status =
        reached == OrderStatus::kDepositPaid && !order.presale ? OrderStatus::kUnpaid : reached;
    if (order.status == OrderStatus::kUnpaid) return;
    const bool closed = order.status == OrderStatus::kClosed;
    base::InstantMs at = generation_.After(order.created_at);
    const bool paid = !closed || random_.Percent(50);
    if (paid && (!order.cash_on_delivery || random_.Percent(50))) order.paid_at = at;
    if (order.status == OrderStatus::kDepositPaid) return;
    if (order.presale && paid && !random_.Percent(20)) {
      order.final_paid_at = at = generation_.After(at);
    }
    const auto is_at_least = [&](OrderStatus least) {
      return closed ? paid && random_.Percent(30) : order.status >= least;
    };
    // Sources forget times now and then.
    const auto set = [&](OrderStatus status, std::optional<base::InstantMs>& time) {
      if (!is_at_least(status)) return;
      at = generation_.After(at);
      if (!random_.Percent(8)) time = at;
    };
    set(OrderStatus::kShipped, order.shipped_at);
    set(OrderStatus::kReceived, order.received_at);
    set(OrderStatus::kFinished, order.finished_at);
    if (closed && !random_.Percent(20)) order.closed_at = generation_.After(at);
  }

  OrderLine MakeLine(domain::LineNo number) {
    const CatalogueItem& item = random_.PickSkewed(Catalogue());
    OrderLine line;
    line.number = number;
    line.id = base::StrCat("l-", number);
    line.product_id = item.product_id;
    line.title = item.title;
    line.category = item.category;
    line.brand = item.brand;
    line.sku = random_.PickSkewed(vector<string>{"", "sku-1", "SKU-1", "sku-2"});
    line.unit_price_minor = item.price_minor;
    line.quantity = random_.PickSkewed(vector<int64_t>{1, 2, 3, 12});
    if (random_.Percent(20)) line.line_discount_minor = item.price_minor / 3;
    line.gift_flag = random_.Percent(6);
    if (random_.Percent(60)) {
      line.properties["尺码"] = random_.Pick(
          vector<string>{"35码", "35", "３５码", "36", "80cm", "XL", "35.5", "-35", "70-80", ""});
    }
    if (random_.Percent(30)) {
      line.properties[random_.Percent(50) ? "颜色" : "Ｃｏｌｏｒ"] =
          random_.Pick(vector<string>{"红", "黑色", "Red", "ＲＥＤ"});
    }
    return line;
  }

  void AddLines(Order& order) {
    const int64_t count = random_.Percent(3) ? 0 : random_.PickSkewed(vector<int64_t>{1, 2, 3, 5});
    int64_t sum = 0;
    for (int64_t i = 1; i <= count; ++i) {
      order.lines.push_back(MakeLine(static_cast<domain::LineNo>(i)));
      const OrderLine& line = order.lines.back();
      sum += line.unit_price_minor * line.quantity - line.line_discount_minor;
    }
    if (count == 0) sum = random_.Between(1, 30'000);
    order.goods_paid_minor = random_.Percent(30) ? sum * 9 / 10 : sum;
    if (random_.Percent(3)) order.goods_paid_minor = 0;
    if (random_.Percent(15)) order.platform_discount_minor = order.goods_paid_minor / 10;
    if (random_.Percent(10)) {
      int64_t left = order.goods_paid_minor;
      for (OrderLine& line : order.lines) {
        line.source_paid_minor = &line == &order.lines.back() ? left : left / 2;
        left -= *line.source_paid_minor;
      }
    }
  }

  // A return whose order is not known (T97).
  void AddReturnLines(Order& order) {
    order.lines.push_back(MakeLine(1));
    order.lines.back().quantity = -random_.Between(1, 2);
    order.lines.back().line_discount_minor = 0;
    order.goods_paid_minor = order.lines.back().unit_price_minor * order.lines.back().quantity;
  }

  void AddRefunds(Order& order) {
    for (int64_t i = random_.Between(1, 2); i > 0; --i) {
      domain::Refund refund;
      refund.number = static_cast<domain::RefundNo>(order.refunds.size() + 1);
      refund.id = base::StrCat("r-", refund.number);
      refund.kind = static_cast<domain::RefundKind>(random_.PickSkewed(vector<int>{1, 2, 3, 4}));
      refund.status =
          static_cast<domain::RefundStatus>(random_.PickSkewed(vector<int>{2, 2, 1, 3}));
      if (!random_.Percent(15)) refund.refunded_at = generation_.After(order.created_at);
      if (random_.Percent(30)) {  // at the very instant of an evaluation, or soon after it
        const base::InstantMs as_of = random_.Pick(generation_.shop->as_ofs);
        const base::InstantMs at =
            random_.Percent(50) ? as_of : as_of + random_.Between(1, 3'600'000);
        if (at >= order.created_at) refund.refunded_at = at;
      }
      refund.amount_minor =
          random_.Percent(40) ? order.goods_paid_minor : random_.Between(1, order.goods_paid_minor);
      if (!order.lines.empty() && random_.Percent(60)) {
        refund.line_id = random_.Pick(order.lines).id;
      }
      refund.returned_quantity = random_.PickSkewed(vector<int64_t>{1, 0, 2, 3});
      order.refunds.push_back(refund);
    }
  }

  void AddReviews(Order& order) {
    for (int64_t i = random_.Between(1, 2); i > 0; --i) {
      domain::Review review;
      review.id = base::StrCat("v-", order.reviews.size() + 1);
      review.reviewed_at = generation_.After(order.created_at);
      review.rating = static_cast<int32_t>(random_.PickSkewed(vector<int64_t>{5, 4, 0, 1}));
      review.text = random_.Pick(vector<string>{"很好", "一般般", "", "100%好评", "差_评", "ＯＫ"});
      review.automatic = random_.Percent(30);
      order.reviews.push_back(review);
    }
  }

  void AddAddress(Order& order) {
    domain::ReceiverAddress address;
    address.province = random_.PickSkewed(vector<string>{"上海", "浙江省", "", "广东"});
    address.city = random_.PickSkewed(vector<string>{"上海市", "杭州市", "", "Ｓhenzhen"});
    address.full_text =
        random_.Pick(vector<string>{"上海市浦东新区某大学3号楼", "杭州市西湖区人民医院", "研究所",
                                    "邮局旁_银行", "", "Bank St 5"});
    order.address = address;
  }

  ShopGeneration& generation_;
  GeneratorRandom& random_;
};

}  // namespace

void GenerateOrders(ShopGeneration& generation) {
  GeneratedShop& shop = *generation.shop;
  OrderMaker maker(generation);
  domain::OrderNo next_order_no = 1;
  for (const domain::Member& member : shop.members) {
    // A third never bought; a few bought often.
    int64_t count = 0;
    if (!generation.random.Percent(33)) {
      count = 1;
      while (count < 12 && generation.random.Percent(50)) ++count;
    }
    for (int64_t i = 0; i < count; ++i) {
      shop.orders.push_back(maker.Make(member.number, next_order_no++));
      domain::ApplyPolicy(shop.definitions.policy, shop.zone, shop.orders.back());
    }
  }
}

}  // namespace segmentation::testing_support
