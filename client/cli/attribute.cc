// segctl attribute.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace segmentation::cli {

void AddAttributeCommands(CLI::App& app, Session& session) {
  CLI::App* attribute = AddNoun(app, "attribute", "The attribute catalogue of a shop");
  struct Flags {
    std::string key, type = "text", folding, description, etag;
    std::vector<std::string> aliases, values;
    bool multi_valued = false, personal = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* create = AddCommand(
      *attribute, session, "create", "Add a custom attribute",
      [&session, flags](Client& client) -> absl::Status {
        v1::CreateAttributeRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        v1::Attribute& out = *request.mutable_attribute();
        out.set_attribute(flags->key);
        auto type = ParseEnum<v1::AttributeType>(*v1::AttributeType_descriptor(), "ATTRIBUTE_TYPE_",
                                                 "--type", flags->type);
        if (!type.ok()) return type.status();
        out.set_type(*type);
        if (!flags->folding.empty()) {
          auto folding = ParseEnum<v1::TextFolding>(*v1::TextFolding_descriptor(), "TEXT_FOLDING_",
                                                    "--folding", flags->folding);
          if (!folding.ok()) return folding.status();
          out.set_folding(*folding);
        }
        for (const std::string& alias : flags->aliases) out.add_aliases(alias);
        for (const std::string& value : flags->values) out.add_enum_values(value);
        out.set_multi_valued(flags->multi_valued);
        out.set_personal(flags->personal);
        out.set_description(flags->description);
        return PrintAnswer(session, client.CreateAttribute(request, session.call()));
      });
  create->add_option("KEY", flags->key, "lower-case letters, digits and _")->required();
  create->add_option("--type", flags->type,
                     "text, integer, decimal, money, boolean, date, time, enum");
  create->add_option("--folding", flags->folding, "exact, nfkc, nfkc_case");
  create->add_option("--alias", flags->aliases, "other name in conditions; may be repeated");
  create->add_option("--value", flags->values, "value of an enum; may be repeated");
  create->add_flag("--multi-valued", flags->multi_valued, "a member may have several");
  create->add_flag("--personal", flags->personal, "personal data, masked in answers");
  create->add_option("--description", flags->description, "what it means");

  auto update_app = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update =
      AddCommand(*attribute, session, "update", "Change a custom attribute",
                 [&session, flags, update_app](Client& client) -> absl::Status {
                   v1::UpdateAttributeRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   v1::Attribute& out = *request.mutable_attribute();
                   out.set_attribute(flags->key);
                   out.set_etag(flags->etag);
                   if ((*update_app)->count("--alias") > 0) {
                     for (const std::string& alias : flags->aliases) out.add_aliases(alias);
                     request.mutable_update_mask()->add_paths("aliases");
                   }
                   if ((*update_app)->count("--value") > 0) {
                     for (const std::string& value : flags->values) out.add_enum_values(value);
                     request.mutable_update_mask()->add_paths("enum_values");
                   }
                   if ((*update_app)->count("--description") > 0) {
                     out.set_description(flags->description);
                     request.mutable_update_mask()->add_paths("description");
                   }
                   return PrintAnswer(session, client.UpdateAttribute(request, session.call()));
                 });
  *update_app = update;
  update->add_option("KEY", flags->key)->required();
  update->add_option("--alias", flags->aliases, "replaces all; may be repeated");
  update->add_option("--value", flags->values, "replaces all; may be repeated");
  update->add_option("--description", flags->description, "what it means");
  update->add_option("--etag", flags->etag, "as last read");

  AddCommand(*attribute, session, "list", "List attributes, built-in ones first",
             [&session](Client& client) -> absl::Status {
               v1::ListAttributesRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               return session.output().PrintList(
                   client.ListAttributes(request, session.call()), "attributes",
                   {"attribute", "aliases", "type", "built_in", "personal", "description"});
             });

  CLI::App* remove =
      AddCommand(*attribute, session, "delete", "Delete a custom attribute with its values",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::DeleteAttributeRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.set_attribute(flags->key);
                   request.set_etag(flags->etag);
                   return PrintAnswer(session, client.DeleteAttribute(request, session.call()));
                 });
  remove->add_option("KEY", flags->key)->required();
  remove->add_option("--etag", flags->etag, "as last read");
}

}  // namespace segmentation::cli
