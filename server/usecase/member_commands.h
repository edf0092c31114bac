// What the member use cases decide, apart from how commands are queued.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/usecase/member_usecase.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {

// A member as sent, made ready before the command is queued. A row that cannot be right whatever is
// stored carries its error, so that it answers its item alone.
struct PreparedMember {
  MemberInput input;  // identities normalized
  absl::Status status;
};

// Field paths begin at the member.
PreparedMember PrepareMember(const domain::Shop& shop, MemberInput input);

// Adds what the upsert of a member looks at.
void CollectUpsertKeys(const MemberIds& ids, std::string_view shop_id, const MemberInput& input,
                       WriteKeys& keys);

struct UpsertOutcome {
  domain::MemberNo member_no = 0;
  bool created = false;
  bool changed = false;
};

// Field paths in errors begin at the member.
absl::StatusOr<UpsertOutcome> ApplyUpsert(WorkingSet& ws, const MemberIds& ids,
                                          const CallContext& context, const PreparedMember& member);

// Field paths in errors begin at the request.
absl::StatusOr<UpsertOutcome> ApplyUpdate(WorkingSet& ws, const MemberIds& ids,
                                          const CallContext& context,
                                          const UpdateMemberInput& update);

absl::StatusOr<RecordConsentResult> ApplyConsents(WorkingSet& ws, const CallContext& context,
                                                  std::string_view member_id,
                                                  const std::vector<ConsentInput>& consents);

}  // namespace segmentation::usecase
