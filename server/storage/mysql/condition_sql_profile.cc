// Leaves about the member itself: attributes, tags, identities, consents, anniversaries, buckets.
#include <string>

#include "server/base/hash.h"
#include "server/base/planted_fault.h"
#include "server/domain/attribute.h"
#include "server/storage/mysql/condition_sql_parts.h"

namespace segmentation::storage::mysql {
namespace {

using domain::AttributeSource;
using domain::ValueType;
using domain::condition::AttributeReference;
using domain::condition::BoundAnniversary;
using domain::condition::BoundAttribute;
using domain::condition::BoundBucket;
using domain::condition::BoundConsent;
using domain::condition::BoundIdentity;
using domain::condition::BoundTag;
using domain::condition::BoundTop;
using domain::condition::Predicate;
using domain::condition::TopLeaf;

bool IsText(ValueType type) { return type == ValueType::kText || type == ValueType::kEnum; }

// "table a WHERE" the rows of one attribute.
SqlFragment AttributeRows(const AttributeReference& attribute, const CompileScope& scope) {
  const bool pii = attribute.pii && !base::PlantedFault("sql_personal_attribute_elsewhere");
  SqlFragment sql(pii ? "member_private_attribute" : "member_attribute");
  sql.Add(" a WHERE a.shop_no = ").Bind(scope.shop_no);
  sql.Add(" AND a.attribute_no = ").Bind(attribute.number);
  return sql;
}

SqlFragment ProfileLeaf(const BoundAttribute& leaf, const CompileScope& scope) {
  const SqlFragment value(IsText(leaf.attribute.type) ? "a.text_folded" : "a.int_value");
  return OwnsPassingRow(AttributeRows(leaf.attribute, scope), "a", value, leaf.predicate, scope);
}

// A column of the member row itself.
SqlFragment MemberColumn(domain::AttributeNo number, std::string_view member) {
  SqlFragment sql(member);
  switch (number) {
    case domain::kAttributeCreatedAt:
      return std::move(sql.Add(".created_at_ms"));
    case domain::kAttributeBlocked:
      return std::move(sql.Add(".blocked"));
    default:
      return std::move(sql.Add(".member_id"));
  }
}

SqlFragment EmailDomainLeaf(const BoundAttribute& leaf, const CompileScope& scope) {
  SqlFragment rows("member_identity i WHERE i.shop_no = ");
  rows.Bind(scope.shop_no).Add(" AND i.email_domain IS NOT NULL");
  return OwnsPassingRow(rows, "i", SqlFragment("i.email_domain"), leaf.predicate, scope);
}

SqlFragment ShippingAddressLeaf(const BoundAttribute& leaf, const CompileScope& scope) {
  const SqlFragment value(
      leaf.attribute.number == domain::kAttributeShippingProvince ? "s.province_folded"
      : leaf.attribute.number == domain::kAttributeShippingCity   ? "s.city_folded"
                                                                  : "s.full_text_folded");
  SqlFragment rows(
      "customer_order o JOIN order_address s ON s.shop_no = o.shop_no AND "
      "s.member_no = o.member_no AND s.order_no = o.order_no WHERE o.shop_no = ");
  rows.Bind(scope.shop_no).Add(" AND ");
  rows.Add(base::PlantedFault("sql_address_of_any_order") ? SqlFragment("TRUE") : IsCounted(scope));
  rows.Add(" AND ").Add(value).Add(" <> ''");
  return OwnsPassingRow(rows, "o", value, leaf.predicate, scope);
}

// "SELECT member_no, split_key, member_id, rank_value" of the members; NULL leaves one out.
SqlFragment RankedMembers(const AttributeReference& attribute, const CompileScope& scope) {
  SqlFragment sql("SELECT t.member_no, t.split_key, t.member_id, ");
  if (attribute.source == AttributeSource::kMemberRow) {
    sql.Add(MemberColumn(attribute.number, "t")).Add(" AS rank_value FROM member t");
  } else {
    sql.Add("w.rank_value FROM (");
    if (attribute.source == AttributeSource::kOrders) {
      sql.Add(OrderAttributeRankValues(attribute.aggregate, scope));
    } else {
      sql.Add("SELECT a.member_no AS member_no, MAX(a.int_value) AS rank_value FROM ");
      sql.Add(AttributeRows(attribute, scope)).Add(" GROUP BY a.member_no");
    }
    sql.Add(") w JOIN member t ON t.member_no = w.member_no");
  }
  return std::move(sql.Add(" WHERE t.shop_no = ").Bind(scope.shop_no).Add(" AND t.live = 1"));
}

}  // namespace

SqlFragment AttributeLeafOf(const BoundAttribute& leaf, const CompileScope& scope) {
  switch (leaf.attribute.source) {
    case AttributeSource::kProfile:
      return ProfileLeaf(leaf, scope);
    case AttributeSource::kMemberRow:
      return Leaf(TestOf(MemberColumn(leaf.attribute.number, "m"), leaf.predicate, scope),
                  leaf.predicate.negated);
    case AttributeSource::kOrders:
      return OrderAttributeLeafOf(leaf, scope);
    case AttributeSource::kIdentity:
      return EmailDomainLeaf(leaf, scope);
    case AttributeSource::kShippingAddress:
      return ShippingAddressLeaf(leaf, scope);
  }
  return Leaf(SqlFragment("FALSE"), false);
}

SqlFragment TagLeafOf(const BoundTag& leaf, const CompileScope& scope) {
  SqlFragment sql("tag_assignment a");
  if (!leaf.tag_no && !base::PlantedFault("sql_tag_of_any_category")) {
    sql.Add(
        " JOIN tag g ON g.shop_no = a.shop_no AND g.tag_no = a.tag_no AND g.tag_category_no = ");
    sql.Bind(leaf.category_no);
  }
  sql.Add(" WHERE a.shop_no = ").Bind(scope.shop_no);
  if (leaf.tag_no) sql.Add(" AND a.tag_no = ").Bind(*leaf.tag_no);
  if (!base::PlantedFault("sql_tag_never_expires")) {
    sql.Add(" AND (a.expires_at_ms IS NULL OR a.expires_at_ms > ").Bind(scope.as_of()).Add(")");
  }
  if (!leaf.sources.empty() && !base::PlantedFault("sql_tag_from_anybody")) {
    sql.Add(" AND a.source IN (");
    for (size_t i = 0; i < leaf.sources.size(); ++i) {
      sql.Add(i == 0 ? "" : ", ").Bind(static_cast<int64_t>(leaf.sources[i]));
    }
    sql.Add(")");
  }
  if (leaf.since) {
    sql.Add(" AND ").Add(TestOf(SqlFragment("a.assigned_at_ms"), Predicate{*leaf.since}, scope));
  }
  if (leaf.number) {
    const SqlFragment test = TestOf(SqlFragment("a.number_value"), *leaf.number, scope);
    sql.Add(" AND ").Add(Leaf(test, leaf.number->negated));
  }
  return Leaf(OwnsRow(sql, "a", scope), false);
}

SqlFragment IdentityLeafOf(const BoundIdentity& leaf, const CompileScope& scope) {
  SqlFragment sql("member_identity i WHERE i.shop_no = ");
  sql.Bind(scope.shop_no).Add(" AND i.kind = ").Bind(static_cast<int64_t>(leaf.kind));
  return Leaf(OwnsRow(sql, "i", scope), false);
}

SqlFragment ConsentLeafOf(const BoundConsent& leaf, const CompileScope& scope) {
  SqlFragment sql("member_consent c WHERE c.shop_no = ");
  sql.Bind(scope.shop_no).Add(" AND c.channel = ");
  sql.Bind(static_cast<int64_t>(leaf.channel));
  if (leaf.state && !base::PlantedFault("sql_consent_either_way"))
    sql.Add(" AND c.state = ").Bind(static_cast<int64_t>(*leaf.state));
  return Leaf(OwnsRow(sql, "c", scope), leaf.negated);
}

SqlFragment AnniversaryLeafOf(const BoundAnniversary& leaf, const CompileScope& scope) {
  SqlFragment sql = AttributeRows(leaf.attribute, scope);
  sql.Add(" AND (FALSE");
  for (const base::MonthDayRange& range : MonthDaysOf(leaf, scope.context)) {
    sql.Add(" OR a.int_value % 10000 BETWEEN ").Bind(range.first).Add(" AND ").Bind(range.last);
  }
  return Leaf(OwnsRow(sql.Add(")"), "a", scope), leaf.negated);
}

SqlFragment BucketLeafOf(const BoundBucket& leaf) {
  const auto length = static_cast<uint32_t>(leaf.salt.size());
  std::string prefix;
  for (int shift = 24; shift >= 0; shift -= 8) {
    prefix.push_back(static_cast<char>((length >> shift) & 0xff));
  }
  SqlFragment bucket("(CAST(CONV(LEFT(SHA2(CONCAT(UNHEX(");
  if (base::PlantedFault("sql_bucket_without_length")) prefix.clear();
  bucket.Bind(base::HexEncode(prefix + leaf.salt));
  bucket.Add("), m.member_id), 256), 16), 16, 10) AS UNSIGNED) % 10000)");
  return Leaf(TestOf(bucket, Predicate{leaf.range}, CompileScope{}), leaf.negated);
}

// T33: k counts over those who have a value; ties by split key, then id.
SqlFragment TopLeafOf(const BoundTop& leaf, const CompileScope& scope) {
  SqlFragment sql(
      "(m.member_no IN (SELECT r.member_no FROM (SELECT v.member_no, ROW_NUMBER() OVER (ORDER BY "
      "v.rank_value DESC, ");
  sql.Add(base::PlantedFault("sql_top_ties_by_id") ? "" : "v.split_key, ");
  sql.Add(
      "v.member_id) AS place, COUNT(*) OVER () AS population FROM "
      "(");
  sql.Add(RankedMembers(leaf.attribute, scope));
  sql.Add(") v WHERE v.rank_value IS NOT NULL) r WHERE r.place <= ");
  if (leaf.unit == TopLeaf::Unit::kCount) {
    sql.Bind(leaf.amount);
  } else {
    sql.Add("(r.population * ").Bind(leaf.amount);
    sql.Add(base::PlantedFault("sql_top_rounds_down") ? ") DIV 10000" : " + 9999) DIV 10000");
  }
  return Leaf(sql.Add("))"), false);
}

}  // namespace segmentation::storage::mysql
