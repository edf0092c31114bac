// segctl group.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct GroupFlags {
  std::string id, name, description, owner, condition, etag, as_of, cursor, identity;
  std::string of_category, of_tag, of_attribute, of_promotion;
  int64_t revision = 0;
  int64_t limit = 0;
  int samples = 5;
  bool force = false, clauses = false, revisions = false;
};

// The condition of a flag: text, or @FILE.
absl::StatusOr<std::string> ReadCondition(Session& session, const std::string& given) {
  std::string text = given;
  if (!given.empty() && given[0] == '@') {
    std::ifstream file(given.substr(1), std::ios::binary);
    if (!file) return absl::NotFoundError("cannot read " + given.substr(1));
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  session.condition = text;
  return text;
}

absl::Status Preview(Session& session, Client& client, const GroupFlags& flags) {
  v1::PreviewGroupRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  auto condition = ReadCondition(session, flags.condition);
  if (!condition.ok()) return condition.status();
  request.mutable_condition()->set_text(*condition);
  request.set_sample_size(flags.samples);
  request.set_split_clauses(flags.clauses);
  absl::StatusOr<v1::PreviewGroupResponse> answer = client.PreviewGroup(request, session.call());
  if (!answer.ok()) return answer.status();
  Output& output = session.output();
  if (output.json()) {
    output.Print(*answer);
    return absl::OkStatus();
  }
  const double share = answer->population_count() == 0
                           ? 0
                           : 100.0 * static_cast<double>(answer->member_count()) /
                                 static_cast<double>(answer->population_count());
  output.Say(answer->condition_text());
  output.Say(absl::StrCat(
      GroupDigits(answer->member_count()), " of ", GroupDigits(answer->population_count()),
      " members", absl::StrFormat(" (%.1f %%)", share), answer->stamp().exact() ? ", exact" : ""));
  if (!answer->clauses().empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const v1::ClauseCount& clause : answer->clauses()) {
      rows.push_back(
          {GroupDigits(clause.member_count()), GroupDigits(clause.running_count()), clause.text()});
    }
    output.out() << FormatTable({"alone", "so far", "clause"}, rows);
  }
  for (const v1::SampleMember& sample : answer->samples()) {
    output.Say(absl::StrCat("  e.g. ", sample.member_id(), sample.masked_name().empty() ? "" : "  ",
                            sample.masked_name()));
  }
  return absl::OkStatus();
}

// Values one a line; with --json an object a line, so that nothing is held in memory.
absl::Status Stream(Session& session, Client& client, const GroupFlags& flags) {
  v1::StreamGroupMembersRequest request;
  absl::Status status = SetShopAndAsOf(session, client, flags.as_of, &request);
  if (!status.ok()) return status;
  request.set_group_id(flags.id);
  request.set_group_revision(flags.revision);
  request.set_resume_cursor(flags.cursor);
  if (!flags.identity.empty()) {
    auto kind = ParseEnum<v1::IdentityKind>(*v1::IdentityKind_descriptor(), "IDENTITY_KIND_",
                                            "--identity", flags.identity);
    if (!kind.ok()) return kind.status();
    request.set_identity_kind(*kind);
    request.set_reveal_purpose(session.flags().purpose);
  }
  Output& output = session.output();
  ProgressBar bar(output.err(), session.live_progress(), "stream", absl::Now);
  MemberStream stream = client.StreamGroupMembers(request, session.call());
  int64_t count = 0;
  while (true) {
    absl::StatusOr<std::vector<std::string_view>> values = stream.NextChunk();
    if (!values.ok()) {
      if (!stream.cursor().empty()) {
        output.err() << "to go on after the last line printed: --cursor " << stream.cursor()
                     << "\n";
      }
      return values.status();
    }
    if (values->empty()) break;
    for (const std::string_view value : *values) {
      if (output.json()) {
        output.out() << Json(std::string(value)).dump() << "\n";
      } else {
        output.out() << value << "\n";
      }
    }
    count += static_cast<int64_t>(values->size());
    bar.Update(count, -1);
  }
  bar.Finish(count);
  if (output.json()) {
    output.out() << Json{{"summary", ToJson(*stream.summary())}}.dump() << "\n";
  }
  return absl::OkStatus();
}

absl::Status References(Session& session, Client& client, const GroupFlags& flags) {
  v1::ListReferencesRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  if (!flags.of_tag.empty()) {
    const size_t slash = flags.of_tag.find('/');
    if (slash == std::string::npos) {
      return absl::InvalidArgumentError("--tag: got '" + flags.of_tag +
                                        "', want CATEGORY_ID/VALUE");
    }
    request.mutable_tag()->set_category_id(flags.of_tag.substr(0, slash));
    request.mutable_tag()->set_value(flags.of_tag.substr(slash + 1));
  } else if (!flags.of_category.empty()) {
    request.set_category_id(flags.of_category);
  } else if (!flags.of_attribute.empty()) {
    request.set_attribute(flags.of_attribute);
  } else if (!flags.of_promotion.empty()) {
    request.set_promotion_id(flags.of_promotion);
  } else {
    request.set_group_id(flags.id);
  }
  return session.output().PrintList(client.ListReferences(request, session.call()), "references",
                                    {"group_id", "display_name", "group_revision"});
}

void AddDefinitionCommands(CLI::App& group, Session& session,
                           const std::shared_ptr<GroupFlags>& flags) {
  CLI::App* create = AddCommand(
      group, session, "create", "Save a group", [&session, flags](Client& client) -> absl::Status {
        v1::CreateGroupRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        auto condition = ReadCondition(session, flags->condition);
        if (!condition.ok()) return condition.status();
        request.mutable_group()->set_group_id(flags->id);
        request.mutable_group()->set_display_name(flags->name);
        request.mutable_group()->set_description(flags->description);
        request.mutable_group()->set_owner(flags->owner);
        request.mutable_condition()->set_text(*condition);
        return PrintAnswer(session, client.CreateGroup(request, session.call()));
      });
  create->add_option("ID", flags->id)->required();
  create->add_option("CONDITION", flags->condition, "the condition, or @FILE")->required();
  create->add_option("--name", flags->name, "name for people");
  create->add_option("--description", flags->description, "what it is for");
  create->add_option("--owner", flags->owner, "who answers for it");

  auto app = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update =
      AddCommand(group, session, "update", "Change a group; a new condition makes a new revision",
                 [&session, flags, app](Client& client) -> absl::Status {
                   v1::UpdateGroupRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.mutable_group()->set_group_id(flags->id);
                   request.mutable_group()->set_etag(flags->etag);
                   if ((*app)->count("--condition") > 0) {
                     auto condition = ReadCondition(session, flags->condition);
                     if (!condition.ok()) return condition.status();
                     request.mutable_condition()->set_text(*condition);
                     request.mutable_update_mask()->add_paths("condition");
                   }
                   if ((*app)->count("--name") > 0) {
                     request.mutable_group()->set_display_name(flags->name);
                     request.mutable_update_mask()->add_paths("display_name");
                   }
                   if ((*app)->count("--description") > 0) {
                     request.mutable_group()->set_description(flags->description);
                     request.mutable_update_mask()->add_paths("description");
                   }
                   if ((*app)->count("--owner") > 0) {
                     request.mutable_group()->set_owner(flags->owner);
                     request.mutable_update_mask()->add_paths("owner");
                   }
                   return PrintAnswer(session, client.UpdateGroup(request, session.call()));
                 });
  *app = update;
  update->add_option("ID", flags->id)->required();
  update->add_option("--condition", flags->condition, "the condition, or @FILE");
  update->add_option("--name", flags->name, "name for people");
  update->add_option("--description", flags->description, "what it is for");
  update->add_option("--owner", flags->owner, "who answers for it");
  update->add_option("--etag", flags->etag, "as last read");

  CLI::App* get = AddCommand(
      group, session, "get", "Show a group", [&session, flags](Client& client) -> absl::Status {
        v1::GetGroupRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        request.set_group_id(flags->id);
        request.set_group_revision(flags->revision);
        absl::StatusOr<v1::GetGroupResponse> answer = client.GetGroup(request, session.call());
        // For people the text says all that the tree says.
        if (answer.ok() && !session.output().json()) {
          answer->mutable_group()->clear_condition();
        }
        return PrintAnswer(session, answer);
      });
  get->add_option("ID", flags->id)->required();
  get->add_option("--revision", flags->revision, "an older revision");

  CLI::App* list =
      AddCommand(group, session, "list", "List groups, or the revisions of one",
                 [&session, flags](Client& client) -> absl::Status {
                   if (!flags->id.empty()) {
                     v1::ListGroupRevisionsRequest request;
                     if (absl::Status status = SetShop(session, &request); !status.ok())
                       return status;
                     request.set_group_id(flags->id);
                     return session.output().PrintList(
                         client.ListGroupRevisions(request, session.call()), "revisions",
                         {"group_revision", "condition_text", "actor_name", "updated_at"});
                   }
                   v1::ListGroupsRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   return session.output().PrintList(
                       client.ListGroups(request, session.call()), "groups",
                       {"group_id", "display_name", "group_revision", "condition_text"});
                 });
  list->add_option("--revisions-of", flags->id, "list the revisions of this group");

  CLI::App* remove =
      AddCommand(group, session, "delete", "Delete a group",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::DeleteGroupRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.set_group_id(flags->id);
                   request.set_etag(flags->etag);
                   request.set_force(flags->force);
                   return PrintAnswer(session, client.DeleteGroup(request, session.call()));
                 });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("--etag", flags->etag, "as last read");
  remove->add_flag("--force", flags->force, "although other groups name it");
}

}  // namespace

void AddGroupCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddNoun(app, "group", "Groups of members");
  auto flags = std::make_shared<GroupFlags>();
  AddDefinitionCommands(*group, session, flags);

  CLI::App* preview = AddCommand(
      *group, session, "preview", "Count the members that meet a condition; nothing is saved",
      [&session, flags](Client& client) { return Preview(session, client, *flags); });
  preview->add_option("CONDITION", flags->condition, "the condition, or @FILE")->required();
  preview->add_option("--as-of", flags->as_of, "time of the facts; else now");
  preview->add_option("--samples", flags->samples, "members to show, 0 to 10");
  preview->add_flag("--clauses", flags->clauses, "count clause by clause too");

  AddCommand(*group, session, "describe",
             "Say a condition in English and Chinese, or what is wrong",
             [&session, flags](Client& client) -> absl::Status {
               v1::DescribeConditionRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               auto condition = ReadCondition(session, flags->condition);
               if (!condition.ok()) return condition.status();
               request.mutable_condition()->set_text(*condition);
               absl::StatusOr<v1::DescribeConditionResponse> answer =
                   client.DescribeCondition(request, session.call());
               if (answer.ok() && !session.output().json()) answer->clear_condition();
               return PrintAnswer(session, answer);
             })
      ->add_option("CONDITION", flags->condition, "the condition, or @FILE")
      ->required();

  CLI::App* members = AddCommand(
      *group, session, "members", "List the ids of a group's members",
      [&session, flags](Client& client) -> absl::Status {
        v1::ListGroupMembersRequest request;
        absl::Status status = SetShopAndAsOf(session, client, flags->as_of, &request);
        if (!status.ok()) return status;
        request.set_group_id(flags->id);
        request.set_group_revision(flags->revision);
        return session.output().PrintList(client.ListGroupMembers(request, session.call()),
                                          "member_ids", {"member_id"}, flags->limit);
      });
  members->add_option("ID", flags->id)->required();
  members->add_option("--revision", flags->revision, "an older revision");
  members->add_option("--as-of", flags->as_of, "time of the facts; else now");
  members->add_option("--limit", flags->limit, "at most so many");

  CLI::App* stream = AddCommand(
      *group, session, "stream", "Stream all members of a group, one a line, checked to the end",
      [&session, flags](Client& client) { return Stream(session, client, *flags); });
  stream->add_option("ID", flags->id)->required();
  stream->add_option("--revision", flags->revision, "an older revision");
  stream->add_option("--as-of", flags->as_of, "time of the facts; else now");
  stream->add_option("--cursor", flags->cursor, "go on after an interrupted stream");
  stream->add_option("--identity", flags->identity,
                     "print this identity instead of ids: phone, email, …; needs --purpose");

  AddMembershipCommands(*group, session);
  AddComparisonCommands(*group, session);

  CLI::App* references = AddCommand(
      *group, session, "references", "List the groups that name a group, tag, attribute …",
      [&session, flags](Client& client) { return References(session, client, *flags); });
  references->add_option("ID", flags->id, "a group");
  references->add_option("--category", flags->of_category, "a tag category's id");
  references->add_option("--tag", flags->of_tag, "CATEGORY_ID/VALUE");
  references->add_option("--attribute", flags->of_attribute, "an attribute's key");
  references->add_option("--promotion", flags->of_promotion, "a promotion's id");
}

}  // namespace segmentation::cli
