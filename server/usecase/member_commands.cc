#include "server/usecase/member_commands.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/fact_errors.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

// How far a caller's clock may be ahead of ours before its "now" counts as a future.
constexpr base::InstantMs kClockSkewMs = 5 * 60 * 1000;

absl::Status CheckMember(const MemberInput& input) {
  if (!input.member_id.empty()) RETURN_IF_ERROR(domain::ValidateId(input.member_id, "member_id"));
  RETURN_IF_ERROR(domain::ValidateListSize(input.identities.size(), domain::kMaxIdentitiesPerMember,
                                           "identities"));
  return domain::ValidateListSize(input.attributes.size(), domain::kMaxAttributesPerMember,
                                  "attributes");
}

// Writes attributes and the block into the member and stamps it if anything differs.
absl::StatusOr<bool> SetFields(WorkingSet& ws, std::string_view actor, domain::MemberNo member_no,
                               std::span<const CheckedAttribute> attributes,
                               std::optional<bool> blocked) {
  domain::Member edited = *ws.FindMember(member_no);
  bool changed = false;
  for (const CheckedAttribute& attribute : attributes) {
    changed |= SetAttribute(attribute, edited);
  }
  if (blocked && *blocked != edited.blocked) {
    edited.blocked = *blocked;
    changed = true;
  }
  if (edited.attributes.size() > domain::kMaxAttributesPerMember) {
    return MakeError(Reason::LIMIT_REACHED, "attributes", "the member has too many attributes",
                     {{"limit", absl::StrCat(domain::kMaxAttributesPerMember)}});
  }
  if (changed) {
    ws.Restamp(edited.stamp, actor);
    *ws.MutableMember(member_no) = std::move(edited);
  }
  return changed;
}

// Newest first; of two choices at one instant opting out is the one in force.
bool IsNewer(const domain::Consent& a, const domain::Consent& b) {
  if (a.changed_at_ms != b.changed_at_ms) return a.changed_at_ms > b.changed_at_ms;
  return a.state == domain::ConsentState::kOptedOut && b.state == domain::ConsentState::kOptedIn;
}

const domain::Consent* FindConsent(const domain::Member& member, domain::Channel channel) {
  for (const domain::Consent& consent : member.consents) {
    if (consent.channel == channel) return &consent;
  }
  return nullptr;
}

void SetConsent(domain::Member& member, domain::Consent consent) {
  const auto place = std::lower_bound(
      member.consents.begin(), member.consents.end(), consent,
      [](const domain::Consent& a, const domain::Consent& b) { return a.channel < b.channel; });
  if (place != member.consents.end() && place->channel == consent.channel) {
    *place = std::move(consent);
  } else {
    member.consents.insert(place, std::move(consent));
  }
}

}  // namespace

PreparedMember PrepareMember(const domain::Shop& shop, MemberInput input) {
  PreparedMember prepared;
  prepared.status = CheckMember(input);
  if (prepared.status.ok()) {
    auto identities = NormalizeIdentities(input.identities, shop, "identities");
    if (identities.ok()) {
      input.identities = *std::move(identities);
    } else {
      prepared.status = identities.status();
    }
  }
  prepared.input = std::move(input);
  return prepared;
}

void CollectUpsertKeys(const MemberIds& ids, std::string_view shop_id, const MemberInput& input,
                       WriteKeys& keys) {
  keys.parts = keys.parts | storage::MemberParts::kIdentities | storage::MemberParts::kAttributes |
               storage::MemberParts::kConsents;
  CollectMemberKeys(ids, shop_id, {input.member_id, input.identities, "identities"}, keys);
}

absl::StatusOr<UpsertOutcome> ApplyUpsert(WorkingSet& ws, const MemberIds& ids,
                                          const CallContext& context,
                                          const PreparedMember& member) {
  RETURN_IF_ERROR(member.status);
  const MemberInput& input = member.input;
  ASSIGN_OR_RETURN(const std::vector<CheckedAttribute> attributes,
                   CheckAttributes(domain::AttributeCatalogue(ws.definitions()), input.attributes));
  // The etag is of the state the caller read: before anything is added here.
  if (input.etag) {
    const domain::Member* stored = ws.FindMember(input.member_id);
    for (size_t i = 0; stored == nullptr && input.member_id.empty() && i < input.identities.size();
         ++i) {
      stored = ws.FindMember(ws.OwnerOf(input.identities[i]));
    }
    RETURN_IF_ERROR(CheckEtagOf(stored == nullptr ? nullptr : &stored->stamp, input.etag, "etag"));
  }
  ASSIGN_OR_RETURN(const ResolvedMember resolved,
                   ResolveMember(ws, ids, context.shop.id, context.actor,
                                 {input.member_id, input.identities, "identities"}));
  ASSIGN_OR_RETURN(const bool fields_changed,
                   SetFields(ws, context.actor, resolved.member_no, attributes, input.blocked));
  return UpsertOutcome{resolved.member_no, resolved.created,
                       resolved.created || resolved.identities_added || fields_changed};
}

absl::StatusOr<UpsertOutcome> ApplyUpdate(WorkingSet& ws, const MemberIds& ids,
                                          const CallContext& context,
                                          const UpdateMemberInput& update) {
  const MemberInput& input = update.member;
  const MemberMask& mask = update.mask;
  const domain::AttributeCatalogue catalogue(ws.definitions());
  const domain::Member* const stored = ws.FindMember(input.member_id);
  if (stored == nullptr) return MemberNotFound(input.member_id, "member.member_id");
  RETURN_IF_ERROR(CheckEtagOf(&stored->stamp, input.etag, "member.etag"));

  std::vector<CheckedAttribute> attributes;
  if (mask.all_attributes || !mask.attribute_names.empty()) {
    auto given = CheckAttributes(catalogue, input.attributes);
    if (!given.ok()) return base::WithFieldPrefix(given.status(), "member");
    const auto values_of = [&](domain::AttributeNo number) -> CheckedAttribute {
      for (const CheckedAttribute& attribute : *given) {
        if (attribute.number == number) return attribute;
      }
      return {number, {}};
    };
    if (mask.all_attributes) {
      attributes = *given;
      for (const auto& [number, values] : stored->attributes) {
        attributes.push_back(values_of(number));
      }
    }
    for (const std::string& name : mask.attribute_names) {
      ASSIGN_OR_RETURN(const domain::AttributeNo number,
                       FindProfileAttribute(catalogue, name, "update_mask"));
      attributes.push_back(values_of(number));
    }
  }
  const domain::MemberNo member_no = stored->number;
  bool identities_added = false;
  if (mask.identities) {
    ASSIGN_OR_RETURN(const ResolvedMember resolved,
                     ResolveMember(ws, ids, context.shop.id, context.actor,
                                   {input.member_id, input.identities, "member.identities"}));
    identities_added = resolved.identities_added;
  }
  const std::optional<bool> blocked =
      mask.blocked ? std::optional(input.blocked.value_or(false)) : std::nullopt;
  ASSIGN_OR_RETURN(const bool fields_changed,
                   SetFields(ws, context.actor, member_no, attributes, blocked));
  return UpsertOutcome{member_no, false, identities_added || fields_changed};
}

absl::StatusOr<RecordConsentResult> ApplyConsents(WorkingSet& ws, const CallContext& context,
                                                  std::string_view member_id,
                                                  const std::vector<ConsentInput>& consents) {
  const domain::Member* const stored = ws.FindMember(member_id);
  if (stored == nullptr) return MemberNotFound(member_id, "member_id");
  const domain::MemberNo member_no = stored->number;
  RecordConsentResult result;
  std::vector<domain::Channel> channels;
  std::vector<domain::Channel> recorded;  // whose choice in force is of this call
  for (size_t i = 0; i < consents.size(); ++i) {
    const ConsentInput& input = consents[i];
    const std::string field = absl::StrCat("consents[", i, "].changed_at");
    const base::InstantMs changed_at = input.changed_at.value_or(ws.now_ms());
    RETURN_IF_ERROR(domain::ValidateInstant(changed_at, field));
    if (changed_at > ws.now_ms() + kClockSkewMs) {
      return MakeError(Reason::FIELD_OUT_OF_RANGE, field,
                       "got a time in the future, want when the member chose");
    }
    const domain::Consent consent{input.channel, input.state, std::min(changed_at, ws.now_ms()),
                                  input.evidence};
    if (std::find(channels.begin(), channels.end(), input.channel) == channels.end()) {
      channels.push_back(input.channel);
    }
    const domain::Consent* const in_force = FindConsent(*ws.FindMember(member_no), input.channel);
    if (in_force != nullptr && *in_force == consent) continue;  // known already
    ws.AddConsentHistory({member_no, ws.NextEtag(), consent, context.actor});
    if (in_force == nullptr || IsNewer(consent, *in_force)) {
      SetConsent(*ws.MutableMember(member_no), consent);
      recorded.push_back(input.channel);
      result.changed = true;
    }
  }
  const domain::Member& member = *ws.FindMember(member_no);
  for (const domain::Channel channel : channels) {
    result.in_force.push_back(*FindConsent(member, channel));
    const bool ours = std::find(recorded.begin(), recorded.end(), channel) != recorded.end();
    result.actors.push_back(ours ? context.actor : std::string());
  }
  return result;
}

}  // namespace segmentation::usecase
