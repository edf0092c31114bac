#include "server/storage/mysql/change_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

constexpr int kFormatVersion = 1;

// The time is the database's.
const RowsStatement kInsertChangeLog(
    "kInsertChangeLog", "",
    MultiRowStatement("INSERT INTO change_log (shop_no, revision, cause, committed_at_ms, payload) "
                      "VALUES ",
                      "(?,?,?,CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED),?)"));
const RowsStatement kInsertChangeLogPart =
    InsertRows("kInsertChangeLogPart", "change_log_part", "shop_no, revision, part, payload");
const RowsStatement kInsertPrivateChanges = InsertRows(
    "kInsertPrivateChanges", "change_log_private", "shop_no, member_no, revision, payload");
// Revisions are in commit order, so the old ones are the first ones: no index by time is needed.
const Statement kReadOldestChanges("kReadOldestChanges", "PRIMARY",
                                   "SELECT revision, committed_at_ms FROM change_log "
                                   "WHERE shop_no=? ORDER BY revision LIMIT ?");
// One revision at a time: by a range the optimiser reads the shop's rows whole.
const Statement kTrimPrivateChanges("kTrimPrivateChanges", "ix_change_log_private_revision",
                                    "DELETE FROM change_log_private WHERE shop_no=? AND "
                                    "revision=? LIMIT ?");
const Statement kTrimParts("kTrimParts", "PRIMARY",
                           "DELETE FROM change_log_part WHERE shop_no=? AND revision=? LIMIT ?");
const Statement kTrimChanges("kTrimChanges", "PRIMARY",
                             "DELETE FROM change_log WHERE shop_no=? AND revision<=? "
                             "ORDER BY revision LIMIT ?");

const Statement kListChanges("kListChanges", "PRIMARY",
                             "SELECT revision, cause, committed_at_ms, payload FROM change_log "
                             "WHERE shop_no=? AND revision>? ORDER BY revision LIMIT ?");
const Statement kReadChangeParts("kReadChangeParts", "PRIMARY",
                                 "SELECT payload FROM change_log_part WHERE shop_no=? AND "
                                 "revision=? ORDER BY part");

void FillAttribute(const MemberAttributeRow& row, internal::AttributeImage* image) {
  image->set_member_no(row.member_no);
  image->set_attribute_no(row.attribute_no);
  for (const domain::Value& value : row.values) {
    if (const int64_t* number = std::get_if<int64_t>(&value)) {
      image->add_numbers(*number);
    } else {
      image->add_texts(std::get<std::string>(value));
    }
  }
}

void FillOrder(const WriteSet::OrderWrite& write, internal::OrderImage* image) {
  const domain::Order& order = write.order;
  const domain::OrderMeasure& measure = order.measure;
  image->set_member_no(order.member_no);
  image->set_order_no(order.number);
  image->set_moved_from_member_no(write.moved_from.value_or(0));
  image->set_store_no(order.store_no);
  image->set_status(static_cast<int32_t>(order.status));
  image->set_order_at_ms(measure.order_at);
  image->set_order_day(measure.order_day);
  image->set_counted_from_ms(measure.counted_from);
  image->set_counted_until_ms(measure.counted_until);
  image->set_not_counted_reason(static_cast<int32_t>(measure.reason));
  image->set_paid_minor(measure.paid_minor);
  image->set_freight_minor(order.freight_minor);
  image->set_policy_revision(measure.policy_revision);
  image->set_created_at_ms(order.created_at);
  if (order.paid_at) image->set_paid_at_ms(*order.paid_at);
  if (order.shipped_at) image->set_shipped_at_ms(*order.shipped_at);
  if (order.received_at) image->set_received_at_ms(*order.received_at);
  if (order.finished_at) image->set_finished_at_ms(*order.finished_at);
  image->set_presale(order.presale);
  image->set_cash_on_delivery(order.cash_on_delivery);
  image->set_receipt_automatic(order.receipt_automatic);
  for (const domain::OrderLine& line : order.lines) {
    internal::LineImage* line_image = image->add_lines();
    line_image->set_line_no(line.number);
    line_image->set_product_no(line.product_no);
    line_image->set_quantity(line.quantity);
    line_image->set_unit_price_minor(line.unit_price_minor);
    line_image->set_paid_minor(line.paid_minor);
    line_image->set_is_gift(line.is_gift);
  }
  for (const domain::Refund& refund : order.refunds) {
    for (const domain::RefundPart& part : refund.parts) {
      internal::RefundImage* refund_image = image->add_refunds();
      refund_image->set_line_no(part.line_no);
      refund_image->set_effective_at_ms(refund.effective_at);
      refund_image->set_amount_minor(part.amount_minor);
      refund_image->set_returned_quantity(part.returned_quantity);
    }
  }
}

}  // namespace

ChangeLogWriter::ChangeLogWriter() { entry_.set_format_version(kFormatVersion); }

absl::Status ChangeLogWriter::Add(const ShopHead& before, const WriteSet& rows) {
  AddMembers(rows);
  AddTags(rows);
  for (const WriteSet::OrderWrite& write : rows.orders) FillOrder(write, entry_.add_orders());
  for (const domain::Product& product : rows.products) entry_.add_product_nos(product.number);
  AddDefinitions(before, rows);
  // Every member of private_ gets its number into the entry: at most 5 bytes each.
  const size_t bytes = entry_.ByteSizeLong() + private_.size() * 5;
  if (bytes <= kMaxChangeLogBytes) return absl::OkStatus();
  return base::MakeError(
      base::Reason::BATCH_TOO_LARGE, "",
      base::StrCat("one write changes too much: got ", bytes, " bytes of changes, want at most ",
                   kMaxChangeLogBytes, "; send fewer items at once"),
      {{"limit", base::StrCat(kMaxChangeLogBytes)}});
}

void ChangeLogWriter::AddMembers(const WriteSet& rows) {
  for (const domain::Member& member : rows.members) {
    internal::MemberImage* image = entry_.add_members();
    image->set_member_no(member.number);
    image->set_member_id(member.id);
    image->set_blocked(member.blocked);
    image->set_created_at_ms(member.stamp.created_at_ms);
  }
  for (const auto& [member_no, identity_no] : rows.deleted_identities) {
    private_[member_no].add_removed_identity_nos(identity_no);
  }
  for (const auto& [member_no, identity] : rows.identities) {
    internal::IdentityImage* image = private_[member_no].add_identities();
    image->set_identity_no(identity.number);
    image->set_kind(static_cast<int32_t>(identity.kind));
    image->set_value(identity.value);
  }
  for (const MemberAttributeRow& row : rows.attributes) {
    FillAttribute(row,
                  row.pii ? private_[row.member_no].add_attributes() : entry_.add_attributes());
  }
  for (const auto& [member_no, consent] : rows.consents) {
    internal::ConsentImage* image = entry_.add_consents();
    image->set_member_no(member_no);
    image->set_channel(static_cast<int32_t>(consent.channel));
    image->set_state(static_cast<int32_t>(consent.state));
    image->set_changed_at_ms(consent.changed_at_ms);
  }
}

void ChangeLogWriter::AddTags(const WriteSet& rows) {
  for (const auto& [member_no, tag_no] : rows.deleted_tag_assignments) {
    internal::TagImage* image = entry_.add_tags();
    image->set_member_no(member_no);
    image->set_tag_no(tag_no);
    image->set_removed(true);
  }
  for (const auto& [member_no, assignment] : rows.tag_assignments) {
    internal::TagImage* image = entry_.add_tags();
    image->set_member_no(member_no);
    image->set_tag_no(assignment.tag_no);
    image->set_source(static_cast<int32_t>(assignment.source));
    image->set_assigned_at_ms(assignment.assigned_at_ms);
    if (assignment.expires_at_ms) image->set_expires_at_ms(*assignment.expires_at_ms);
    if (assignment.number) image->set_number(*assignment.number);
  }
}

void ChangeLogWriter::AddDefinitions(const ShopHead& before, const WriteSet& rows) {
  if (rows.head && rows.head->tick_at_ms != before.tick_at_ms) {
    entry_.set_tick_at_ms(rows.head->tick_at_ms);
  }
  for (const domain::GroupNo group_no : rows.deleted_groups) {
    internal::GroupImage* image = entry_.add_groups();
    image->set_group_no(group_no);
    image->set_deleted(true);
  }
  for (const domain::Group& group : rows.groups) {
    internal::GroupImage* image = entry_.add_groups();
    image->set_group_no(group.number);
    image->set_group_revision(group.group_revision);
  }
  if (rows.changes_definitions()) entry_.set_definitions_changed(true);
}

absl::Status ChangeLogWriter::Write(ShopSession& session, domain::Revision revision,
                                    ChangeCause cause) {
  entry_.set_cause(static_cast<internal::ChangeCause>(cause));
  Params rows;
  for (const auto& [member_no, change] : private_) {
    entry_.add_private_member_nos(member_no);
    internal::PrivateChange versioned = change;
    versioned.set_format_version(kFormatVersion);
    Append(rows, {session.shop_no(), member_no, revision});
    rows.emplace_back(versioned.SerializeAsString());
  }
  RETURN_IF_ERROR(session.Write(kInsertPrivateChanges, rows));
  const std::string bytes = entry_.SerializeAsString();
  Params entry = {session.shop_no(), revision, static_cast<int>(cause)};
  entry.emplace_back(bytes.substr(0, kMaxChangeLogRowBytes));
  RETURN_IF_ERROR(session.Write(kInsertChangeLog, entry));
  // One a statement, so that no packet is larger than a row.
  for (size_t part = 1; part * kMaxChangeLogRowBytes < bytes.size(); ++part) {
    Params rest = {session.shop_no(), revision, static_cast<int64_t>(part)};
    rest.emplace_back(bytes.substr(part * kMaxChangeLogRowBytes, kMaxChangeLogRowBytes));
    RETURN_IF_ERROR(session.Write(kInsertChangeLogPart, rest));
  }
  return absl::OkStatus();
}

namespace {

std::vector<domain::MemberNo> MembersOf(const internal::ChangeLogEntry& entry) {
  std::vector<domain::MemberNo> members(entry.private_member_nos().begin(),
                                        entry.private_member_nos().end());
  for (const auto& image : entry.members()) members.push_back(image.member_no());
  for (const auto& image : entry.attributes()) members.push_back(image.member_no());
  for (const auto& image : entry.consents()) members.push_back(image.member_no());
  for (const auto& image : entry.tags()) members.push_back(image.member_no());
  for (const auto& image : entry.orders()) {
    members.push_back(image.member_no());
    if (image.moved_from_member_no() != 0) members.push_back(image.moved_from_member_no());
  }
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

}  // namespace

absl::StatusOr<std::vector<ChangeRow>> ListChanges(ShopSession& session, domain::Revision after,
                                                   int limit) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListChanges, {session.shop_no(), after, limit}));
  std::vector<ChangeRow> changes;
  changes.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    ChangeRow change;
    change.revision = cells.Number<domain::Revision>();
    change.cause = cells.Number<ChangeCause>();
    change.committed_at_ms = cells.Number<int64_t>();
    std::string payload = cells.Text();
    // Only a row that is full may go on in parts.
    if (payload.size() == kMaxChangeLogRowBytes) {
      ASSIGN_OR_RETURN(const ResultSet parts,
                       session.Query(kReadChangeParts, {session.shop_no(), change.revision}));
      for (const ResultSet::Row part : parts) payload += part.Text(0);
    }
    internal::ChangeLogEntry entry;
    if (!entry.ParseFromString(payload) || entry.format_version() != kFormatVersion) {
      return base::MakeError(
          base::Reason::INTERNAL, "",
          base::StrCat("the change log's entry of revision ", change.revision, " is damaged"));
    }
    change.definitions_changed = entry.definitions_changed();
    change.member_nos = MembersOf(entry);
    changes.push_back(std::move(change));
  }
  return changes;
}

// Each takes a few statements, and the transaction must end in time on a slow link too.
constexpr int kMaxTrimmedRevisions = 200;

absl::StatusOr<int64_t> TrimChanges(ShopSession& session, int64_t before_ms, int limit) {
  ASSIGN_OR_RETURN(const ResultSet oldest,
                   session.Query(kReadOldestChanges,
                                 {session.shop_no(), std::min(limit, kMaxTrimmedRevisions)}));
  std::optional<domain::Revision> last;
  int left = limit;
  int revisions = 0;
  for (const ResultSet::Row row : oldest) {
    if (row.Int64(1) >= before_ms) break;
    last = row.Int64(0);
    ++revisions;
    for (const Statement* const rest : {&kTrimPrivateChanges, &kTrimParts}) {
      ASSIGN_OR_RETURN(const uint64_t trimmed,
                       session.Execute(*rest, {session.shop_no(), *last, left}));
      left -= static_cast<int>(trimmed);
      // The entries stay, so that the next call finds the way back here.
      if (left <= 0) return limit;
    }
  }
  if (!last) return 0;
  ASSIGN_OR_RETURN(const uint64_t entries,
                   session.Execute(kTrimChanges, {session.shop_no(), *last, left}));
  if (revisions == kMaxTrimmedRevisions) return limit;  // there may be more
  return limit - left + static_cast<int64_t>(entries);
}

void ListChangeLogStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kListChanges, &kReadChangeParts});
  catalogue.Add({&kReadOldestChanges, &kTrimPrivateChanges, &kTrimParts, &kTrimChanges});
  catalogue.Add({&kInsertChangeLog, &kInsertChangeLogPart, &kInsertPrivateChanges});
}

}  // namespace segmentation::storage::mysql
