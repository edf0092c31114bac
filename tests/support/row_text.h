// Every field of a row as one line of text: for comparing what was written with what is read, with
// a readable difference.
#pragma once

#include <string>
#include <vector>

#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"

namespace segmentation::testing_support {

std::string TextOf(const domain::Stamp& stamp);
std::string TextOf(const domain::Member& member);
std::string TextOf(const domain::Identity& identity);
std::string TextOf(const domain::Consent& consent);
std::string TextOf(const domain::TagAssignment& assignment);
std::string TextOf(const domain::Note& note);
std::string TextOf(const domain::Order& order);
std::string TextOf(const domain::Product& product);
std::string TextOf(const domain::Shop& shop);
std::string TextOf(const domain::ShopDefinitions& definitions);
std::string TextOf(const storage::IdentityOwner& owner);
std::string TextOf(const storage::TagHistoryRow& row);
std::string TextOf(const storage::ConsentHistoryRow& row);
std::string TextOf(const storage::GroupRevisionRow& row);
std::string TextOf(const storage::RequestRow& row);
std::string TextOf(const storage::ImportProgressRow& row);
std::string TextOf(const storage::OperationRow& row);
std::string TextOf(const storage::ApiTokenRow& row);
std::string TextOf(const storage::ShopTotals& totals);
std::string TextOf(const storage::ShopHead& head);

template <typename Row>
std::vector<std::string> TextsOf(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(TextOf(row));
  return texts;
}

}  // namespace segmentation::testing_support
