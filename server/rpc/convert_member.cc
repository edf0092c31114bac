#include "server/rpc/convert_member.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/money.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/identity.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"

namespace segmentation::rpc {
namespace {

using domain::Attribute;
using domain::Value;
using domain::ValueType;

v1::AttributeValue ValueToProto(const Attribute& attribute, const Value& value, bool masked) {
  v1::AttributeValue out;
  if (const auto* text = std::get_if<std::string>(&value)) {
    out.set_text_value(!masked                                      ? *text
                       : attribute.number == domain::kAttributeName ? domain::MaskName(*text)
                                                                    : domain::MaskText(*text));
    return out;
  }
  const int64_t number = std::get<int64_t>(value);
  switch (attribute.type) {
    case ValueType::kInteger:
      out.set_integer_value(number);
      break;
    case ValueType::kDecimal:
      out.set_decimal_value(base::FormatDecimal(number, 4));
      break;
    case ValueType::kMoney:
      out.set_money_minor_units(number);
      break;
    case ValueType::kBoolean:
      out.set_boolean_value(number != 0);
      break;
    case ValueType::kDate:
      // Masked: the year alone is kept out, so that birthdays can still be greeted.
      *out.mutable_date_value() = CivilDateFromCode(masked ? number % 10'000 : number);
      break;
    case ValueType::kInstant:
      *out.mutable_time_value() = ToTimestamp(number);
      break;
    case ValueType::kText:
    case ValueType::kEnum:
      break;
  }
  return out;
}

absl::StatusOr<usecase::TypedValue> ValueFromProto(const v1::AttributeValue& value,
                                                   const std::string& field) {
  switch (value.value_case()) {
    case v1::AttributeValue::kTextValue:
      return usecase::TypedValue{ValueType::kText, value.text_value()};
    case v1::AttributeValue::kIntegerValue:
      return usecase::TypedValue{ValueType::kInteger, value.integer_value()};
    case v1::AttributeValue::kBooleanValue:
      return usecase::TypedValue{ValueType::kBoolean, int64_t{value.boolean_value()}};
    case v1::AttributeValue::kDateValue: {
      ASSIGN_OR_RETURN(const int64_t code,
                       CodeFromCivilDate(value.date_value(), absl::StrCat(field, ".date_value")));
      return usecase::TypedValue{ValueType::kDate, code};
    }
    case v1::AttributeValue::kTimeValue: {
      ASSIGN_OR_RETURN(const base::InstantMs instant,
                       FromTimestamp(value.time_value(), absl::StrCat(field, ".time_value")));
      return usecase::TypedValue{ValueType::kInstant, instant};
    }
    case v1::AttributeValue::kMoneyMinorUnits:
      return usecase::TypedValue{ValueType::kMoney, value.money_minor_units()};
    case v1::AttributeValue::kDecimalValue: {
      ASSIGN_OR_RETURN(
          const int64_t scaled,
          base::ParseDecimal(value.decimal_value(), 4, absl::StrCat(field, ".decimal_value")));
      return usecase::TypedValue{ValueType::kDecimal, scaled};
    }
    case v1::AttributeValue::VALUE_NOT_SET:
      break;
  }
  return base::MakeError(base::Reason::FIELD_REQUIRED, field, "got no value, want exactly one");
}

v1::AttributeOrigin OriginOf(domain::AttributeSource source) {
  // The API and the domain number these alike.
  return static_cast<v1::AttributeOrigin>(source);
}

static_assert(static_cast<int>(ValueType::kEnum) == v1::ATTRIBUTE_TYPE_ENUM);
static_assert(static_cast<int>(ValueType::kInstant) == v1::ATTRIBUTE_TYPE_TIME);
static_assert(static_cast<int>(domain::TextFolding::kNfkcCase) == v1::TEXT_FOLDING_NFKC_CASE);
static_assert(static_cast<int>(domain::AttributeSource::kShippingAddress) ==
              v1::ATTRIBUTE_ORIGIN_RECEIVER_ADDRESSES);
static_assert(static_cast<int>(domain::IdentityKind::kCard) == v1::IDENTITY_KIND_CARD);
static_assert(static_cast<int>(domain::Channel::kApp) == v1::CONSENT_CHANNEL_APP);
static_assert(static_cast<int>(domain::ConsentState::kOptedOut) == v1::CONSENT_STATE_OPTED_OUT);

}  // namespace

v1::Identity ToProto(const domain::Identity& identity, bool reveal) {
  v1::Identity out;
  out.set_kind(static_cast<v1::IdentityKind>(identity.kind));
  out.set_value(reveal ? identity.value : domain::MaskIdentity(identity.kind, identity.value));
  out.set_masked(!reveal);
  *out.mutable_added_at() = ToTimestamp(identity.added_at_ms);
  return out;
}

absl::StatusOr<domain::IdentityKey> FromProto(const v1::Identity& identity,
                                              std::string_view field) {
  ASSIGN_OR_RETURN(const auto kind,
                   EnumFrom<domain::IdentityKind>(identity.kind(), base::StrCat(field, ".kind")));
  return domain::IdentityKey{kind, identity.value()};
}

v1::Member ToProto(const domain::Member& member, const domain::ShopDefinitions& definitions,
                   bool reveal) {
  v1::Member out;
  out.set_member_id(member.id);
  out.set_blocked(member.blocked);
  for (const domain::Identity& identity : member.identities) {
    *out.add_identities() = ToProto(identity, reveal);
  }
  const domain::AttributeCatalogue catalogue(definitions);
  for (const auto& [number, values] : member.attributes) {
    const Attribute* attribute = catalogue.Find(number);
    if (attribute == nullptr) continue;
    const bool masked = attribute->pii && !reveal;
    v1::AttributeValues* added = out.add_attributes();
    added->set_attribute(attribute->name);
    for (const Value& value : values) {
      *added->add_values() = ValueToProto(*attribute, value, masked);
    }
    if (masked) out.add_masked_attributes(attribute->name);
  }
  for (const domain::Consent& consent : member.consents) {
    *out.add_consents() = ToProto(consent, "");
  }
  *out.mutable_created_at() = ToTimestamp(member.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(member.stamp.updated_at_ms);
  out.set_etag(EtagText(member.stamp.etag));
  return out;
}

absl::StatusOr<usecase::MemberInput> FromProto(const v1::Member& member, std::string_view field) {
  const std::string prefix(field);
  usecase::MemberInput out;
  out.member_id = member.member_id();
  for (int i = 0; i < member.identities_size(); ++i) {
    ASSIGN_OR_RETURN(domain::IdentityKey key,
                     FromProto(member.identities(i), absl::StrCat(prefix, ".identities[", i, "]")));
    out.identities.push_back(std::move(key));
  }
  for (int i = 0; i < member.attributes_size(); ++i) {
    const v1::AttributeValues& values = member.attributes(i);
    usecase::AttributeInput attribute{values.attribute(), {}};
    for (int j = 0; j < values.values_size(); ++j) {
      ASSIGN_OR_RETURN(usecase::TypedValue value,
                       ValueFromProto(values.values(j), absl::StrCat(prefix, ".attributes[", i,
                                                                     "].values[", j, "]")));
      attribute.values.push_back(std::move(value));
    }
    out.attributes.push_back(std::move(attribute));
  }
  // A plain bool can't be told unset from false: only blocking is an upsert's wish; UpdateMember
  // with a mask unblocks.
  if (member.blocked()) out.blocked = true;
  ASSIGN_OR_RETURN(out.etag, EtagFromText(member.etag(), absl::StrCat(prefix, ".etag")));
  return out;
}

v1::Consent ToProto(const domain::Consent& consent, std::string_view actor) {
  v1::Consent out;
  out.set_channel(static_cast<v1::ConsentChannel>(consent.channel));
  out.set_state(static_cast<v1::ConsentState>(consent.state));
  *out.mutable_changed_at() = ToTimestamp(consent.changed_at_ms);
  out.set_evidence(consent.evidence);
  out.set_actor_name(std::string(actor));
  return out;
}

absl::StatusOr<usecase::ConsentInput> FromProto(const v1::Consent& consent,
                                                std::string_view field) {
  const std::string prefix(field);
  usecase::ConsentInput out;
  ASSIGN_OR_RETURN(out.channel,
                   EnumFrom<domain::Channel>(consent.channel(), absl::StrCat(prefix, ".channel")));
  ASSIGN_OR_RETURN(out.state,
                   EnumFrom<domain::ConsentState>(consent.state(), absl::StrCat(prefix, ".state")));
  out.evidence = consent.evidence();
  if (consent.has_changed_at()) {
    ASSIGN_OR_RETURN(out.changed_at,
                     FromTimestamp(consent.changed_at(), absl::StrCat(prefix, ".changed_at")));
  }
  return out;
}

v1::Note ToProto(const domain::Note& note, bool reveal) {
  v1::Note out;
  out.set_note_id(note.id);
  if (reveal) out.set_text(note.text);
  out.set_actor_name(note.author);
  *out.mutable_created_at() = ToTimestamp(note.stamp.created_at_ms);
  return out;
}

v1::Attribute ToProto(const Attribute& attribute) {
  v1::Attribute out;
  out.set_attribute(attribute.name);
  for (const std::string& alias : attribute.aliases) out.add_aliases(alias);
  out.set_type(static_cast<v1::AttributeType>(attribute.type));
  out.set_folding(static_cast<v1::TextFolding>(attribute.folding));
  out.set_multi_valued(attribute.multi_valued);
  out.set_personal(attribute.pii);
  for (const std::string& value : attribute.enum_values) out.add_enum_values(value);
  out.set_description(attribute.description);
  out.set_origin(OriginOf(attribute.source));
  if (attribute.number < domain::kFirstCustomAttributeNo) {
    out.set_built_in(true);
    return out;
  }
  *out.mutable_created_at() = ToTimestamp(attribute.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(attribute.stamp.updated_at_ms);
  out.set_etag(EtagText(attribute.stamp.etag));
  return out;
}

absl::StatusOr<Attribute> FromProto(const v1::Attribute& attribute) {
  Attribute out;
  out.name = attribute.attribute();
  out.aliases.assign(attribute.aliases().begin(), attribute.aliases().end());
  // An update leaves them out: they are fixed at creation, which asks for a type.
  if (attribute.type() != v1::ATTRIBUTE_TYPE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(out.type, EnumFrom<ValueType>(attribute.type(), "attribute.type"));
  }
  if (attribute.folding() != v1::TEXT_FOLDING_UNSPECIFIED) {
    ASSIGN_OR_RETURN(out.folding,
                     EnumFrom<domain::TextFolding>(attribute.folding(), "attribute.folding"));
  }
  out.multi_valued = attribute.multi_valued();
  out.pii = attribute.personal();
  out.enum_values.assign(attribute.enum_values().begin(), attribute.enum_values().end());
  out.description = attribute.description();
  return out;
}

}  // namespace segmentation::rpc
