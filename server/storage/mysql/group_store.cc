#include "server/storage/mysql/group_store.h"

#include <limits>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

const std::string kGroupColumns = base::StrCat(
    "name, condition_text, grammar_version, group_revision, note, owner, ", kStampColumns);
const Statement kReadGroups("kReadGroups", "PRIMARY",
                            base::StrCat("SELECT group_no, group_id, ", kGroupColumns,
                                         " FROM member_group WHERE shop_no=? ORDER BY group_no"));
const RowsStatement kUpsertGroups = UpsertRows("kUpsertGroups", "member_group", "shop_no, group_no",
                                               "group_id", kGroupColumns, OtherUniqueKey::kGuarded);
const RowsStatement kDeleteGroups = DeleteByKeys("kDeleteGroups", "member_group", "group_no");

const std::string kRevisionColumns =
    base::StrCat("name, condition_text, grammar_version, ", kStampColumns);
const Statement kListGroupRevisions(
    "kListGroupRevisions", "PRIMARY",
    base::StrCat("SELECT group_revision, ", kRevisionColumns,
                 " FROM member_group_revision WHERE shop_no=? AND group_no=? AND group_revision<? "
                 "ORDER BY group_revision DESC LIMIT ?"));
const RowsStatement kUpsertGroupRevisions =
    UpsertRows("kUpsertGroupRevisions", "member_group_revision",
               "shop_no, group_no, group_revision", "", kRevisionColumns, OtherUniqueKey::kNone);

const Statement kReadGroupReferences(
    "kReadGroupReferences", "PRIMARY",
    "SELECT group_no, referenced_group_no FROM member_group_reference FORCE INDEX (PRIMARY) "
    "WHERE shop_no=? ORDER BY group_no, referenced_group_no");
const RowsStatement kInsertGroupReferences = InsertRows(
    "kInsertGroupReferences", "member_group_reference", "shop_no, group_no, referenced_group_no");
const RowsStatement kDeleteGroupReferences =
    DeleteByKeys("kDeleteGroupReferences", "member_group_reference", "group_no");

const Statement kReadRetiredGroups(
    "kReadRetiredGroups", "PRIMARY",
    "SELECT group_id FROM retired_group WHERE shop_no=? ORDER BY group_id");
const RowsStatement kInsertRetiredGroups =
    InsertRows("kInsertRetiredGroups", "retired_group", "shop_no, group_id");

}  // namespace

absl::Status ReadGroups(ShopSession& session, domain::ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadGroups, {session.shop_no()}));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    domain::Group group;
    group.number = cells.Number<domain::GroupNo>();
    group.id = cells.Text();
    group.name = cells.Text();
    group.condition_text = cells.Text();
    group.grammar_version = cells.Number<int32_t>();
    group.group_revision = cells.Number<int32_t>();
    group.note = cells.Text();
    group.owner = cells.Text();
    group.stamp = cells.Stamp();
    definitions.groups.emplace(group.number, std::move(group));
  }
  ASSIGN_OR_RETURN(const ResultSet references,
                   session.Query(kReadGroupReferences, {session.shop_no()}));
  for (const ResultSet::Row row : references) {
    RowCursor cells(row);
    const auto group = definitions.groups.find(cells.Number<domain::GroupNo>());
    if (group == definitions.groups.end()) continue;
    group->second.references.push_back(cells.Number<domain::GroupNo>());
  }
  ASSIGN_OR_RETURN(const ResultSet retired, session.Query(kReadRetiredGroups, {session.shop_no()}));
  for (const ResultSet::Row row : retired) {
    definitions.retired_group_ids.insert(RowCursor(row).Text());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GroupRevisionRow>> ListGroupRevisions(ShopSession& session,
                                                                 domain::GroupNo group_no,
                                                                 int32_t before_group_revision,
                                                                 int limit) {
  const int32_t before =
      before_group_revision == 0 ? std::numeric_limits<int32_t>::max() : before_group_revision;
  ASSIGN_OR_RETURN(
      const ResultSet rows,
      session.Query(kListGroupRevisions, {session.shop_no(), group_no, before, limit}));
  std::vector<GroupRevisionRow> revisions;
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    GroupRevisionRow revision;
    revision.group_no = group_no;
    revision.group_revision = cells.Number<int32_t>();
    revision.name = cells.Text();
    revision.condition_text = cells.Text();
    revision.grammar_version = cells.Number<int32_t>();
    revision.stamp = cells.Stamp();
    revisions.push_back(std::move(revision));
  }
  return revisions;
}

absl::Status DeleteGroupRows(ShopSession& session, const WriteSet& rows) {
  const std::span<const domain::GroupNo> nos(rows.deleted_groups);
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteGroups, KeysOf(nos)));
  return session.DeleteKeys(kDeleteGroupReferences, KeysOf(nos));
}

absl::Status WriteGroupRows(ShopSession& session, const WriteSet& rows) {
  Params groups, revisions, references, cleared, retired;
  for (const domain::Group& group : rows.groups) {
    Append(groups, {session.shop_no(), group.number, group.id, group.name, group.condition_text,
                    group.grammar_version, group.group_revision, group.note, group.owner});
    AppendStamp(groups, group.stamp);
    Append(revisions, {session.shop_no(), group.number, group.group_revision, group.name,
                       group.condition_text, group.grammar_version});
    AppendStamp(revisions, group.stamp);
    cleared.emplace_back(group.number);
    for (const domain::GroupNo referenced : group.references) {
      Append(references, {session.shop_no(), group.number, referenced});
    }
  }
  for (const GroupRevisionRow& row : rows.group_revisions) {
    Append(revisions, {session.shop_no(), row.group_no, row.group_revision, row.name,
                       row.condition_text, row.grammar_version});
    AppendStamp(revisions, row.stamp);
  }
  for (const std::string& group_id : rows.retired_group_ids) {
    Append(retired, {session.shop_no(), group_id});
  }
  RETURN_IF_ERROR(session.Write(kInsertRetiredGroups, retired));
  RETURN_IF_ERROR(session.Write(kUpsertGroups, groups));
  RETURN_IF_ERROR(session.Write(kUpsertGroupRevisions, revisions));
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteGroupReferences, std::move(cleared)));
  return session.Write(kInsertGroupReferences, references);
}

void ListGroupStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadGroups, &kListGroupRevisions, &kReadGroupReferences, &kReadRetiredGroups});
  catalogue.Add({&kUpsertGroups, &kDeleteGroups, &kUpsertGroupRevisions, &kInsertGroupReferences,
                 &kDeleteGroupReferences, &kInsertRetiredGroups});
}

}  // namespace segmentation::storage::mysql
