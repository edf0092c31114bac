// What the tag use cases decide, apart from how commands are queued.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/usecase/tag_usecase.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {

// The category a name stands for: an id, "template.name", or a name only one category has.
// TAG_CATEGORY_NOT_FOUND, FIELD_INVALID (several have the name).
absl::StatusOr<const domain::TagCategory*> FindTagCategoryByName(const WorkingSet& ws,
                                                                 std::string_view name,
                                                                 std::string_view field);

// Puts a tag on a member that was loaded with its tags. `field` is the path of the tag.
absl::StatusOr<TagChange> ApplyTag(WorkingSet& ws, const CallContext& context,
                                   domain::MemberNo member_no, const TagInput& input,
                                   std::string_view field);

// Takes tags off a member; appends what happened.
absl::Status ApplyRemoval(WorkingSet& ws, const CallContext& context, domain::MemberNo member_no,
                          const TagRemoval& removal, domain::TagSource remover,
                          std::string_view field, std::vector<TagChange>& changes);

}  // namespace segmentation::usecase
