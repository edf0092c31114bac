#include "server/rpc/convert_condition.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/money.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"
#include "server/domain/near_match.h"
#include "server/rpc/convert_resource.h"

namespace segmentation::rpc {
namespace {

namespace cond = domain::condition;
using base::Reason;
using cond::Literal;
using cond::Node;

constexpr int32_t kDecimalDigits = 4;
constexpr size_t kMaxDecimalBytes = 24;

absl::Status Fault(Reason reason, const std::string& path, std::string_view what) {
  return base::MakeError(reason, path, what);
}

absl::Status TooLarge(const std::string& path, size_t limit, std::string_view what) {
  return base::MakeError(Reason::CONDITION_TOO_LARGE, path,
                         absl::StrCat("want at most ", limit, " ", base::ToAbsl(what)),
                         {{"limit", absl::StrCat(limit)}});
}

// Counts nodes and levels without recursion.
absl::Status CheckLimits(const v1::Condition& root, const std::string& path) {
  struct Level {
    const v1::Condition* node;
    int32_t depth;
  };
  std::vector<Level> open = {{&root, 1}};
  int64_t nodes = 1;
  while (!open.empty()) {
    const auto [node, depth] = open.back();
    open.pop_back();
    if (depth > cond::kMaxDepth) return TooLarge(path, cond::kMaxDepth, "levels");
    const auto add = [&](const auto& children) {
      nodes += children.size();
      if (nodes > cond::kMaxNodes) return;
      for (const v1::Condition& child : children) open.push_back({&child, depth + 1});
    };
    if (node->has_all_of()) add(node->all_of().operands());
    if (node->has_any_of()) add(node->any_of().operands());
    if (node->has_negation() && node->negation().has_operand()) {
      ++nodes;
      open.push_back({&node->negation().operand(), depth + 1});
    }
    if (node->has_order_clause()) {
      nodes += node->order_clause().terms_size() + node->order_clause().bounds_size();
    }
    if (nodes > cond::kMaxNodes) return TooLarge(path, cond::kMaxNodes, "nodes");
  }
  return absl::OkStatus();
}

absl::StatusOr<Literal> LiteralFrom(const v1::Literal& message, const std::string& path) {
  switch (message.value_case()) {
    case v1::Literal::kText:
      return Literal{message.text(), {}};
    case v1::Literal::kInteger:
      return Literal{message.integer(), {}};
    case v1::Literal::kDecimal: {
      const absl::StatusOr<int64_t> scaled =
          message.decimal().size() > kMaxDecimalBytes
              ? absl::InvalidArgumentError("too long")
              : base::ParseDecimal(message.decimal(), kDecimalDigits, path);
      if (!scaled.ok()) {
        return Fault(Reason::CONDITION_LITERAL_OUT_OF_RANGE, path + ".decimal",
                     "want an exact number of at most 24 bytes and 4 decimals");
      }
      return Literal{cond::DecimalLiteral{*scaled}, {}};
    }
    case v1::Literal::kBoolean:
      return Literal{message.boolean(), {}};
    case v1::Literal::kRelativeDate: {
      ASSIGN_OR_RETURN(const auto unit,
                       EnumFrom<cond::RelativeDay::Unit>(message.relative_date().unit(),
                                                         path + ".relative_date.unit"));
      return Literal{cond::RelativeDay{unit, message.relative_date().offset()}, {}};
    }
    case v1::Literal::kRollingTime: {
      ASSIGN_OR_RETURN(const auto unit,
                       EnumFrom<cond::RollingTime::Unit>(message.rolling_time().unit(),
                                                         path + ".rolling_time.unit"));
      return Literal{cond::RollingTime{unit, message.rolling_time().offset()}, {}};
    }
    case v1::Literal::VALUE_NOT_SET:
      break;
  }
  return Fault(Reason::CONDITION_SYNTAX, path, "got no value, want one");
}

// An operator and its literals. The span of WITHIN is a length in the API and lies in the past in
// the tree.
template <typename Message>
absl::Status ReadTest(const Message& message, const std::string& path, cond::Operator& op,
                      std::vector<Literal>& literals) {
  ASSIGN_OR_RETURN(op, EnumFrom<cond::Operator>(message.op(), path + ".op"));
  if (static_cast<size_t>(message.values_size()) > cond::kMaxListLiterals) {
    return TooLarge(path + ".values", cond::kMaxListLiterals, "values in a list");
  }
  for (int i = 0; i < message.values_size(); ++i) {
    const std::string place = absl::StrCat(path, ".values[", i, "]");
    ASSIGN_OR_RETURN(Literal literal, LiteralFrom(message.values(i), place));
    auto* const span = std::get_if<cond::RollingTime>(&literal.value);
    if (op == cond::Operator::kWithin && span != nullptr) {
      if (span->amount <= 0) {
        return Fault(Reason::CONDITION_SYNTAX, place + ".rolling_time.offset",
                     "got no length, want 1 or more beside WITHIN");
      }
      span->amount = -span->amount;
    }
    literals.push_back(std::move(literal));
  }
  return absl::OkStatus();
}

absl::StatusOr<Node::Body> LeafFrom(const v1::AttributeCondition& message,
                                    const std::string& path) {
  cond::AttributeLeaf leaf;
  leaf.attribute = absl::AsciiStrToLower(message.attribute());
  RETURN_IF_ERROR(ReadTest(message, path, leaf.op, leaf.literals));
  return leaf;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::TagCondition& message, const std::string& path) {
  cond::TagLeaf leaf;
  leaf.category = message.category();
  if (message.has_value()) leaf.value = message.value();
  if (message.has_number()) {
    cond::TagLeaf::NumberTest& test = leaf.number.emplace();
    RETURN_IF_ERROR(ReadTest(message.number(), path + ".number", test.op, test.literals));
  }
  for (int i = 0; i < message.sources_size(); ++i) {
    ASSIGN_OR_RETURN(const auto source,
                     EnumFrom<domain::TagSource>(static_cast<v1::TagSource>(message.sources(i)),
                                                 absl::StrCat(path, ".sources[", i, "]")));
    leaf.sources.push_back(source);
  }
  if (message.has_since()) {
    ASSIGN_OR_RETURN(leaf.since, LiteralFrom(message.since(), path + ".since"));
  }
  return leaf;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::GroupCondition& message, const std::string& path) {
  cond::GroupLeaf leaf;
  leaf.group_id = message.group_id();
  if (message.has_group_revision()) {
    if (message.group_revision() < 1 ||
        message.group_revision() > std::numeric_limits<int32_t>::max()) {
      return Fault(Reason::CONDITION_LITERAL_OUT_OF_RANGE, path + ".group_revision",
                   "want a revision of the group, from 1");
    }
    leaf.definition_revision = static_cast<int32_t>(message.group_revision());
  }
  return leaf;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::IdentityCondition& message, const std::string& path) {
  ASSIGN_OR_RETURN(const auto kind, EnumFrom<domain::IdentityKind>(message.kind(), path + ".kind"));
  return cond::IdentityLeaf{kind};
}

absl::StatusOr<Node::Body> LeafFrom(const v1::ConsentCondition& message, const std::string& path) {
  cond::ConsentLeaf leaf;
  ASSIGN_OR_RETURN(leaf.channel, EnumFrom<domain::Channel>(message.channel(), path + ".channel"));
  ASSIGN_OR_RETURN(leaf.op, EnumFrom<cond::Operator>(message.op(), path + ".op"));
  if (message.state() != v1::CONSENT_STATE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(leaf.state, EnumFrom<domain::ConsentState>(message.state(), path + ".state"));
  }
  return leaf;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::AnniversaryCondition& message,
                                    const std::string& path) {
  cond::AnniversaryLeaf leaf;
  leaf.attribute = absl::AsciiStrToLower(message.attribute());
  RETURN_IF_ERROR(ReadTest(message, path, leaf.op, leaf.literals));
  return leaf;
}

absl::StatusOr<cond::RowTerm> TermFrom(const v1::RowTerm& message, const std::string& path) {
  cond::RowTerm term;
  const std::optional<cond::RowField> field = cond::FindRowField(message.field());
  if (!field) {
    std::vector<std::string_view> names;
    for (const cond::RowFieldInfo& info : cond::RowFields()) names.push_back(info.name);
    std::string near;
    for (const std::string& name : domain::NearMatches(message.field(), names)) {
      base::StrAppend(&near, near.empty() ? "" : "|", name);
    }
    std::vector<std::pair<std::string, std::string>> metadata;
    if (!near.empty()) metadata.emplace_back("near", near);
    return base::MakeError(Reason::CONDITION_UNKNOWN_ATTRIBUTE, path + ".field",
                           base::StrCat("got ", cond::Quoted(message.field()),
                                        ", which is no field of an order or line"),
                           std::move(metadata));
  }
  term.field = *field;
  term.argument = message.argument();
  RETURN_IF_ERROR(ReadTest(message, path, term.op, term.literals));
  return term;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::OrderClause& message, const std::string& path) {
  cond::OrderClause clause;
  ASSIGN_OR_RETURN(clause.source, EnumFrom<cond::OrderSource>(message.source(), path + ".source"));
  for (int i = 0; i < message.terms_size(); ++i) {
    ASSIGN_OR_RETURN(cond::RowTerm term,
                     TermFrom(message.terms(i), absl::StrCat(path, ".terms[", i, "]")));
    clause.rows.push_back(std::move(term));
  }
  for (int i = 0; i < message.bounds_size(); ++i) {
    const std::string place = absl::StrCat(path, ".bounds[", i, "]");
    cond::AggregateTerm& bound = clause.aggregates.emplace_back();
    ASSIGN_OR_RETURN(bound.aggregate, EnumFrom<cond::RowAggregate>(message.bounds(i).aggregate(),
                                                                   place + ".aggregate"));
    RETURN_IF_ERROR(ReadTest(message.bounds(i), place, bound.op, bound.literals));
  }
  return clause;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::BucketCondition& message, const std::string& path) {
  cond::BucketLeaf leaf;
  leaf.salt = message.salt();
  ASSIGN_OR_RETURN(leaf.op, EnumFrom<cond::Operator>(message.op(), path + ".op"));
  leaf.bound = message.bound_basis_points();
  return leaf;
}

absl::StatusOr<Node::Body> LeafFrom(const v1::TopCondition& message, const std::string& path) {
  cond::TopLeaf leaf;
  switch (message.amount_case()) {
    case v1::TopCondition::kMemberCount:
      leaf.unit = cond::TopLeaf::Unit::kCount;
      leaf.amount = message.member_count();
      break;
    case v1::TopCondition::kShareBasisPoints:
      leaf.unit = cond::TopLeaf::Unit::kPercent;
      leaf.amount = message.share_basis_points();
      break;
    case v1::TopCondition::AMOUNT_NOT_SET:
      return Fault(Reason::CONDITION_SYNTAX, path, "got neither member_count nor a share");
  }
  leaf.attribute = absl::AsciiStrToLower(message.attribute());
  return leaf;
}

// A leaf that has the shape of one; the error of its shape is given the leaf's place.
template <typename Message>
absl::StatusOr<Node> CheckedLeaf(const Message& message, const std::string& path) {
  ASSIGN_OR_RETURN(Node::Body body, LeafFrom(message, path));
  Node leaf{std::move(body), {}};
  const absl::Status shape = cond::CheckShape(leaf);
  if (shape.ok()) return leaf;
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(shape);
  if (!info) return shape;
  std::string_view what = base::FromAbsl(shape.message());
  if (!info->field.empty()) what.remove_prefix(info->field.size() + 2);
  return base::MakeError(info->reason, path, what, info->metadata);
}

// Recurses: CheckLimits comes before it.
absl::StatusOr<Node> NodeFrom(const v1::Condition& message, const std::string& path);

absl::StatusOr<std::vector<Node>> OperandsFrom(
    const google::protobuf::RepeatedPtrField<v1::Condition>& messages, const std::string& path) {
  if (messages.empty()) {
    return Fault(Reason::CONDITION_EMPTY_LIST, path, "got no operand, want two or more");
  }
  if (messages.size() == 1) {
    return Fault(Reason::CONDITION_SYNTAX, path, "got one operand, want two or more");
  }
  std::vector<Node> nodes;
  for (int i = 0; i < messages.size(); ++i) {
    ASSIGN_OR_RETURN(Node node, NodeFrom(messages[i], absl::StrCat(path, ".operands[", i, "]")));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

absl::StatusOr<Node> NodeFrom(const v1::Condition& message, const std::string& path) {
  switch (message.node_case()) {
    case v1::Condition::kAllOf: {
      ASSIGN_OR_RETURN(std::vector<Node> children,
                       OperandsFrom(message.all_of().operands(), path + ".all_of"));
      return Node{cond::And{std::move(children)}, {}};
    }
    case v1::Condition::kAnyOf: {
      ASSIGN_OR_RETURN(std::vector<Node> children,
                       OperandsFrom(message.any_of().operands(), path + ".any_of"));
      return Node{cond::Or{std::move(children)}, {}};
    }
    case v1::Condition::kNegation: {
      ASSIGN_OR_RETURN(Node child,
                       NodeFrom(message.negation().operand(), path + ".negation.operand"));
      return Node{cond::Not{cond::NodeBox(std::move(child))}, {}};
    }
    case v1::Condition::kAttribute:
      return CheckedLeaf(message.attribute(), path + ".attribute");
    case v1::Condition::kOrderClause:
      return CheckedLeaf(message.order_clause(), path + ".order_clause");
    case v1::Condition::kTag:
      return CheckedLeaf(message.tag(), path + ".tag");
    case v1::Condition::kGroup:
      return CheckedLeaf(message.group(), path + ".group");
    case v1::Condition::kIdentity:
      return CheckedLeaf(message.identity(), path + ".identity");
    case v1::Condition::kConsent:
      return CheckedLeaf(message.consent(), path + ".consent");
    case v1::Condition::kAnniversary:
      return CheckedLeaf(message.anniversary(), path + ".anniversary");
    case v1::Condition::kBucket:
      return CheckedLeaf(message.bucket(), path + ".bucket");
    case v1::Condition::kTop:
      return CheckedLeaf(message.top(), path + ".top");
    case v1::Condition::NODE_NOT_SET:
      break;
  }
  return Fault(Reason::CONDITION_SYNTAX, path, "got an empty node, want one of its kinds");
}

void SetLiteral(const Literal& literal, v1::Literal& out) {
  std::visit(cond::Visitor{
                 [&](const std::string& text) { out.set_text(text); },
                 [&](int64_t number) { out.set_integer(number); },
                 [&](const cond::DecimalLiteral& number) {
                   out.set_decimal(base::FormatDecimal(number.scaled, kDecimalDigits));
                 },
                 [&](bool value) { out.set_boolean(value); },
                 [&](const cond::RelativeDay& day) {
                   out.mutable_relative_date()->set_offset(day.amount);
                   out.mutable_relative_date()->set_unit(EnumTo<v1::DateUnit>(day.unit));
                 },
                 [&](const cond::RollingTime& time) {
                   out.mutable_rolling_time()->set_offset(time.amount);
                   out.mutable_rolling_time()->set_unit(EnumTo<v1::RollingUnit>(time.unit));
                 },
             },
             literal.value);
}

template <typename Message>
void SetTest(cond::Operator op, const std::vector<Literal>& literals, Message& out) {
  out.set_op(EnumTo<v1::Operator>(op));
  for (const Literal& literal : literals) {
    v1::Literal* const value = out.add_values();
    SetLiteral(literal, *value);
    if (op == cond::Operator::kWithin && value->has_rolling_time()) {
      value->mutable_rolling_time()->set_offset(-value->rolling_time().offset());
    }
  }
}

void SetLeaf(const cond::TagLeaf& leaf, v1::TagCondition& out) {
  out.set_category(leaf.category);
  if (leaf.value) out.set_value(*leaf.value);
  if (leaf.number) SetTest(leaf.number->op, leaf.number->literals, *out.mutable_number());
  for (domain::TagSource source : leaf.sources) out.add_sources(EnumTo<v1::TagSource>(source));
  if (leaf.since) SetLiteral(*leaf.since, *out.mutable_since());
}

void SetLeaf(const cond::OrderClause& clause, v1::OrderClause& out) {
  out.set_source(EnumTo<v1::OrderSource>(clause.source));
  for (const cond::RowTerm& term : clause.rows) {
    v1::RowTerm* const row = out.add_terms();
    row->set_field(std::string(cond::InfoOf(term.field).name));
    row->set_argument(term.argument);
    SetTest(term.op, term.literals, *row);
  }
  for (const cond::AggregateTerm& term : clause.aggregates) {
    v1::AggregateBound* const bound = out.add_bounds();
    bound->set_aggregate(EnumTo<v1::Aggregate>(term.aggregate));
    SetTest(term.op, term.literals, *bound);
  }
}

void SetLeaf(const cond::TopLeaf& leaf, v1::TopCondition& out) {
  if (leaf.unit == cond::TopLeaf::Unit::kCount) {
    out.set_member_count(leaf.amount);
  } else {
    out.set_share_basis_points(static_cast<int32_t>(leaf.amount));
  }
  out.set_attribute(leaf.attribute);
}

}  // namespace

absl::StatusOr<Node> FromProto(const v1::Condition& condition, std::string_view field) {
  const std::string path(field);
  RETURN_IF_ERROR(CheckLimits(condition, path));
  return NodeFrom(condition, path);
}

v1::Condition ToProto(const Node& node) {
  v1::Condition out;
  std::visit(
      cond::Visitor{
          [&](const cond::And& join) {
            for (const Node& child : join.children) {
              *out.mutable_all_of()->add_operands() = ToProto(child);
            }
          },
          [&](const cond::Or& join) {
            for (const Node& child : join.children) {
              *out.mutable_any_of()->add_operands() = ToProto(child);
            }
          },
          [&](const cond::Not& negation) {
            *out.mutable_negation()->mutable_operand() = ToProto(*negation.child);
          },
          [&](const cond::AttributeLeaf& leaf) {
            out.mutable_attribute()->set_attribute(leaf.attribute);
            SetTest(leaf.op, leaf.literals, *out.mutable_attribute());
          },
          [&](const cond::TagLeaf& leaf) { SetLeaf(leaf, *out.mutable_tag()); },
          [&](const cond::GroupLeaf& leaf) {
            out.mutable_group()->set_group_id(leaf.group_id);
            if (leaf.definition_revision) {
              out.mutable_group()->set_group_revision(*leaf.definition_revision);
            }
          },
          [&](const cond::IdentityLeaf& leaf) {
            out.mutable_identity()->set_kind(EnumTo<v1::IdentityKind>(leaf.kind));
          },
          [&](const cond::ConsentLeaf& leaf) {
            out.mutable_consent()->set_channel(EnumTo<v1::ConsentChannel>(leaf.channel));
            out.mutable_consent()->set_op(EnumTo<v1::Operator>(leaf.op));
            if (leaf.state) {
              out.mutable_consent()->set_state(EnumTo<v1::ConsentState>(*leaf.state));
            }
          },
          [&](const cond::AnniversaryLeaf& leaf) {
            out.mutable_anniversary()->set_attribute(leaf.attribute);
            SetTest(leaf.op, leaf.literals, *out.mutable_anniversary());
          },
          [&](const cond::OrderClause& clause) { SetLeaf(clause, *out.mutable_order_clause()); },
          [&](const cond::BucketLeaf& leaf) {
            out.mutable_bucket()->set_salt(leaf.salt);
            out.mutable_bucket()->set_op(EnumTo<v1::Operator>(leaf.op));
            out.mutable_bucket()->set_bound_basis_points(leaf.bound);
          },
          [&](const cond::TopLeaf& leaf) { SetLeaf(leaf, *out.mutable_top()); },
      },
      node.body);
  return out;
}

absl::StatusOr<usecase::ConditionInput> FromProto(const v1::ConditionInput& input,
                                                  std::string_view field) {
  switch (input.form_case()) {
    case v1::ConditionInput::kText:
      return usecase::ConditionInput(input.text());
    case v1::ConditionInput::kTree: {
      ASSIGN_OR_RETURN(Node tree, FromProto(input.tree(), std::string(field) + ".tree"));
      return usecase::ConditionInput(std::move(tree));
    }
    case v1::ConditionInput::FORM_NOT_SET:
      break;
  }
  return base::MakeError(Reason::FIELD_REQUIRED, field, "got nothing, want text or tree");
}

}  // namespace segmentation::rpc
