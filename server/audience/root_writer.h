// Makes the next version of a shop's index out of rows (design D4): the one writer of a shop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "server/audience/shop_root.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"

namespace segmentation::audience {

// One thread at a time. What is put shows in the next published root, never in earlier ones.
// Members are best put in ascending order: pages of facts are built a page at a time.
class RootWriter {
 public:
  RootWriter();

  // The row of the member and the parts named, in place of what was known of them; of a member that
  // is new, all parts. `definitions` say what kind of value an attribute has.
  void PutMember(const domain::Member& member, const domain::ShopDefinitions& definitions,
                 storage::MemberParts parts = storage::MemberParts::kAll);
  // All orders of a member, in place of what was known.
  void PutOrders(domain::MemberNo member_no, std::vector<domain::Order> orders);
  // One of its member's orders, new or in place of the one of its number.
  void PutOrder(domain::Order order);
  void RemoveOrder(domain::MemberNo member_no, domain::OrderNo order_no);
  // Merged or erased: no condition selects it any more.
  void RemoveMember(domain::MemberNo member_no);

  // Forgets the values of attributes and tags that are defined no longer: their rows went with the
  // definition, whoever had them.
  void DropUndefined(const domain::ShopDefinitions& definitions);

  // As it will be published, but for rows that still wait for their page.
  const ShopRoot& root() const { return root_; }

  std::shared_ptr<const ShopRoot> Publish(domain::Revision revision, int64_t tick_at_ms);

 private:
  void PutIdentities(const domain::Member& member, bool known);
  void PutConsents(const domain::Member& member, bool known);
  void ClearAttributesBut(const std::map<domain::AttributeNo, std::vector<domain::Value>>& kept,
                          domain::MemberNo member_no, const domain::ShopDefinitions& definitions);
  void PutAttributes(const domain::Member& member, const domain::ShopDefinitions& definitions);
  void PutNumber(PageTable<PackedPage>& values, domain::MemberNo member_no,
                 std::optional<int64_t> value);
  void PutValues(Column& column, domain::MemberNo member_no, std::vector<int64_t> values);
  std::vector<TagFact> TagsOf(domain::MemberNo member_no) const;
  void PutTags(domain::MemberNo member_no, std::vector<TagFact> facts);
  OrderPage::RowEdit& EditOrders(domain::MemberNo member_no);
  void CountPending();
  // Brings the columns of a row of orders up to date; false if they cannot hold it.
  bool PutSettledOrders(domain::MemberNo member_no, const OrderPage& page);
  void WritePending();

  ShopRoot root_;
  Epoch epoch_ = 1;
  // Rows of pages that are built anew at the next Publish.
  std::map<size_t, std::map<uint32_t, std::vector<TagFact>>> pending_tags_;
  std::map<size_t, OrderPage::Edits> pending_orders_;
  size_t pending_rows_ = 0;
};

}  // namespace segmentation::audience
