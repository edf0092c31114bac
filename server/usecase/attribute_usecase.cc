#include "server/usecase/attribute_usecase.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/definition_command.h"
#include "server/usecase/definition_users.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {
namespace {

using domain::Attribute;
using domain::ShopDefinitions;
using domain::ValueType;

bool IsText(ValueType type) { return type == ValueType::kText || type == ValueType::kEnum; }

const Attribute* FindCustom(const ShopDefinitions& definitions, std::string_view name) {
  for (const auto& [number, attribute] : definitions.attributes) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

// Every name and alias in use, but those of attribute `except`.
std::set<std::string, std::less<>> NamesInUse(const ShopDefinitions& definitions,
                                              domain::AttributeNo except) {
  std::set<std::string, std::less<>> names;
  const auto add = [&](const Attribute& attribute) {
    names.insert(attribute.name);
    names.insert(attribute.aliases.begin(), attribute.aliases.end());
  };
  for (const Attribute& attribute : domain::BuiltinAttributes()) add(attribute);
  for (const auto& [number, attribute] : definitions.attributes) {
    if (number != except) add(attribute);
  }
  return names;
}

// Texts of a list: each valid, none twice.
absl::Status CheckList(const std::vector<std::string>& texts, size_t max_count, size_t max_bytes,
                       const std::string& field) {
  RETURN_IF_ERROR(domain::ValidateListSize(texts.size(), max_count, field));
  std::set<std::string_view> seen;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    RETURN_IF_ERROR(domain::ValidateName(texts[i], max_bytes, path));
    if (!seen.insert(texts[i]).second) {
      return base::MakeError(base::Reason::FIELD_INVALID, path, "got the same text twice");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAttribute(const Attribute& attribute, const ShopDefinitions& definitions) {
  RETURN_IF_ERROR(CheckList(attribute.aliases, domain::kMaxAliasesPerAttribute,
                            domain::kMaxAttributeNameBytes, "attribute.aliases"));
  RETURN_IF_ERROR(domain::ValidateText(attribute.description, domain::kMaxDescriptionBytes,
                                       "attribute.description"));
  if (attribute.type == ValueType::kEnum) {
    if (attribute.enum_values.empty()) {
      return base::MakeError(base::Reason::FIELD_REQUIRED, "attribute.enum_values",
                             "got none, want 1 to 1,000 values");
    }
    RETURN_IF_ERROR(CheckList(attribute.enum_values, domain::kMaxEnumValuesPerAttribute,
                              domain::kMaxNameBytes, "attribute.enum_values"));
  } else if (!attribute.enum_values.empty()) {
    return base::MakeError(base::Reason::FIELD_INVALID, "attribute.enum_values",
                           "got values, want none for a type that is not ENUM");
  }
  if (!IsText(attribute.type) && attribute.folding != domain::TextFolding::kExact) {
    return base::MakeError(base::Reason::FIELD_INVALID, "attribute.folding",
                           "got a folding, want none for a type that is not text");
  }
  // A keyword can't stand for an attribute in a condition's text.
  if (domain::condition::IsReservedWord(attribute.name)) {
    return base::MakeError(base::Reason::FIELD_INVALID, "attribute.attribute",
                           "got a word that conditions use themselves");
  }
  for (size_t i = 0; i < attribute.aliases.size(); ++i) {
    if (domain::condition::IsReservedWord(attribute.aliases[i])) {
      return base::MakeError(base::Reason::FIELD_INVALID,
                             absl::StrCat("attribute.aliases[", i, "]"),
                             "got a word that conditions use themselves");
    }
  }
  const std::set<std::string, std::less<>> used = NamesInUse(definitions, attribute.number);
  if (used.contains(attribute.name)) {
    return base::MakeError(base::Reason::ALREADY_EXISTS, "attribute.attribute",
                           "an attribute or alias of this name exists");
  }
  for (size_t i = 0; i < attribute.aliases.size(); ++i) {
    if (used.contains(attribute.aliases[i]) || attribute.aliases[i] == attribute.name) {
      return base::MakeError(base::Reason::ALREADY_EXISTS,
                             absl::StrCat("attribute.aliases[", i, "]"),
                             "an attribute or alias of this name exists");
    }
  }
  return absl::OkStatus();
}

// Values that `now` no longer lists must be used by nobody.
absl::Status CheckRemovedValues(const Attribute& before, const Attribute& now, WorkingSet& ws) {
  for (const std::string& value : before.enum_values) {
    if (std::find(now.enum_values.begin(), now.enum_values.end(), value) != now.enum_values.end()) {
      continue;
    }
    const std::string folded = base::Fold(static_cast<base::Folding>(before.folding), value);
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) {
          auto found = use.enum_values.find(before.number);
          return found != use.enum_values.end() && found->second.contains(folded);
        },
        "attribute.enum_values"));
    ASSIGN_OR_RETURN(const bool used, ws.reader().IsAttributeUsed(before, value));
    if (used) {
      return base::MakeError(base::Reason::RESOURCE_IN_USE, "attribute.enum_values",
                             absl::StrCat("members have the value '", value, "'"),
                             {{"used_by", "members"}});
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AttributeUsecase::Create(CallContext context, Attribute attribute,
                              AnswerEncoder<AttributeResult> encode, WriteCallback done) {
  auto decide = [attribute = std::move(attribute), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    Attribute row = attribute;
    row.number = 0;
    row.source = domain::AttributeSource::kProfile;
    row.aggregate = domain::OrderAggregate::kNone;
    RETURN_IF_ERROR(domain::ValidateAttributeName(row.name, "attribute.attribute"));
    RETURN_IF_ERROR(CheckAttribute(row, ws.definitions()));
    RETURN_IF_ERROR(CheckRoom(ws.definitions().attributes.size(),
                              domain::kMaxCustomAttributesPerShop, "attribute",
                              "custom attributes"));
    row.number = ws.TakeAttributeNo();
    row.stamp = ws.NewStamp(call.actor);
    ws.PutAttribute(row);
    return encode({&ws.definitions().attributes.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void AttributeUsecase::Update(CallContext context, UpdateAttributeInput update,
                              AnswerEncoder<AttributeResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Attribute* stored = FindCustom(ws.definitions(), update.attribute.name);
    if (stored == nullptr) {
      return base::MakeError(base::Reason::ATTRIBUTE_NOT_FOUND, "attribute.attribute",
                             "no such custom attribute");
    }
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    RETURN_IF_ERROR(
        CheckMask(update.set_aliases || update.set_enum_values || update.set_description,
                  "aliases, enum_values, description"));
    Attribute row = *stored;
    if (update.set_aliases) row.aliases = update.attribute.aliases;
    if (update.set_enum_values) row.enum_values = update.attribute.enum_values;
    if (update.set_description) row.description = update.attribute.description;
    RETURN_IF_ERROR(CheckAttribute(row, ws.definitions()));
    RETURN_IF_ERROR(CheckRemovedValues(*stored, row, ws));
    if (row.aliases == stored->aliases && row.enum_values == stored->enum_values &&
        row.description == stored->description) {
      return encode({stored}, ws.answer_context());
    }
    // A value that folds like one in use could take its place.
    GroupUses before;
    const bool may_rebind =
        row.enum_values != stored->enum_values || row.aliases != stored->aliases;
    if (may_rebind) {
      ASSIGN_OR_RETURN(before, ReadGroupUses(ws.definitions(), ws.reader()));
    }
    ws.Restamp(row.stamp, call.actor);
    ws.PutAttribute(row);
    if (may_rebind) {
      RETURN_IF_ERROR(
          CheckBoundAsBefore(before, ws.definitions(), ws.reader(), "attribute.enum_values"));
    }
    return encode({&ws.definitions().attributes.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void AttributeUsecase::Delete(CallContext context, std::string name,
                              std::optional<domain::Etag> etag, AnswerEncoder<DeletedResult> encode,
                              WriteCallback done) {
  auto decide = [name = std::move(name), etag, encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Attribute* stored = FindCustom(ws.definitions(), name);
    if (stored == nullptr) {
      return base::MakeError(base::Reason::ATTRIBUTE_NOT_FOUND, "attribute",
                             "no such custom attribute");
    }
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) { return use.attributes.contains(stored->number); },
        "attribute"));
    ws.DeleteAttribute(stored->number);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

}  // namespace segmentation::usecase
