// segctl group compare, refine: groups and conditions beside each other.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct ComparisonFlags {
  std::vector<std::string> rows, columns;
  std::string within, as_of;
};

// A condition has a blank or an operator in it; anything else is the id of a group.
v1::ComparedGroup ParseSide(const std::string& text) {
  v1::ComparedGroup side;
  if (text.find_first_of(" \t\n=<>(") == std::string::npos) {
    side.set_group_id(text);
  } else {
    side.mutable_condition()->set_text(text);
  }
  return side;
}

std::string Share(int64_t part, int64_t whole) {
  if (whole == 0) return "";
  return absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

absl::StatusOr<v1::CompareGroupsResponse> Ask(Session& session, Client& client,
                                              const ComparisonFlags& flags) {
  v1::CompareGroupsRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  for (const std::string& row : flags.rows) *request.add_rows() = ParseSide(row);
  for (const std::string& column : flags.columns) *request.add_columns() = ParseSide(column);
  if (!flags.within.empty()) *request.mutable_within() = ParseSide(flags.within);
  return client.CompareGroups(request, session.call());
}

// A table with the rows' members in each column, and the ends of both lists.
absl::Status Compare(Session& session, Client& client, const ComparisonFlags& flags) {
  const absl::StatusOr<v1::CompareGroupsResponse> answer = Ask(session, client, flags);
  if (!answer.ok() || session.output().json()) return PrintAnswer(session, answer);
  std::vector<std::string> headers{""};
  for (const std::string& column : flags.columns) headers.push_back(column);
  if (!flags.columns.empty()) headers.emplace_back("in no column");
  headers.emplace_back("all");
  std::vector<std::vector<std::string>> table;
  for (int r = 0; r < answer->rows_size(); ++r) {
    std::vector<std::string>& line = table.emplace_back();
    line.push_back(flags.rows[static_cast<size_t>(r)]);
    for (const int64_t count : answer->cells(r).member_counts()) line.push_back(GroupDigits(count));
    if (!flags.columns.empty()) line.push_back(GroupDigits(answer->rows(r).alone_count()));
    line.push_back(GroupDigits(answer->rows(r).member_count()));
  }
  std::vector<std::string> alone{"in no row"}, all{"all"};
  for (const v1::ComparedTotal& column : answer->columns()) {
    alone.push_back(GroupDigits(column.alone_count()));
    all.push_back(GroupDigits(column.member_count()));
  }
  if (!flags.columns.empty()) {
    alone.push_back(GroupDigits(answer->neither_count()));
    alone.emplace_back("");
    all.emplace_back("");
  } else {
    alone.push_back(GroupDigits(answer->neither_count()));
  }
  all.push_back(GroupDigits(answer->within_count()));
  table.push_back(std::move(alone));
  table.push_back(std::move(all));
  session.output().out() << FormatTable(headers, table);
  return absl::OkStatus();
}

// A group parted by conditions: how many of it meet each, and how many none.
absl::Status Refine(Session& session, Client& client, const ComparisonFlags& flags) {
  const absl::StatusOr<v1::CompareGroupsResponse> answer = Ask(session, client, flags);
  if (!answer.ok() || session.output().json()) return PrintAnswer(session, answer);
  const int64_t whole = answer->within_count();
  std::vector<std::vector<std::string>> table;
  for (int r = 0; r < answer->rows_size(); ++r) {
    const int64_t count = answer->rows(r).member_count();
    table.push_back({flags.rows[static_cast<size_t>(r)], GroupDigits(count), Share(count, whole)});
  }
  table.push_back({"none of them", GroupDigits(answer->neither_count()),
                   Share(answer->neither_count(), whole)});
  table.push_back({flags.within, GroupDigits(whole), Share(whole, whole)});
  session.output().out() << FormatTable({"sub-group", "members", "share"}, table);
  return absl::OkStatus();
}

}  // namespace

void AddComparisonCommands(CLI::App& group, Session& session) {
  auto flags = std::make_shared<ComparisonFlags>();
  CLI::App* compare =
      AddCommand(group, session, "compare", "Count how groups or conditions overlap, pair by pair",
                 [&session, flags](Client& client) { return Compare(session, client, *flags); });
  compare->add_option("--row", flags->rows, "a group's id or a condition; up to 32 times")
      ->required();
  compare->add_option("--column", flags->columns, "a group's id or a condition; up to 32 times");
  compare->add_option("--within", flags->within,
                      "look at members of this group or condition alone");
  compare->add_option("--as-of", flags->as_of, "time of the facts; else now");

  CLI::App* refine =
      AddCommand(group, session, "refine", "Count the sub-groups that conditions make of a group",
                 [&session, flags](Client& client) { return Refine(session, client, *flags); });
  refine->add_option("GROUP", flags->within, "a group's id or a condition")->required();
  refine->add_option("CONDITION", flags->rows, "a group's id or a condition, up to 32")->required();
  refine->add_option("--as-of", flags->as_of, "time of the facts; else now");
}

}  // namespace segmentation::cli
