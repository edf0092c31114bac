// segctl group check, of, explain: what is asked about single members.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct MembershipFlags {
  std::string group, member, as_of;
  std::vector<std::string> members;
  int64_t revision = 0;
};

absl::Status Check(Session& session, Client& client, const MembershipFlags& flags) {
  v1::CheckMembershipRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  request.set_group_id(flags.group);
  request.set_group_revision(flags.revision);
  for (const std::string& member : flags.members) request.add_member_ids(member);
  absl::StatusOr<v1::CheckMembershipResponse> answer =
      client.CheckMembership(request, session.call());
  if (!answer.ok()) return answer.status();
  Json json = ToJson(*answer);
  for (size_t i = 0; i < json["results"].size() && i < flags.members.size(); ++i) {
    json["results"][i]["member_id"] = flags.members[i];
  }
  if (session.output().json()) {
    session.output().Print(json);
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < answer->results_size(); ++i) {
    const v1::MembershipResult& result = answer->results(i);
    rows.push_back({flags.members[static_cast<size_t>(i)], result.status().code() != 0
                                                               ? result.status().message()
                                                           : result.in_group() ? "yes"
                                                                               : "no"});
  }
  session.output().out() << FormatTable({"member_id", "in_group"}, rows);
  return absl::OkStatus();
}

absl::Status ListGroups(Session& session, Client& client, const MembershipFlags& flags) {
  v1::ListGroupsOfMemberRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  request.set_member_id(flags.member);
  return session.output().PrintList(
      client.ListGroupsOfMember(request, session.call()), "groups",
      {"group_id", "display_name", "group_revision", "status.message"});
}

std::string NameOf(const v1::ExplainedPart& part) {
  switch (part.kind()) {
    case v1::CONDITION_PART_KIND_AND:
      return "all of";
    case v1::CONDITION_PART_KIND_OR:
      return "one of";
    case v1::CONDITION_PART_KIND_NOT:
      return "not";
    default:
      return part.text();
  }
}

// The parts as a tree: + holds, - does not; a star where the answer hangs on it.
absl::Status Draw(Session& session, Client& client, const MembershipFlags& flags,
                  const v1::ExplainMembershipResponse& answer) {
  Output& output = session.output();
  output.Say(absl::StrCat(flags.member, answer.in_group() ? " is in " : " is not in ", flags.group,
                          " (revision ", answer.group_revision(), ")"));
  std::vector<std::vector<std::string>> rows;
  for (const v1::ExplainedPart& part : answer.parts()) {
    rows.push_back({part.decides() ? "*" : "",
                    absl::StrCat(std::string(2 * static_cast<size_t>(part.depth()), ' '),
                                 part.holds() ? "+ " : "- ", NameOf(part)),
                    absl::StrJoin(part.values(), "; ")});
  }
  output.out() << FormatTable({"", "condition", "the member has"}, rows);
  if (!answer.complete()) output.Say("Too much to show: some groups stand without their parts.");
  if (!answer.has_looked_until()) {
    output.Say("When time alone changes this was not worked out.");
    return absl::OkStatus();
  }
  const absl::StatusOr<absl::TimeZone> zone = ShopZone(session, client);
  if (!zone.ok()) return zone.status();
  const auto local = [&](const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%S", FromTimestamp(time), *zone);
  };
  output.Say(answer.has_next_change_at()
                 ? absl::StrCat("If nothing is written, this changes at ",
                                local(answer.next_change_at()), ".")
                 : absl::StrCat("If nothing is written, this stays so until ",
                                local(answer.looked_until()), " at least."));
  return absl::OkStatus();
}

absl::Status Explain(Session& session, Client& client, const MembershipFlags& flags) {
  v1::ExplainMembershipRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  request.set_group_id(flags.group);
  request.set_group_revision(flags.revision);
  request.set_member_id(flags.member);
  const absl::StatusOr<v1::ExplainMembershipResponse> answer =
      client.ExplainMembership(request, session.call());
  if (!answer.ok() || session.output().json()) return PrintAnswer(session, answer);
  return Draw(session, client, flags, *answer);
}

}  // namespace

void AddMembershipCommands(CLI::App& group, Session& session) {
  auto flags = std::make_shared<MembershipFlags>();
  CLI::App* check =
      AddCommand(group, session, "check", "Say of members whether they are in a group",
                 [&session, flags](Client& client) { return Check(session, client, *flags); });
  check->add_option("ID", flags->group)->required();
  check->add_option("MEMBER", flags->members, "member ids")->required();
  check->add_option("--revision", flags->revision, "an older revision");
  check->add_option("--as-of", flags->as_of, "time of the facts; else now");

  CLI::App* of =
      AddCommand(group, session, "of", "List the groups a member is in",
                 [&session, flags](Client& client) { return ListGroups(session, client, *flags); });
  of->add_option("MEMBER", flags->member, "a member id")->required();
  of->add_option("--as-of", flags->as_of, "time of the facts; else now");

  CLI::App* explain =
      AddCommand(group, session, "explain", "Say why a member is in a group, or is not",
                 [&session, flags](Client& client) { return Explain(session, client, *flags); });
  explain->add_option("ID", flags->group)->required();
  explain->add_option("MEMBER", flags->member, "a member id")->required();
  explain->add_option("--revision", flags->revision, "an older revision");
  explain->add_option("--as-of", flags->as_of, "time of the facts; else now");
}

}  // namespace segmentation::cli
