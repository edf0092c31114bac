#include "server/rpc/tag_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_tag.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::WriteCallback;

absl::Status Missing(std::string_view field) {
  return base::MakeError(base::Reason::FIELD_REQUIRED, field, "got nothing, want it");
}

template <typename Response>
auto CategoryEncoder() {
  return [](const usecase::TagCategoryResult& result, const AnswerContext& answer) {
    Response out;
    *out.mutable_category() = ToProto(*result.category, result.tag_count);
    out.set_revision_token(answer.revision_token);
    return out.SerializeAsString();
  };
}

template <typename Response>
auto TagEncoder() {
  return [](const usecase::TagResult& result, const AnswerContext& answer) {
    Response out;
    *out.mutable_tag() = ToProto(*result.tag, *result.category);
    out.set_revision_token(answer.revision_token);
    return out.SerializeAsString();
  };
}

template <typename Response>
auto DeletedEncoder() {
  return [](const usecase::DeletedResult&, const AnswerContext& answer) {
    Response out;
    out.set_revision_token(answer.revision_token);
    return out.SerializeAsString();
  };
}

// The first values of a category: their order gives positions where they have none.
absl::StatusOr<std::vector<domain::Tag>> FirstTags(const v1::CreateTagCategoryRequest& request) {
  std::vector<domain::Tag> tags;
  bool any_position = false;
  for (int i = 0; i < request.tags_size(); ++i) {
    const v1::Tag& tag = request.tags(i);
    if (!tag.category_id().empty()) {
      return base::MakeError(base::Reason::FIELD_INVALID, absl::StrCat("tags[", i, "].category_id"),
                             "got a category, want none: it is the one being made");
    }
    any_position = any_position || tag.position() != 0;
    tags.push_back(FromProto(tag));
  }
  if (any_position) return tags;
  for (size_t i = 0; i < tags.size(); ++i) tags[i].position = static_cast<int32_t>(i);
  return tags;
}

}  // namespace

grpc::ServerUnaryReactor* TagService::CreateTagCategory(grpc::CallbackServerContext* context,
                                                        const v1::CreateTagCategoryRequest* request,
                                                        v1::CreateTagCategoryResponse* response) {
  return RunWrite(parts_, "TagService/CreateTagCategory", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    if (!request->has_category()) return Missing("category");
                    ASSIGN_OR_RETURN(domain::TagCategory category,
                                     FromProto(request->category(), "category"));
                    ASSIGN_OR_RETURN(std::vector<domain::Tag> tags, FirstTags(*request));
                    categories_.CreateCategory(call.context, std::move(category), std::move(tags),
                                               CategoryEncoder<v1::CreateTagCategoryResponse>(),
                                               std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::UpdateTagCategory(grpc::CallbackServerContext* context,
                                                        const v1::UpdateTagCategoryRequest* request,
                                                        v1::UpdateTagCategoryResponse* response) {
  return RunWrite(
      parts_, "TagService/UpdateTagCategory", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        const v1::TagCategory& category = request->category();
        RETURN_IF_ERROR(domain::ValidateId(category.category_id(), "category.category_id"));
        usecase::UpdateTagCategoryInput update;
        RETURN_IF_ERROR(
            ReadUpdateMask(request->update_mask(), {{"display_name", &update.set_name},
                                                    {"template_key", &update.set_template},
                                                    {"description", &update.set_description}}));
        update.category.id = category.category_id();
        update.category.name = category.display_name();
        update.category.template_name = category.template_key();
        update.category.description = category.description();
        ASSIGN_OR_RETURN(update.etag, EtagFromText(category.etag(), "category.etag"));
        categories_.UpdateCategory(call.context, std::move(update),
                                   CategoryEncoder<v1::UpdateTagCategoryResponse>(),
                                   std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* TagService::DeleteTagCategory(grpc::CallbackServerContext* context,
                                                        const v1::DeleteTagCategoryRequest* request,
                                                        v1::DeleteTagCategoryResponse* response) {
  return RunWrite(parts_, "TagService/DeleteTagCategory", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(domain::ValidateId(request->category_id(), "category_id"));
                    ASSIGN_OR_RETURN(const auto etag, EtagFromText(request->etag(), "etag"));
                    categories_.DeleteCategory(call.context, request->category_id(), etag,
                                               DeletedEncoder<v1::DeleteTagCategoryResponse>(),
                                               std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::CreateTag(grpc::CallbackServerContext* context,
                                                const v1::CreateTagRequest* request,
                                                v1::CreateTagResponse* response) {
  return RunWrite(parts_, "TagService/CreateTag", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    const v1::Tag& tag = request->tag();
                    RETURN_IF_ERROR(domain::ValidateId(tag.category_id(), "tag.category_id"));
                    categories_.CreateTag(call.context, tag.category_id(), FromProto(tag),
                                          TagEncoder<v1::CreateTagResponse>(), std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::UpdateTag(grpc::CallbackServerContext* context,
                                                const v1::UpdateTagRequest* request,
                                                v1::UpdateTagResponse* response) {
  return RunWrite(parts_, "TagService/UpdateTag", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    const v1::Tag& tag = request->tag();
                    RETURN_IF_ERROR(domain::ValidateId(tag.category_id(), "tag.category_id"));
                    usecase::UpdateTagInput update;
                    RETURN_IF_ERROR(ReadUpdateMask(request->update_mask(),
                                                   {{"exclusion_set", &update.set_exclusion_set},
                                                    {"position", &update.set_position},
                                                    {"synonyms", &update.set_synonyms},
                                                    {"description", &update.set_description}}));
                    update.category_id = tag.category_id();
                    update.tag = FromProto(tag);
                    ASSIGN_OR_RETURN(update.etag, EtagFromText(tag.etag(), "tag.etag"));
                    categories_.UpdateTag(call.context, std::move(update),
                                          TagEncoder<v1::UpdateTagResponse>(), std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::DeleteTag(grpc::CallbackServerContext* context,
                                                const v1::DeleteTagRequest* request,
                                                v1::DeleteTagResponse* response) {
  return RunWrite(parts_, "TagService/DeleteTag", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(domain::ValidateId(request->category_id(), "category_id"));
                    ASSIGN_OR_RETURN(const auto etag, EtagFromText(request->etag(), "etag"));
                    categories_.DeleteTag(call.context, request->category_id(), request->value(),
                                          etag, DeletedEncoder<v1::DeleteTagResponse>(),
                                          std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::TagMember(grpc::CallbackServerContext* context,
                                                const v1::TagMemberRequest* request,
                                                v1::TagMemberResponse* response) {
  return RunWrite(parts_, "TagService/TagMember", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(domain::ValidateId(request->member_id(), "member_id"));
                    if (request->tags().empty()) return Missing("tags");
                    std::vector<usecase::TagInput> tags;
                    for (int i = 0; i < request->tags_size(); ++i) {
                      ASSIGN_OR_RETURN(usecase::TagInput tag,
                                       FromProto(request->tags(i), absl::StrCat("tags[", i, "]"),
                                                 request->actor().conversation_id()));
                      tags.push_back(std::move(tag));
                    }
                    const auto encode = [](const usecase::TagMemberResult& result,
                                           const AnswerContext& answer) {
                      v1::TagMemberResponse out;
                      for (const usecase::TagChange& change : result.changes) {
                        *out.add_changes() = ToProto(change, *answer.definitions);
                      }
                      out.set_revision_token(answer.revision_token);
                      BoundAnswer(out);
                      return out.SerializeAsString();
                    };
                    tags_.TagMember(call.context, request->member_id(), std::move(tags), encode,
                                    std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::UntagMember(grpc::CallbackServerContext* context,
                                                  const v1::UntagMemberRequest* request,
                                                  v1::UntagMemberResponse* response) {
  return RunWrite(parts_, "TagService/UntagMember", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(domain::ValidateId(request->member_id(), "member_id"));
                    if (request->tags().empty()) return Missing("tags");
                    std::vector<usecase::TagRemoval> removals;
                    for (const v1::TagKey& key : request->tags()) {
                      removals.push_back(FromProto(key));
                    }
                    const auto encode = [](const usecase::TagMemberResult& result,
                                           const AnswerContext& answer) {
                      v1::UntagMemberResponse out;
                      for (const usecase::TagChange& change : result.changes) {
                        *out.add_changes() = ToProto(change, *answer.definitions);
                      }
                      out.set_revision_token(answer.revision_token);
                      BoundAnswer(out);
                      return out.SerializeAsString();
                    };
                    tags_.UntagMember(call.context, request->member_id(), std::move(removals),
                                      domain::TagSource::kAgent, encode, std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* TagService::BatchTagMembers(grpc::CallbackServerContext* context,
                                                      const v1::BatchTagMembersRequest* request,
                                                      v1::BatchTagMembersResponse* response) {
  return RunWrite(
      parts_, "TagService/BatchTagMembers", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        if (request->items().empty()) return Missing("items");
        RETURN_IF_ERROR(domain::ValidateBatchSize(static_cast<size_t>(request->items().size()),
                                                  domain::kMaxBatchItems, "items"));
        TagBatch batch = FromProto(*request);
        const auto encode = [unreadable = std::move(batch.unreadable)](
                                const usecase::BatchTagMembersResult& result,
                                const AnswerContext& answer) {
          v1::BatchTagMembersResponse out = ToProto(result, unreadable, *answer.definitions);
          out.set_revision_token(answer.revision_token);
          return out.SerializeAsString();
        };
        tags_.BatchTagMembers(call.context, std::move(batch.items), encode, std::move(done));
        return absl::OkStatus();
      });
}

}  // namespace segmentation::rpc
