// MemberService: the attribute catalogue, and the import of members.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/attribute_catalogue.h"
#include "server/rpc/convert_member.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/import_stream.h"
#include "server/rpc/list_page.h"
#include "server/rpc/member_service.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::WriteCallback;

struct MemberImport {
  using Request = v1::ImportMembersRequest;
  using Response = v1::ImportMembersResponse;
  using Input = usecase::MemberInput;
  static constexpr std::string_view kMethod = "MemberService/ImportMembers";
  static constexpr auto kKind = storage::ImportProgressRow::Kind::kMembers;
  static constexpr std::string_view kRowsField = "chunk.members";
  static const auto& RowsOf(const v1::MemberChunk& chunk) { return chunk.members(); }
  static const std::string& IdOf(const v1::Member& row) { return row.member_id(); }
  absl::StatusOr<Input> Convert(const v1::Member& row) const { return FromProto(row, "member"); }
  void Submit(usecase::CallContext context, usecase::ImportChunk chunk, std::vector<Input> rows,
              usecase::AnswerEncoder<usecase::ImportChunkResult> encode, WriteCallback done) const {
    members.ImportMembers(std::move(context), std::move(chunk), std::move(rows), std::move(encode),
                          std::move(done));
  }
  usecase::MemberUsecase& members;
};

}  // namespace

MemberService::MemberService(const CallParts& parts, usecase::MemberUsecase& members,
                             usecase::MemberQueryUsecase& queries,
                             usecase::AttributeUsecase& attributes,
                             usecase::ImportQueryUsecase& imports)
    : parts_(parts),
      members_(members),
      queries_(queries),
      attributes_(attributes),
      imports_(imports) {
  MarkMethodRawCallback(ImportMethodIndex(MemberImport::kMethod),
                        ImportHandler<MemberImport>([this](grpc::CallbackServerContext* context) {
                          return new ImportStream<MemberImport>(parts_, imports_, context,
                                                                MemberImport{members_});
                        }));
}

grpc::ServerUnaryReactor* MemberService::CreateAttribute(grpc::CallbackServerContext* context,
                                                         const v1::CreateAttributeRequest* request,
                                                         v1::CreateAttributeResponse* response) {
  return RunWrite(parts_, "MemberService/CreateAttribute", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    if (request->attribute().type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED) {
                      return UnknownEnum(0, "attribute.type");
                    }
                    ASSIGN_OR_RETURN(domain::Attribute attribute, FromProto(request->attribute()));
                    attributes_.Create(
                        call.context, std::move(attribute),
                        [](const usecase::AttributeResult& result, const AnswerContext& answer) {
                          v1::CreateAttributeResponse out;
                          *out.mutable_attribute() = ToProto(*result.attribute);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* MemberService::UpdateAttribute(grpc::CallbackServerContext* context,
                                                         const v1::UpdateAttributeRequest* request,
                                                         v1::UpdateAttributeResponse* response) {
  return RunWrite(
      parts_, "MemberService/UpdateAttribute", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        usecase::UpdateAttributeInput update;
        RETURN_IF_ERROR(
            ReadUpdateMask(request->update_mask(), {{"aliases", &update.set_aliases},
                                                    {"enum_values", &update.set_enum_values},
                                                    {"description", &update.set_description}}));
        ASSIGN_OR_RETURN(update.attribute, FromProto(request->attribute()));
        ASSIGN_OR_RETURN(update.etag, EtagFromText(request->attribute().etag(), "attribute.etag"));
        attributes_.Update(
            call.context, std::move(update),
            [](const usecase::AttributeResult& result, const AnswerContext& answer) {
              v1::UpdateAttributeResponse out;
              *out.mutable_attribute() = ToProto(*result.attribute);
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::DeleteAttribute(grpc::CallbackServerContext* context,
                                                         const v1::DeleteAttributeRequest* request,
                                                         v1::DeleteAttributeResponse* response) {
  return RunWrite(parts_, "MemberService/DeleteAttribute", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                                     EtagFromText(request->etag(), "etag"));
                    attributes_.Delete(
                        call.context, request->attribute(), etag,
                        [](const usecase::DeletedResult&, const AnswerContext& answer) {
                          v1::DeleteAttributeResponse out;
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* MemberService::ListAttributes(grpc::CallbackServerContext* context,
                                                        const v1::ListAttributesRequest* request,
                                                        v1::ListAttributesResponse* response) {
  return RunRead(
      parts_, "MemberService/ListAttributes", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                         queries_.Definitions(call.context, page.read));
        const std::string after = page.TextAfter(0);
        std::map<std::string_view, const domain::Attribute*> by_name;
        for (const domain::Attribute* attribute :
             domain::AttributeCatalogue(*view.definitions).All()) {
          if (attribute->name > after) by_name.emplace(attribute->name, attribute);
        }
        const size_t shown = AddRows(page, by_name, response->mutable_attributes(),
                                     [](const auto& row) { return ToProto(*row.second); });
        if (shown < by_name.size()) {
          response->set_next_page_token(page.NextToken(
              call, view.stamp, AfterText(response->attributes().rbegin()->attribute())));
        }
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

}  // namespace segmentation::rpc
