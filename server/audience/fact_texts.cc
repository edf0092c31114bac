#include "server/audience/fact_texts.h"

#include "server/base/text.h"
#include "server/domain/condition/property_number.h"

namespace segmentation::audience {
namespace {

TextNo InternFolded(TextDictionary& texts, std::string_view text) {
  return texts.InternFolded(text, base::Folding::kNfkcCase);
}

std::string_view BytesOfList(std::span<const TextNo> numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(TextNo)};
}

}  // namespace

FactTexts::FactTexts() {
  for (TextDictionary* texts : All()) texts->Intern("");
  // Number 0 of rows: all texts empty.
  kinds.Intern(BytesOf(OrderKind{}));
  places.Intern(BytesOf(Place{}));
  items.Intern(BytesOf(Item{}));
}

std::vector<TextDictionary*> FactTexts::All() {
  return {&sources,
          &terminals,
          &logistics_companies,
          &promotion_sources,
          &coupons,
          &provinces,
          &cities,
          &addresses,
          &product_ids,
          &skus,
          &titles,
          &categories,
          &brands,
          &property_names,
          &property_values,
          &review_texts,
          &promotion_source_lists,
          &coupon_lists,
          &property_lists};
}

TextNo FactTexts::KindOf(const domain::Order& order) {
  std::vector<TextNo> list;
  for (const std::string& source : order.promotion_sources) {
    list.push_back(InternFolded(promotion_sources, source));
  }
  OrderKind kind;
  kind.source = sources.Intern(order.source);
  kind.terminal = InternFolded(terminals, order.terminal);
  kind.logistics_company = InternFolded(logistics_companies, order.logistics_company);
  kind.promotion_sources = promotion_source_lists.Intern(BytesOfList(list));
  kind.store_no = order.store_no;
  kind.flags = (order.presale ? OrderKind::kPresale : 0) |
               (order.cash_on_delivery ? OrderKind::kCashOnDelivery : 0) |
               (order.receipt_automatic ? OrderKind::kReceiptAutomatic : 0);
  return kinds.Intern(BytesOf(kind));
}

TextNo FactTexts::CouponsOf(const domain::Order& order) {
  std::vector<TextNo> list;
  for (const std::string& coupon : order.coupon_ids) list.push_back(coupons.Intern(coupon));
  return coupon_lists.Intern(BytesOfList(list));
}

TextNo FactTexts::PlaceOf(const domain::Order& order) {
  Place place;
  if (order.address) {
    place.province = InternFolded(provinces, order.address->province);
    place.city = InternFolded(cities, order.address->city);
    place.full_text = InternFolded(addresses, order.address->full_text);
  }
  return places.Intern(BytesOf(place));
}

TextNo FactTexts::ItemOf(const domain::OrderLine& line) {
  std::string properties;
  for (const auto& [name, value] : line.properties) {
    const std::optional<int64_t> number = domain::condition::PropertyNumber(value);
    const Property property{InternFolded(property_names, name),
                            InternFolded(property_values, value), number.value_or(0),
                            number.has_value() ? 1 : 0};
    properties.append(BytesOf(property));
  }
  Item item;
  item.product_id = product_ids.Intern(line.product_id);
  item.sku = skus.Intern(line.sku);
  item.title = InternFolded(titles, line.title);
  item.category = InternFolded(categories, line.category);
  item.brand = InternFolded(brands, line.brand);
  item.properties = property_lists.Intern(properties);
  return items.Intern(BytesOf(item));
}

TextNo FactTexts::ReviewTextOf(const domain::Review& review) {
  return InternFolded(review_texts, review.text);
}

size_t FactTexts::bytes() const {
  size_t bytes = kinds.bytes() + places.bytes() + items.bytes();
  for (const TextDictionary* texts : const_cast<FactTexts*>(this)->All()) bytes += texts->bytes();
  return bytes;
}

}  // namespace segmentation::audience
