#include "client/cli/dump.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/import/spool_sort.h"
#include "client/cli/output.h"

namespace segmentation::cli {
namespace {

constexpr size_t kSortMemoryBytes = 64 << 20;

// What the server adds by itself; an order's created_at is a fact and stays.
void Strip(Json* json, const std::set<std::string>& keys) {
  for (const std::string& key : keys) json->erase(key);
}

const std::set<std::string>& OwnKeys() {
  static const auto* keys = new std::set<std::string>{
      "created_at", "updated_at", "etag", "member_count", "tag_count", "policy_revision"};
  return *keys;
}

class Dump {
 public:
  Dump(Client& client, std::string shop_id, std::string purpose, CallOptions options,
       std::ostream& out)
      : client_(client),
        shop_id_(std::move(shop_id)),
        purpose_(std::move(purpose)),
        options_(std::move(options)),
        out_(out) {}

  absl::Status Run() {
    v1::GetShopRequest shop;
    shop.set_shop_id(shop_id_);
    absl::StatusOr<v1::GetShopResponse> found = client_.GetShop(shop, options_);
    if (!found.ok()) return found.status();
    Print("shop", Stripped(found->shop()));
    v1::GetMetricPolicyRequest policy;
    policy.set_shop_id(shop_id_);
    absl::StatusOr<v1::GetMetricPolicyResponse> rules = client_.GetMetricPolicy(policy, options_);
    if (!rules.ok()) return rules.status();
    Print("policy", Stripped(rules->policy()));

    for (const std::function<absl::Status()>& part :
         {std::function<absl::Status()>([this] { return Attributes(); }),
          std::function<absl::Status()>([this] {
            return List<v1::ListStoresRequest>("store", &Client::ListStores, "store_id");
          }),
          std::function<absl::Status()>([this] {
            return List<v1::ListPromotionsRequest>("promotion", &Client::ListPromotions,
                                                   "promotion_id");
          }),
          std::function<absl::Status()>([this] {
            return List<v1::ListTagCategoriesRequest>("tag_category", &Client::ListTagCategories,
                                                      "category_id");
          }),
          std::function<absl::Status()>([this] { return Tags(); }),
          std::function<absl::Status()>([this] {
            return List<v1::ListProductsRequest>("product", &Client::ListProducts, "product_id");
          }),
          std::function<absl::Status()>([this] { return Members(); }),
          std::function<absl::Status()>([this] { return Orders(); }),
          std::function<absl::Status()>([this] { return Groups(); })}) {
      if (absl::Status status = part(); !status.ok()) return status;
    }
    out_.flush();
    return out_ ? absl::OkStatus() : absl::DataLossError("cannot write the dump");
  }

 private:
  static Json Stripped(const google::protobuf::Message& message) {
    Json json = ToJson(message);
    Strip(&json, OwnKeys());
    return json;
  }

  void Print(const std::string& kind, const Json& json) {
    Json line{{"kind", kind}};
    line.update(json);
    out_ << line.dump() << "\n";
  }

  // Prints the items of a list, by their keys.
  template <typename Range>
  absl::Status Sorted(const std::string& kind, Range range,
                      const std::function<std::string(const Json&)>& key,
                      const std::function<absl::StatusOr<Json>(Json)>& finish) {
    SpoolSort sort(kSortMemoryBytes);
    for (auto& item : range) {
      if (!item.ok()) return item.status();
      absl::StatusOr<Json> json = finish(ToJson(*item));
      if (!json.ok()) return json.status();
      if (absl::Status status = sort.Add(key(*json), json->dump()); !status.ok()) return status;
    }
    std::string sorted_key, text;
    while (true) {
      absl::StatusOr<bool> more = sort.Next(&sorted_key, &text);
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
      Print(kind, Json::parse(text));
    }
  }

  template <typename Request, typename Method>
  absl::Status List(const std::string& kind, Method method, const std::string& id) {
    Request request;
    request.set_shop_id(shop_id_);
    request.set_page_size(1000);
    return Sorted(
        kind, (client_.*method)(request, options_),
        [&id](const Json& json) { return json[id].get<std::string>(); },
        [](Json json) -> absl::StatusOr<Json> {
          Strip(&json, OwnKeys());
          return json;
        });
  }

  absl::Status Attributes() {
    v1::ListAttributesRequest request;
    request.set_shop_id(shop_id_);
    request.set_page_size(1000);
    SpoolSort sort(kSortMemoryBytes);
    for (auto& attribute : client_.ListAttributes(request, options_)) {
      if (!attribute.ok()) return attribute.status();
      if (attribute->built_in()) continue;
      if (absl::Status status = sort.Add(attribute->attribute(), Stripped(*attribute).dump());
          !status.ok()) {
        return status;
      }
    }
    std::string key, text;
    while (true) {
      absl::StatusOr<bool> more = sort.Next(&key, &text);
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
      Print("attribute", Json::parse(text));
    }
  }

  absl::Status Tags() {
    v1::ListTagsRequest request;
    request.set_shop_id(shop_id_);
    request.set_page_size(1000);
    return Sorted(
        "tag", client_.ListTags(request, options_),
        [](const Json& json) {
          // Byte 0 comes in no id, so that categories do not mix.
          return json["category_id"].get<std::string>() + '\0' + json["value"].get<std::string>();
        },
        [](Json json) -> absl::StatusOr<Json> {
          Strip(&json, OwnKeys());
          return json;
        });
  }

  // Sorts a list of objects by their text.
  static void SortByText(Json* list) {
    std::sort(list->begin(), list->end(),
              [](const Json& a, const Json& b) { return a.dump() < b.dump(); });
  }

  absl::Status Members() {
    v1::ListMembersRequest request;
    request.set_shop_id(shop_id_);
    request.set_page_size(1000);
    request.set_reveal_purpose(purpose_);
    return Sorted(
        "member", client_.ListMembers(request, options_),
        [](const Json& json) { return json["member_id"].get<std::string>(); },
        [this](Json json) -> absl::StatusOr<Json> {
          Strip(&json, OwnKeys());
          for (Json& identity : json["identities"]) Strip(&identity, {"added_at"});
          for (Json& consent : json["consents"]) Strip(&consent, {"actor_name"});
          for (Json& values : json["attributes"]) SortByText(&values["values"]);
          for (const char* key : {"identities", "consents", "attributes"}) SortByText(&json[key]);
          json["tags"] = Json::array();
          v1::ListMemberTagsRequest tags;
          tags.set_shop_id(shop_id_);
          tags.set_member_id(json["member_id"].get<std::string>());
          for (auto& tag : client_.ListMemberTags(tags, options_)) {
            if (!tag.ok()) return tag.status();
            Json shown = ToJson(*tag);
            Strip(&shown, {"assigned_at", "actor_name"});
            json["tags"].push_back(std::move(shown));
          }
          SortByText(&json["tags"]);
          return json;
        });
  }

  absl::Status Orders() {
    v1::ListOrdersRequest request;
    request.set_shop_id(shop_id_);
    request.set_page_size(500);
    request.set_reveal_purpose(purpose_);
    return Sorted(
        "order", client_.ListOrders(request, options_),
        [](const Json& json) {
          return json["source"].get<std::string>() + '\0' + json["external_id"].get<std::string>();
        },
        [](Json json) -> absl::StatusOr<Json> {
          Strip(&json, {"etag", "policy_revision"});
          for (Json& identity : json["buyer_identities"]) Strip(&identity, {"added_at"});
          for (const char* key : {"refunds", "reviews", "promotion_sources", "coupon_ids"}) {
            SortByText(&json[key]);
          }
          return json;
        });
  }

  absl::Status Groups() {
    v1::ListGroupsRequest request;
    request.set_shop_id(shop_id_);
    request.set_page_size(1000);
    return Sorted(
        "group", client_.ListGroups(request, options_),
        [](const Json& json) { return json["group_id"].get<std::string>(); },
        [](Json json) -> absl::StatusOr<Json> {
          Strip(&json, OwnKeys());
          // The text says the same as the tree.
          Strip(&json, {"condition", "group_revision", "actor_name"});
          return json;
        });
  }

  Client& client_;
  const std::string shop_id_;
  const std::string purpose_;
  const CallOptions options_;
  std::ostream& out_;
};

}  // namespace

absl::Status DumpShop(Client& client, const std::string& shop_id, const std::string& reveal_purpose,
                      const CallOptions& options, std::ostream& out) {
  return Dump(client, shop_id, reveal_purpose, options, out).Run();
}

}  // namespace segmentation::cli
