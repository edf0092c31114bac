// segctl tag category and segctl tag value.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace segmentation::cli {

void AddTagCategoryCommands(CLI::App& tag, Session& session);

namespace {

void AddCategoryNoun(CLI::App& tag, Session& session) {
  CLI::App* category = AddNoun(tag, "category", "Categories of tags");
  struct Flags {
    std::string id, tmpl, name, kind = "listed", choice = "multi", description, etag;
    std::vector<std::string> values;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* create = AddCommand(
      *category, session, "create", "Add a category with its first values",
      [&session, flags](Client& client) -> absl::Status {
        v1::CreateTagCategoryRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        v1::TagCategory& out = *request.mutable_category();
        out.set_category_id(flags->id);
        out.set_template_key(flags->tmpl);
        out.set_display_name(flags->name.empty() ? flags->id : flags->name);
        auto kind = ParseEnum<v1::TagCategoryKind>(*v1::TagCategoryKind_descriptor(),
                                                   "TAG_CATEGORY_KIND_", "--kind", flags->kind);
        if (!kind.ok()) return kind.status();
        out.set_kind(*kind);
        auto choice = ParseEnum<v1::TagChoice>(*v1::TagChoice_descriptor(), "TAG_CHOICE_",
                                               "--choice", flags->choice);
        if (!choice.ok()) return choice.status();
        out.set_choice(*choice);
        out.set_description(flags->description);
        for (const std::string& value : flags->values) request.add_tags()->set_value(value);
        return PrintAnswer(session, client.CreateTagCategory(request, session.call()));
      });
  create->add_option("ID", flags->id)->required();
  create->add_option("--name", flags->name, "name for people; else the id");
  create->add_option("--template", flags->tmpl, "template it belongs to");
  create->add_option("--kind", flags->kind, "listed, free or numeric");
  create->add_option("--choice", flags->choice, "single or multi");
  create->add_option("--value", flags->values, "first value; may be repeated");
  create->add_option("--description", flags->description, "what it is for");

  AddCommand(*category, session, "get", "Show a category",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetTagCategoryRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_category_id(flags->id);
               return PrintAnswer(session, client.GetTagCategory(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();

  AddCommand(*category, session, "list", "List categories",
             [&session](Client& client) -> absl::Status {
               v1::ListTagCategoriesRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               return session.output().PrintList(
                   client.ListTagCategories(request, session.call()), "categories",
                   {"category_id", "template_key", "display_name", "kind", "choice", "tag_count"});
             });

  auto app = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update =
      AddCommand(*category, session, "update", "Change a category",
                 [&session, flags, app](Client& client) -> absl::Status {
                   v1::UpdateTagCategoryRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   v1::TagCategory& out = *request.mutable_category();
                   out.set_category_id(flags->id);
                   out.set_etag(flags->etag);
                   out.set_display_name(flags->name);
                   out.set_template_key(flags->tmpl);
                   out.set_description(flags->description);
                   for (const auto& [flag, path] : {std::pair{"--name", "display_name"},
                                                    std::pair{"--template", "template_key"},
                                                    std::pair{"--description", "description"}}) {
                     if ((*app)->count(flag) > 0) request.mutable_update_mask()->add_paths(path);
                   }
                   return PrintAnswer(session, client.UpdateTagCategory(request, session.call()));
                 });
  *app = update;
  update->add_option("ID", flags->id)->required();
  update->add_option("--name", flags->name, "name for people");
  update->add_option("--template", flags->tmpl, "template it belongs to");
  update->add_option("--description", flags->description, "what it is for");
  update->add_option("--etag", flags->etag, "as last read");

  CLI::App* remove = AddCommand(
      *category, session, "delete", "Delete a category that no member's tag and no group names",
      [&session, flags](Client& client) -> absl::Status {
        v1::DeleteTagCategoryRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        request.set_category_id(flags->id);
        request.set_etag(flags->etag);
        return PrintAnswer(session, client.DeleteTagCategory(request, session.call()));
      });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("--etag", flags->etag, "as last read");
}

void AddValueNoun(CLI::App& tag, Session& session) {
  CLI::App* value = AddNoun(tag, "value", "Values of a category");
  struct Flags {
    std::string category, value, description, etag;
    std::vector<std::string> synonyms;
    int exclusion_set = 0, position = 0;
  };
  auto flags = std::make_shared<Flags>();
  const auto fill = [flags](v1::Tag* out) {
    out->set_category_id(flags->category);
    out->set_value(flags->value);
    out->set_exclusion_set(flags->exclusion_set);
    out->set_position(flags->position);
    for (const std::string& synonym : flags->synonyms) out->add_synonyms(synonym);
    out->set_description(flags->description);
  };
  const auto add_fields = [flags](CLI::App* command) {
    command->add_option("CATEGORY", flags->category, "the category's id")->required();
    command->add_option("VALUE", flags->value)->required();
    command->add_option("--exclusion-set", flags->exclusion_set,
                        "values with the same number replace each other");
    command->add_option("--position", flags->position, "place in lists");
    command->add_option("--synonym", flags->synonyms, "other spelling; may be repeated");
    command->add_option("--description", flags->description, "what it means");
  };
  add_fields(AddCommand(*value, session, "create", "Add a value",
                        [&session, fill](Client& client) -> absl::Status {
                          v1::CreateTagRequest request;
                          absl::Status status = SetShop(session, &request);
                          if (!status.ok()) return status;
                          fill(request.mutable_tag());
                          return PrintAnswer(session, client.CreateTag(request, session.call()));
                        }));

  auto app = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update = AddCommand(
      *value, session, "update", "Change a value",
      [&session, flags, fill, app](Client& client) -> absl::Status {
        v1::UpdateTagRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        fill(request.mutable_tag());
        request.mutable_tag()->set_etag(flags->etag);
        for (const auto& [flag, path] :
             {std::pair{"--exclusion-set", "exclusion_set"}, std::pair{"--position", "position"},
              std::pair{"--synonym", "synonyms"}, std::pair{"--description", "description"}}) {
          if ((*app)->count(flag) > 0) request.mutable_update_mask()->add_paths(path);
        }
        return PrintAnswer(session, client.UpdateTag(request, session.call()));
      });
  *app = update;
  add_fields(update);
  update->add_option("--etag", flags->etag, "as last read");

  CLI::App* get = AddCommand(*value, session, "get", "Show a value and how many members have it",
                             [&session, flags](Client& client) -> absl::Status {
                               v1::GetTagRequest request;
                               absl::Status status = SetShop(session, &request);
                               if (!status.ok()) return status;
                               request.set_category_id(flags->category);
                               request.set_value(flags->value);
                               return PrintAnswer(session, client.GetTag(request, session.call()));
                             });
  get->add_option("CATEGORY", flags->category, "the category's id")->required();
  get->add_option("VALUE", flags->value)->required();

  CLI::App* list = AddCommand(
      *value, session, "list", "List values with how many members have them",
      [&session, flags](Client& client) -> absl::Status {
        v1::ListTagsRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        request.set_category_id(flags->category);
        return session.output().PrintList(
            client.ListTags(request, session.call()), "tags",
            {"category_id", "value", "exclusion_set", "position", "synonyms", "member_count"});
      });
  list->add_option("--category", flags->category, "only this category's");

  CLI::App* remove =
      AddCommand(*value, session, "delete", "Delete a value that no member has and no group names",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::DeleteTagRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.set_category_id(flags->category);
                   request.set_value(flags->value);
                   request.set_etag(flags->etag);
                   return PrintAnswer(session, client.DeleteTag(request, session.call()));
                 });
  remove->add_option("CATEGORY", flags->category, "the category's id")->required();
  remove->add_option("VALUE", flags->value)->required();
  remove->add_option("--etag", flags->etag, "as last read");
}

}  // namespace

void AddTagCategoryCommands(CLI::App& tag, Session& session) {
  AddCategoryNoun(tag, session);
  AddValueNoun(tag, session);
}

}  // namespace segmentation::cli
