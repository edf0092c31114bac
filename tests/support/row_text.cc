#include "tests/support/row_text.h"

#include <initializer_list>
#include <map>
#include <optional>
#include <type_traits>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace segmentation::testing_support {
namespace {

// One value: texts are escaped and quoted, enums are their numbers, nothing is "-".
template <typename T>
std::string Cell(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return absl::StrCat("'", absl::CHexEscape(value), "'");
  } else if constexpr (std::is_same_v<T, domain::Value>) {
    return std::visit([](const auto& held) { return Cell(held); }, value);
  } else if constexpr (std::is_enum_v<T>) {
    return absl::StrCat(static_cast<int64_t>(value));
  } else {
    return absl::StrCat(static_cast<int64_t>(value));
  }
}
template <typename T>
std::string Cell(const std::optional<T>& value) {
  return value ? Cell(*value) : "-";
}
template <typename T>
std::string Cell(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) {
    absl::StrAppend(&text, Cell(value), ";");
  }
  return text + "]";
}
template <typename Key, typename T>
std::string Cell(const std::map<Key, T>& values) {
  std::string text = "{";
  for (const auto& [key, value] : values) {
    absl::StrAppend(&text, Cell(key), ":", Cell(value), ";");
  }
  return text + "}";
}

template <typename... Cells>
std::string Line(const char* name, const Cells&... cells) {
  std::string text = absl::StrCat(name, "(");
  ((absl::StrAppend(&text, Cell(cells), " ")), ...);
  return text + ")";
}

std::string TextOf(const domain::RefundPart& part) {
  return Line("part", part.line_no, part.amount_minor, part.returned_quantity);
}

std::string TextOf(const domain::OrderLine& line) {
  return Line("line", line.number, line.id, line.product_no, line.product_id, line.sku, line.title,
              line.category, line.brand, line.properties, line.quantity, line.unit_price_minor,
              line.line_discount_minor, line.source_paid_minor, line.gift_flag, line.paid_minor,
              line.is_gift);
}

std::string TextOf(const domain::Refund& refund) {
  std::string text = Line("refund", refund.number, refund.id, refund.kind, refund.status,
                          refund.refunded_at, refund.amount_minor, refund.line_id,
                          refund.returned_quantity, refund.effective_at, refund.time_unknown);
  for (const domain::RefundPart& part : refund.parts) text += TextOf(part);
  return text;
}

std::string TextOf(const domain::Review& review) {
  return Line("review", review.id, review.reviewed_at, review.rating, review.text,
              review.automatic);
}

}  // namespace

std::string TextOf(const domain::Stamp& stamp) {
  return Line("stamp", stamp.etag.revision, stamp.etag.ordinal, stamp.created_at_ms,
              stamp.updated_at_ms, stamp.created_by, stamp.updated_by);
}

std::string TextOf(const domain::Identity& identity) {
  return Line("identity", identity.number, identity.kind, identity.value, identity.added_at_ms);
}

std::string TextOf(const domain::Consent& consent) {
  return Line("consent", consent.channel, consent.state, consent.changed_at_ms, consent.evidence);
}

std::string TextOf(const domain::TagAssignment& tag) {
  return Line("tag", tag.tag_no, tag.source, tag.actor, tag.reference, tag.confidence_percent,
              tag.assigned_at_ms, tag.expires_at_ms, tag.number) +
         TextOf(tag.stamp);
}

std::string TextOf(const domain::Member& member) {
  std::string text = Line("member", member.number, member.id, member.blocked, member.attributes,
                          member.next_identity_no) +
                     TextOf(member.stamp);
  for (const auto& identity : member.identities) text += TextOf(identity);
  for (const auto& consent : member.consents) text += TextOf(consent);
  for (const auto& tag : member.tags) text += TextOf(tag);
  return text;
}

std::string TextOf(const domain::Note& note) {
  return Line("note", note.member_no, note.id, note.text, note.author) + TextOf(note.stamp);
}

std::string TextOf(const domain::Order& order) {
  const domain::OrderMeasure& measure = order.measure;
  std::string text =
      Line("order", order.member_no, order.number, order.identity_no, order.store_no, order.source,
           order.external_id, order.status, order.source_updated_at, order.created_at,
           order.paid_at, order.final_paid_at, order.shipped_at, order.received_at,
           order.finished_at, order.closed_at, order.presale, order.cash_on_delivery,
           order.receipt_automatic, order.terminal, order.promotion_sources, order.coupon_ids,
           order.logistics_company, order.goods_paid_minor, order.freight_minor,
           order.platform_discount_minor, order.exclusion_reason) +
      Line("measure", measure.order_at, measure.order_day, measure.counted_from,
           measure.counted_until, measure.reason, measure.paid_minor, measure.goods_refunded_minor,
           measure.quantity, measure.policy_revision) +
      TextOf(order.stamp);
  if (order.address) {
    text += Line("address", order.address->province, order.address->city, order.address->district,
                 order.address->street, order.address->full_text);
  }
  for (const auto& line : order.lines) text += "\n  " + TextOf(line);
  for (const auto& refund : order.refunds) text += "\n  " + TextOf(refund);
  for (const auto& review : order.reviews) text += "\n  " + TextOf(review);
  return text;
}

std::string TextOf(const domain::Product& product) {
  return Line("product", product.number, product.id, product.title, product.category, product.brand,
              product.stage) +
         TextOf(product.stamp);
}

std::string TextOf(const domain::Shop& shop) {
  return Line("shop", shop.number, shop.id, shop.name, shop.time_zone, shop.currency,
              shop.currency_digits, shop.deleted) +
         TextOf(shop.stamp);
}

std::string TextOf(const domain::ShopDefinitions& definitions) {
  const domain::MetricPolicy& policy = definitions.policy;
  std::string text = TextOf(definitions.shop) +
                     Line("definitions", definitions.definition_revision) +
                     Line("policy", policy.revision, policy.valid_moment, policy.order_date,
                          policy.count_wholly_refunded, policy.platform_discounts_count_as_paid,
                          policy.gifts_count_as_bought);
  for (const auto& [number, store] : definitions.stores) {
    text +=
        "\n" + Line("store", number, store.id, store.name, store.platform) + TextOf(store.stamp);
  }
  for (const auto& [number, promotion] : definitions.promotions) {
    text +=
        "\n" + Line("promotion", number, promotion.id, promotion.kind) + TextOf(promotion.stamp);
    for (const auto& window : promotion.windows) text += Line("window", window.from, window.until);
  }
  for (const auto& [number, attribute] : definitions.attributes) {
    text += "\n" +
            Line("attribute", number, attribute.name, attribute.aliases, attribute.type,
                 attribute.folding, attribute.multi_valued, attribute.pii, attribute.enum_values,
                 attribute.description) +
            TextOf(attribute.stamp);
  }
  for (const auto& [number, category] : definitions.tag_categories) {
    text += "\n" +
            Line("category", number, category.id, category.template_name, category.name,
                 category.kind, category.choice, category.description) +
            TextOf(category.stamp);
  }
  for (const auto& [number, tag] : definitions.tags) {
    text += "\n" +
            Line("tag", number, tag.category_no, tag.id, tag.value, tag.exclusion_set, tag.position,
                 tag.synonyms, tag.description) +
            TextOf(tag.stamp);
  }
  for (const auto& [number, group] : definitions.groups) {
    text += "\n" +
            Line("group", number, group.id, group.name, group.condition_text, group.grammar_version,
                 group.group_revision, group.references, group.note, group.owner) +
            TextOf(group.stamp);
  }
  for (const std::string& id : definitions.retired_group_ids) {
    text += "\n" + Line("retired_group", id);
  }
  return text;
}

std::string TextOf(const storage::IdentityOwner& owner) {
  return Line("owner", owner.key.kind, owner.key.value, owner.member_no, owner.identity_no);
}

std::string TextOf(const storage::TagHistoryRow& row) {
  return Line("tag_history", row.member_no, row.at.revision, row.at.ordinal, row.action,
              row.at_ms) +
         TextOf(row.assignment);
}

std::string TextOf(const storage::ConsentHistoryRow& row) {
  return Line("consent_history", row.member_no, row.at.revision, row.at.ordinal, row.actor) +
         TextOf(row.consent);
}

std::string TextOf(const storage::GroupRevisionRow& row) {
  return Line("group_revision", row.group_no, row.group_revision, row.name, row.condition_text,
              row.grammar_version) +
         TextOf(row.stamp);
}

std::string TextOf(const storage::RequestRow& row) {
  return Line("request", row.request_id, row.request_hash, row.revision, row.created_at_ms,
              row.answer);
}

std::string TextOf(const storage::ImportProgressRow& row) {
  return Line("import", row.import_id, row.kind, row.last_sequence, row.accepted_count,
              row.unchanged_count, row.rejected_count, row.last_answer, row.updated_at_ms);
}

std::string TextOf(const storage::OperationRow& row) {
  return Line("operation", row.id, row.kind, row.state, row.cancel_requested, row.arguments,
              row.cursor, row.done_count, row.total_count, row.error_reason, row.error_message,
              row.lease_owner, row.lease_until_ms, row.finished_at_ms) +
         TextOf(row.stamp);
}

std::string TextOf(const storage::ApiTokenRow& row) {
  return Line("token", row.id, row.secret_hash, row.label, row.role, row.all_shops, row.shop_ids,
              row.expires_at_ms, row.revoked_at_ms, row.created_at_ms, row.created_by);
}

std::string TextOf(const storage::ShopTotals& totals) {
  return Line("totals", totals.member_count, totals.order_count, totals.paid_order_count,
              totals.valid_order_count, totals.paid_minor, totals.net_minor, totals.first_order_day,
              totals.last_order_day);
}

std::string TextOf(const storage::ShopHead& head) {
  return Line("head", head.shop_no, head.revision, head.definition_revision, head.tick_at_ms,
              head.next_member_no, head.next_order_no, head.next_store_no, head.next_promotion_no,
              head.next_product_no, head.next_attribute_no, head.next_tag_category_no,
              head.next_tag_no, head.next_group_no);
}

}  // namespace segmentation::testing_support
