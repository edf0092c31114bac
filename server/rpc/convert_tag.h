// Tag categories, tags, and tags on members between the API and the domain.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/v1/tag.pb.h"
#include "segmentation/v1/tag_service.pb.h"
#include "server/domain/member.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/tag_usecase.h"

namespace segmentation::rpc {

// Output-only fields are left aside. ENUM_UNKNOWN (kind, choice), naming `field`.kind …
absl::StatusOr<domain::TagCategory> FromProto(const v1::TagCategory& category,
                                              std::string_view field);
domain::Tag FromProto(const v1::Tag& tag);

// Field paths begin with `field`. ENUM_UNKNOWN (source), MONEY_INVALID (number),
// FIELD_OUT_OF_RANGE. `default_reference`: the actor's conversation.
absl::StatusOr<usecase::TagInput> FromProto(const v1::TagAssignment& assignment,
                                            std::string_view field,
                                            std::string_view default_reference);
usecase::TagRemoval FromProto(const v1::TagKey& key);
// Field paths begin at the item.
absl::StatusOr<usecase::BatchTagItem> FromProto(const v1::TagMemberItem& item,
                                                std::string_view default_reference);

// A batch in which items that cannot be read fail alone.
struct TagBatch {
  std::vector<usecase::BatchTagItem> items;  // those that can be read, in order
  std::vector<absl::Status> unreadable;      // one for each item of the request: OK, or why not
};
TagBatch FromProto(const v1::BatchTagMembersRequest& request);

v1::TagCategory ToProto(const domain::TagCategory& category, int64_t tag_count);
v1::Tag ToProto(const domain::Tag& tag, const domain::TagCategory& category);

// Names that the definitions no longer have are empty.
v1::MemberTag ToProto(const domain::TagAssignment& assignment,
                      const domain::ShopDefinitions& definitions);
v1::TagChange ToProto(const usecase::TagChange& change, const domain::ShopDefinitions& definitions);
v1::TagEvent ToProto(const storage::TagHistoryRow& row, std::string_view member_id,
                     const domain::ShopDefinitions& definitions);

// One result for each item of the request; `unreadable` is the batch's.
v1::BatchTagMembersResponse ToProto(const usecase::BatchTagMembersResult& result,
                                    std::span<const absl::Status> unreadable,
                                    const domain::ShopDefinitions& definitions);

// What is kept for replay is bounded (domain::kMaxAnswerBytes): beyond that, changes name their tag
// and outcome alone.
void BoundAnswer(v1::TagMemberResponse& response);
// The same; a whole category may be too long even so, then the last changes are left out and
// counted.
void BoundAnswer(v1::UntagMemberResponse& response);

}  // namespace segmentation::rpc
