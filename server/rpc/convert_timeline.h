// Entries of a member's timeline as the API shows them.
#pragma once

#include <string_view>

#include "segmentation/v1/member.pb.h"
#include "server/usecase/member_query_usecase.h"

namespace segmentation::rpc {

// Orders and refunds as of the view's instant. Texts of reviews and notes are left out unless
// `reveal`.
v1::TimelineEntry ToProto(const usecase::TimelineEvent& event, const usecase::TimelineView& view,
                          std::string_view member_id, bool reveal);

}  // namespace segmentation::rpc
