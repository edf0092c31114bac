// Members with identities, attributes, consents, their history and notes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h.
absl::StatusOr<std::vector<domain::Member>> ReadMembersById(ShopSession& session,
                                                            std::span<const std::string> ids,
                                                            MemberParts parts);
absl::StatusOr<std::vector<domain::Member>> ReadMembersByNo(ShopSession& session,
                                                            std::span<const domain::MemberNo> nos,
                                                            MemberParts parts);
absl::StatusOr<std::vector<domain::Member>> ListMembers(ShopSession& session,
                                                        domain::MemberNo after_no, int limit,
                                                        MemberParts parts);
absl::StatusOr<std::vector<ConsentHistoryRow>> ListConsentHistory(
    ShopSession& session, domain::MemberNo member_no, std::optional<domain::Etag> before,
    int limit);
absl::StatusOr<std::vector<domain::Note>> ListNotes(ShopSession& session,
                                                    domain::MemberNo member_no);

// The sets of WriteSet that are about members, without tags and identities.
absl::Status DeleteMemberRows(ShopSession& session, const WriteSet& rows);
absl::Status WriteMemberRows(ShopSession& session, const WriteSet& rows);
// As in storage/store.h.
absl::StatusOr<bool> IsAttributeUsed(ShopSession& session, const domain::Attribute& attribute,
                                     const std::optional<std::string>& text_value);
// Removes all values of attributes whose definitions go.
absl::Status DeleteAttributeValues(ShopSession& session,
                                   std::span<const domain::AttributeNo> attribute_nos);

void ListMemberStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
