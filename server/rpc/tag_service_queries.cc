// The reading half of TagService.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/tagging.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_tag.h"
#include "server/rpc/list_page.h"
#include "server/rpc/tag_service.h"

namespace segmentation::rpc {
namespace {

using domain::ShopDefinitions;
using domain::Tag;
using domain::TagCategory;

const TagCategory* FindCategory(const ShopDefinitions& definitions, std::string_view id) {
  for (const auto& [number, category] : definitions.tag_categories) {
    if (category.id == id) return &category;
  }
  return nullptr;
}

absl::Status CategoryNotFound() {
  return base::MakeError(base::Reason::TAG_CATEGORY_NOT_FOUND, "category_id",
                         "no such tag category");
}

// Values of each category.
std::map<domain::TagCategoryNo, int64_t> CountTags(const ShopDefinitions& definitions) {
  std::map<domain::TagCategoryNo, int64_t> counts;
  for (const auto& [number, tag] : definitions.tags) ++counts[tag.category_no];
  return counts;
}

// What lists are sorted by. A page token names the last row by its number, since its texts may be
// longer than a token; where it stands is looked up again.
auto PlaceOf(const TagCategory& category) {
  return std::tie(category.template_name, category.name, category.id);
}
auto PlaceOf(const Tag& tag, const ShopDefinitions& definitions) {
  return std::tie(definitions.tag_categories.at(tag.category_no).id, tag.position, tag.value);
}
// Of the tags of one member.
auto NameOf(const Tag& tag, const ShopDefinitions& definitions) {
  return std::tie(definitions.tag_categories.at(tag.category_no).id, tag.value);
}

// The row that the page before ended with; null on the first page. PAGE_TOKEN_EXPIRED when it was
// deleted in between.
template <typename Table>
absl::StatusOr<const typename Table::mapped_type*> LastRow(const Page& page, const Table& table) {
  if (!page.after) return nullptr;
  const auto found = table.find(static_cast<typename Table::key_type>(page.NumberAfter(0)));
  if (found == table.end()) {
    return base::MakeError(base::Reason::PAGE_TOKEN_EXPIRED, "page_token",
                           "where the page before ended was deleted: start again");
  }
  return &found->second;
}

}  // namespace

grpc::ServerUnaryReactor* TagService::GetTagCategory(grpc::CallbackServerContext* context,
                                                     const v1::GetTagCategoryRequest* request,
                                                     v1::GetTagCategoryResponse* response) {
  return RunRead(parts_, "TagService/GetTagCategory", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   RETURN_IF_ERROR(domain::ValidateId(request->category_id(), "category_id"));
                   ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, call.read));
                   const TagCategory* const category =
                       FindCategory(*view.definitions, request->category_id());
                   if (category == nullptr) return CategoryNotFound();
                   *response->mutable_category() =
                       ToProto(*category, CountTags(*view.definitions)[category->number]);
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* TagService::GetTag(grpc::CallbackServerContext* context,
                                             const v1::GetTagRequest* request,
                                             v1::GetTagResponse* response) {
  return RunRead(
      parts_, "TagService/GetTag", context, request,
      [this, request, response](Call& call) -> absl::Status {
        RETURN_IF_ERROR(domain::ValidateId(request->category_id(), "category_id"));
        ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                         queries_.Definitions(call.context, call.read));
        const TagCategory* const category = FindCategory(*view.definitions, request->category_id());
        if (category == nullptr) return CategoryNotFound();
        *response->mutable_stamp() = call.StampOf(view.stamp);
        for (const auto& [number, tag] : view.definitions->tags) {
          if (tag.category_no != category->number || tag.value != request->value()) continue;
          *response->mutable_tag() = ToProto(tag, *category);
          return absl::OkStatus();
        }
        return base::MakeError(base::Reason::TAG_NOT_FOUND, "value",
                               "no such value in the category", {{"category", category->id}});
      });
}

grpc::ServerUnaryReactor* TagService::ListTagCategories(grpc::CallbackServerContext* context,
                                                        const v1::ListTagCategoriesRequest* request,
                                                        v1::ListTagCategoriesResponse* response) {
  return RunRead(
      parts_, "TagService/ListTagCategories", context, request,
      [this, request, response](Call& call) { return ListCategories(call, *request, *response); });
}

absl::Status TagService::ListCategories(const Call& call,
                                        const v1::ListTagCategoriesRequest& request,
                                        v1::ListTagCategoriesResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(
      domain::ValidateText(request.template_key(), domain::kMaxTagTemplateBytes, "template_key"));
  ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                   queries_.Definitions(call.context, page.read));
  ASSIGN_OR_RETURN(const TagCategory* const last, LastRow(page, view.definitions->tag_categories));
  std::vector<const TagCategory*> rows;
  for (const auto& [number, category] : view.definitions->tag_categories) {
    const bool wanted =
        request.template_key().empty() || category.template_name == request.template_key();
    if (wanted && (last == nullptr || PlaceOf(*last) < PlaceOf(category))) {
      rows.push_back(&category);
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](const TagCategory* a, const TagCategory* b) { return PlaceOf(*a) < PlaceOf(*b); });
  std::map<domain::TagCategoryNo, int64_t> counts = CountTags(*view.definitions);
  const size_t shown = AddRows(
      page, rows, response.mutable_categories(),
      [&](const TagCategory* category) { return ToProto(*category, counts[category->number]); });
  if (shown < rows.size()) {
    response.set_next_page_token(
        page.NextToken(call, view.stamp, AfterNumber(rows[shown - 1]->number)));
  }
  *response.mutable_stamp() = call.StampOf(view.stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TagService::ListTags(grpc::CallbackServerContext* context,
                                               const v1::ListTagsRequest* request,
                                               v1::ListTagsResponse* response) {
  return RunRead(
      parts_, "TagService/ListTags", context, request,
      [this, request, response](Call& call) { return ListValues(call, *request, *response); });
}

absl::Status TagService::ListValues(const Call& call, const v1::ListTagsRequest& request,
                                    v1::ListTagsResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                   queries_.Definitions(call.context, page.read));
  const ShopDefinitions& definitions = *view.definitions;
  const TagCategory* only = nullptr;
  if (!request.category_id().empty()) {
    RETURN_IF_ERROR(domain::ValidateId(request.category_id(), "category_id"));
    only = FindCategory(definitions, request.category_id());
    if (only == nullptr) return CategoryNotFound();
  }
  ASSIGN_OR_RETURN(const Tag* const last, LastRow(page, definitions.tags));
  std::vector<const Tag*> rows;
  for (const auto& [number, tag] : definitions.tags) {
    const bool wanted = only == nullptr || tag.category_no == only->number;
    if (wanted && (last == nullptr || PlaceOf(*last, definitions) < PlaceOf(tag, definitions))) {
      rows.push_back(&tag);
    }
  }
  std::sort(rows.begin(), rows.end(), [&](const Tag* a, const Tag* b) {
    return PlaceOf(*a, definitions) < PlaceOf(*b, definitions);
  });
  const size_t shown = AddRows(page, rows, response.mutable_tags(), [&](const Tag* tag) {
    return ToProto(*tag, definitions.tag_categories.at(tag->category_no));
  });
  if (shown < rows.size()) {
    response.set_next_page_token(
        page.NextToken(call, view.stamp, AfterNumber(rows[shown - 1]->number)));
  }
  *response.mutable_stamp() = call.StampOf(view.stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TagService::ListMemberTags(grpc::CallbackServerContext* context,
                                                     const v1::ListMemberTagsRequest* request,
                                                     v1::ListMemberTagsResponse* response) {
  return RunRead(
      parts_, "TagService/ListMemberTags", context, request,
      [this, request, response](Call& call) { return ListOfMember(call, *request, *response); });
}

absl::Status TagService::ListOfMember(const Call& call, const v1::ListMemberTagsRequest& request,
                                      v1::ListMemberTagsResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(domain::ValidateId(request.member_id(), "member_id"));
  const std::string ids[] = {request.member_id()};
  ASSIGN_OR_RETURN(const usecase::MembersView view, queries_.Get(call.context, ids, page.read));
  if (view.members.empty()) {
    return base::MakeError(base::Reason::MEMBER_NOT_FOUND, "member_id", "no such member");
  }
  const ShopDefinitions& definitions = *view.definitions;
  ASSIGN_OR_RETURN(const Tag* const last, LastRow(page, definitions.tags));
  // The live ones by (category id, value). An assignment whose tag was deleted is about to go.
  struct Held {
    const Tag* tag;
    const domain::TagAssignment* assignment;
  };
  std::vector<Held> held;
  for (const domain::TagAssignment& assignment : view.members.front().tags) {
    const auto tag = definitions.tags.find(assignment.tag_no);
    if (tag == definitions.tags.end()) continue;
    if (!domain::IsLiveAt(assignment, view.stamp.as_of_ms)) continue;
    if (last != nullptr && !(NameOf(*last, definitions) < NameOf(tag->second, definitions))) {
      continue;
    }
    held.push_back({&tag->second, &assignment});
  }
  std::sort(held.begin(), held.end(), [&](const Held& a, const Held& b) {
    return NameOf(*a.tag, definitions) < NameOf(*b.tag, definitions);
  });
  const size_t shown = std::min(held.size(), static_cast<size_t>(page.size));
  for (size_t i = 0; i < shown; ++i) {
    *response.add_tags() = ToProto(*held[i].assignment, definitions);
  }
  if (shown < held.size()) {
    response.set_next_page_token(
        page.NextToken(call, view.stamp, AfterNumber(held[shown - 1].tag->number)));
  }
  *response.mutable_stamp() = call.StampOf(view.stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TagService::ListTagHistory(grpc::CallbackServerContext* context,
                                                     const v1::ListTagHistoryRequest* request,
                                                     v1::ListTagHistoryResponse* response) {
  return RunRead(
      parts_, "TagService/ListTagHistory", context, request,
      [this, request, response](Call& call) { return ListHistory(call, *request, *response); });
}

absl::Status TagService::ListHistory(const Call& call, const v1::ListTagHistoryRequest& request,
                                     v1::ListTagHistoryResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(domain::ValidateId(request.member_id(), "member_id"));
  std::optional<domain::Etag> before;
  if (page.after) {
    before = domain::Etag{page.NumberAfter(0), static_cast<int32_t>(page.NumberAfter(1))};
  }
  ASSIGN_OR_RETURN(
      const usecase::TagHistoryView view,
      queries_.TagHistory(call.context, request.member_id(), before, page.size + 1, page.read));
  const size_t shown = std::min(view.history.size(), static_cast<size_t>(page.size));
  for (size_t i = 0; i < shown; ++i) {
    *response.add_events() = ToProto(view.history[i], request.member_id(), *view.definitions);
  }
  if (shown < view.history.size()) {
    const domain::Etag& at = view.history[shown - 1].at;
    internal::PageToken position = AfterNumber(at.revision);
    position.add_after_numbers(at.ordinal);
    response.set_next_page_token(page.NextToken(call, view.stamp, std::move(position)));
  }
  *response.mutable_stamp() = call.StampOf(view.stamp);
  return absl::OkStatus();
}

}  // namespace segmentation::rpc
