#include "server/storage/mysql/tag_store.h"

#include <limits>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

using domain::TagAssignment;

const std::string kAssignmentColumns = base::StrCat(
    "source, confidence_percent, assigned_at_ms, expires_at_ms, number_value, actor, "
    "reference, ",
    kStampColumns);

const ChildStatement kReadTagAssignments("kReadTagAssignments", "tag_assignment",
                                         base::StrCat("member_no, tag_no, ", kAssignmentColumns),
                                         "member_no, tag_no");
const RowsStatement kUpsertTagAssignments =
    UpsertRows("kUpsertTagAssignments", "tag_assignment", "shop_no, member_no, tag_no", "",
               kAssignmentColumns, OtherUniqueKey::kNone);
// Both indexes hold the whole key.
const RowsStatement kDeleteTagAssignments =
    DeleteByKeys("kDeleteTagAssignments", "tag_assignment", "member_no, tag_no",
                 "PRIMARY or ix_tag_assignment_tag");
const RowsStatement kDeleteAssignmentsOfTags(
    "kDeleteAssignmentsOfTags", "ix_tag_assignment_tag",
    MultiRowStatement("DELETE FROM tag_assignment WHERE shop_no=? AND tag_no IN (", "?", ")"));

constexpr std::string_view kHistoryColumns =
    "revision, ordinal, tag_no, action, source, confidence_percent, at_ms, assigned_at_ms, "
    "expires_at_ms, number_value, actor, reference";
const Statement kListTagHistory(
    "kListTagHistory", "PRIMARY",
    base::StrCat("SELECT ", kHistoryColumns,
                 " FROM tag_history WHERE shop_no=? AND member_no=? AND (revision<? OR "
                 "(revision=? AND ordinal<?)) ORDER BY revision DESC, ordinal DESC LIMIT ?"));
const RowsStatement kInsertTagHistory = InsertRows(
    "kInsertTagHistory", "tag_history", base::StrCat("shop_no, member_no, ", kHistoryColumns));

}  // namespace

absl::StatusOr<std::vector<std::pair<domain::MemberNo, TagAssignment>>> ReadTagAssignments(
    ShopSession& session, const MemberSelection& selection) {
  ASSIGN_OR_RETURN(const ResultSet rows, QueryChildren(session, kReadTagAssignments, selection));
  std::vector<std::pair<domain::MemberNo, TagAssignment>> assignments;
  assignments.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const domain::MemberNo member_no = cells.Number<domain::MemberNo>();
    TagAssignment assignment;
    assignment.tag_no = cells.Number<domain::TagNo>();
    assignment.source = cells.Number<domain::TagSource>();
    assignment.confidence_percent = cells.Number<int32_t>();
    assignment.assigned_at_ms = cells.Number<int64_t>();
    assignment.expires_at_ms = cells.OptionalNumber();
    assignment.number = cells.OptionalNumber();
    assignment.actor = cells.Text();
    assignment.reference = cells.Text();
    assignment.stamp = cells.Stamp();
    assignments.emplace_back(member_no, std::move(assignment));
  }
  return assignments;
}

absl::StatusOr<std::vector<TagHistoryRow>> ListTagHistory(ShopSession& session,
                                                          domain::MemberNo member_no,
                                                          std::optional<domain::Etag> before,
                                                          int limit) {
  const domain::Etag end = before.value_or(domain::Etag{std::numeric_limits<int64_t>::max(), 0});
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListTagHistory, {session.shop_no(), member_no, end.revision,
                                                   end.revision, end.ordinal, limit}));
  std::vector<TagHistoryRow> history;
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    TagHistoryRow entry;
    entry.member_no = member_no;
    entry.at.revision = cells.Number<domain::Revision>();
    entry.at.ordinal = cells.Number<int32_t>();
    entry.assignment.tag_no = cells.Number<domain::TagNo>();
    entry.action = cells.Number<TagHistoryRow::Action>();
    entry.assignment.source = cells.Number<domain::TagSource>();
    entry.assignment.confidence_percent = cells.Number<int32_t>();
    entry.at_ms = cells.Number<int64_t>();
    entry.assignment.assigned_at_ms = cells.Number<int64_t>();
    entry.assignment.expires_at_ms = cells.OptionalNumber();
    entry.assignment.number = cells.OptionalNumber();
    entry.assignment.actor = cells.Text();
    entry.assignment.reference = cells.Text();
    history.push_back(std::move(entry));
  }
  return history;
}

absl::Status DeleteTagRows(ShopSession& session, const WriteSet& rows) {
  Params keys;
  for (const auto& [member_no, tag_no] : rows.deleted_tag_assignments) {
    Append(keys, {member_no, tag_no});
  }
  return session.DeleteKeys(kDeleteTagAssignments, std::move(keys));
}

absl::Status WriteTagRows(ShopSession& session, const WriteSet& rows) {
  Params assignments;
  for (const auto& [member_no, assignment] : rows.tag_assignments) {
    Append(assignments,
           {session.shop_no(), member_no, assignment.tag_no, static_cast<int>(assignment.source),
            assignment.confidence_percent, assignment.assigned_at_ms, assignment.expires_at_ms,
            assignment.number, assignment.actor, assignment.reference});
    AppendStamp(assignments, assignment.stamp);
  }
  RETURN_IF_ERROR(session.Write(kUpsertTagAssignments, assignments));
  Params history;
  for (const TagHistoryRow& row : rows.tag_history) {
    const TagAssignment& assignment = row.assignment;
    Append(history,
           {session.shop_no(), row.member_no, row.at.revision, row.at.ordinal, assignment.tag_no,
            static_cast<int>(row.action), static_cast<int>(assignment.source),
            assignment.confidence_percent, row.at_ms, assignment.assigned_at_ms,
            assignment.expires_at_ms, assignment.number, assignment.actor, assignment.reference});
  }
  return session.Write(kInsertTagHistory, history);
}

absl::Status DeleteAssignmentsOfTags(ShopSession& session, std::span<const domain::TagNo> tag_nos) {
  return session.DeleteKeys(kDeleteAssignmentsOfTags, KeysOf(tag_nos));
}

void ListTagStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadTagAssignments.in_range, &kListTagHistory});
  catalogue.Add({&kReadTagAssignments.of_members, &kUpsertTagAssignments, &kDeleteTagAssignments,
                 &kDeleteAssignmentsOfTags, &kInsertTagHistory});
}

}  // namespace segmentation::storage::mysql
