#include "server/audience/root_writer.h"

#include <utility>

#include "server/base/text.h"
#include "server/domain/attribute_catalogue.h"

namespace segmentation::audience {
namespace {

using domain::MemberNo;

// Rows that wait are written page by page at the latest then, so that loading a shop holds few.
constexpr size_t kMostPendingRows = 16'384;

std::string_view DomainOf(std::string_view address) {
  const size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

const std::vector<int64_t>* FindRow(const std::map<uint32_t, std::vector<int64_t>>& rows,
                                    uint32_t row) {
  const auto found = rows.find(row);
  return found == rows.end() ? nullptr : &found->second;
}

}  // namespace

RootWriter::RootWriter() {
  root_.texts = std::make_shared<FactTexts>();
  root_.buckets = std::make_shared<BucketColumns>();
  root_.directory = std::make_shared<MemberDirectory>();
  root_.email_domains.texts = std::make_shared<TextDictionary>();
}

void RootWriter::PutMember(const domain::Member& member, const domain::ShopDefinitions& definitions,
                           storage::MemberParts parts) {
  using storage::MemberParts;
  const MemberNo member_no = member.number;
  // Of one that is new, or was removed, nothing is known that would have to go.
  const bool known = root_.live.Test(member_no);
  if (!known) parts = MemberParts::kAll;
  root_.end_no = std::max(root_.end_no, member_no + 1);
  root_.live.Set(member_no, true, epoch_);
  root_.blocked.Set(member_no, member.blocked, epoch_);
  const MemberIdPage* const ids = root_.member_ids.Find(member_no / kFactRows);
  if (ids == nullptr || ids->ids[member_no % kFactRows] != member.id) {
    root_.member_ids.Edit(member_no / kFactRows, epoch_).ids[member_no % kFactRows] = member.id;
    root_.directory->Add(member.id, member_no);
  }
  PutNumber(root_.created_at, member_no, member.stamp.created_at_ms);
  if (Has(parts, MemberParts::kIdentities)) PutIdentities(member, known);
  if (Has(parts, MemberParts::kConsents)) PutConsents(member, known);
  if (Has(parts, MemberParts::kAttributes)) {
    if (known) ClearAttributesBut(member.attributes, member_no, definitions);
    PutAttributes(member, definitions);
  }
  if (Has(parts, MemberParts::kTags)) {
    std::vector<TagFact> tags;
    for (const domain::TagAssignment& tag : member.tags) {
      tags.push_back({tag.tag_no, tag.source, tag.assigned_at_ms, tag.expires_at_ms, tag.number});
    }
    PutTags(member_no, std::move(tags));
  }
}

void RootWriter::PutIdentities(const domain::Member& member, bool known) {
  std::map<domain::IdentityKind, bool> kinds;
  std::vector<int64_t> email_domains;
  for (const domain::Identity& identity : member.identities) {
    kinds[identity.kind] = true;
    if (identity.kind != domain::IdentityKind::kEmail) continue;
    if (identity.value.find('@') == std::string::npos) continue;
    email_domains.push_back(root_.email_domains.texts->InternFolded(DomainOf(identity.value),
                                                                    base::Folding::kNfkcCase));
  }
  PutValues(root_.email_domains, member.number, std::move(email_domains));
  for (auto& [kind, bitmap] : root_.identities) {
    if (known && !kinds.contains(kind)) bitmap.Set(member.number, false, epoch_);
  }
  for (const auto& [kind, has] : kinds) root_.identities[kind].Set(member.number, true, epoch_);
}

void RootWriter::PutConsents(const domain::Member& member, bool known) {
  std::map<std::pair<domain::Channel, domain::ConsentState>, bool> choices;
  for (const domain::Consent& consent : member.consents) {
    choices[{consent.channel, consent.state}] = true;
  }
  for (auto& [choice, bitmap] : root_.consents) {
    if (known && !choices.contains(choice)) bitmap.Set(member.number, false, epoch_);
  }
  for (const auto& [choice, has] : choices) {
    root_.consents[choice].Set(member.number, true, epoch_);
  }
}

// A value whose definition is gone goes too.
void RootWriter::ClearAttributesBut(
    const std::map<domain::AttributeNo, std::vector<domain::Value>>& kept, MemberNo member_no,
    const domain::ShopDefinitions& definitions) {
  const domain::AttributeCatalogue catalogue(definitions);
  for (auto& [number, column] : root_.attributes) {
    if (!kept.contains(number) || catalogue.Find(number) == nullptr) {
      PutValues(column, member_no, {});
    }
  }
}

void RootWriter::PutAttributes(const domain::Member& member,
                               const domain::ShopDefinitions& definitions) {
  const domain::AttributeCatalogue catalogue(definitions);
  for (const auto& [number, values] : member.attributes) {
    const domain::Attribute* const attribute = catalogue.Find(number);
    if (attribute == nullptr) continue;  // its definition is gone, and its values go with it
    Column& column = root_.attributes[number];
    std::vector<int64_t> numbers;
    for (const domain::Value& value : values) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        if (column.texts == nullptr) column.texts = std::make_shared<TextDictionary>();
        numbers.push_back(
            column.texts->InternFolded(*text, static_cast<base::Folding>(attribute->folding)));
      } else {
        numbers.push_back(std::get<int64_t>(value));
      }
    }
    PutValues(column, member.number, std::move(numbers));
  }
}

void RootWriter::PutNumber(PageTable<PackedPage>& values, MemberNo member_no,
                           std::optional<int64_t> value) {
  const PackedPage* const page = values.Find(member_no / kPageRows);
  const std::optional<int64_t> old =
      page == nullptr ? std::nullopt : page->Get(member_no % kPageRows);
  if (value == old) return;
  values.Edit(member_no / kPageRows, epoch_).Set(member_no % kPageRows, value);
}

void RootWriter::PutValues(Column& column, MemberNo member_no, std::vector<int64_t> values) {
  const std::optional<int64_t> first =
      values.empty() ? std::nullopt : std::optional(values.front());
  PutNumber(column.values, member_no, first);
  const Column::Further* const further = column.further.Find(member_no / kFactRows);
  const auto old = further == nullptr ? nullptr : FindRow(further->rows, member_no % kFactRows);
  const std::vector<int64_t> more(values.begin() + (values.empty() ? 0 : 1), values.end());
  if (old == nullptr ? more.empty() : *old == more) return;
  auto& rows = column.further.Edit(member_no / kFactRows, epoch_).rows;
  if (more.empty()) {
    rows.erase(member_no % kFactRows);
  } else {
    rows[member_no % kFactRows] = more;
  }
}

std::vector<TagFact> RootWriter::TagsOf(MemberNo member_no) const {
  const size_t page_no = member_no / kFactRows;
  const uint32_t row = member_no % kFactRows;
  const auto pending = pending_tags_.find(page_no);
  if (pending != pending_tags_.end()) {
    const auto found = pending->second.find(row);
    if (found != pending->second.end()) return found->second;
  }
  const TagPage* const page = root_.tag_facts.Find(page_no);
  return page == nullptr ? std::vector<TagFact>() : page->Row(row);
}

void RootWriter::PutTags(MemberNo member_no, std::vector<TagFact> facts) {
  const std::vector<TagFact> old = TagsOf(member_no);
  if (old == facts) return;
  // Which tags the member had and has, and which of them expire: only what differs is written.
  std::map<domain::TagNo, std::pair<bool, bool>> wanted;
  for (const TagFact& fact : old) wanted[fact.tag_no] = {false, false};
  for (const TagFact& fact : facts) wanted[fact.tag_no] = {true, fact.expires_at_ms.has_value()};
  const auto set = [&](PageTable<MemberBitmap>& bitmaps, domain::TagNo tag_no, bool in) {
    const MemberBitmap* const members = bitmaps.Find(tag_no);
    const bool was_in = members != nullptr && members->Test(member_no);
    if (in != was_in) bitmaps.Edit(tag_no, epoch_).Set(member_no, in, epoch_);
  };
  for (const auto& [tag_no, has] : wanted) {
    set(root_.tags, tag_no, has.first);
    set(root_.expiring_tags, tag_no, has.second);
  }
  pending_tags_[member_no / kFactRows][member_no % kFactRows] = std::move(facts);
  CountPending();
}

OrderPage::RowEdit& RootWriter::EditOrders(MemberNo member_no) {
  return pending_orders_[member_no / kFactRows][member_no % kFactRows];
}

void RootWriter::PutOrders(MemberNo member_no, std::vector<domain::Order> orders) {
  const auto pending = pending_orders_.find(member_no / kFactRows);
  const bool edited =
      pending != pending_orders_.end() && pending->second.contains(member_no % kFactRows);
  if (orders.empty() && !edited && !root_.buyers.Test(member_no)) return;
  OrderPage::RowEdit& edit = EditOrders(member_no);
  edit.replaces = true;
  edit.orders.clear();
  for (domain::Order& order : orders) {
    const domain::OrderNo number = order.number;
    edit.orders[number] = std::move(order);
  }
  CountPending();
}

void RootWriter::PutOrder(domain::Order order) {
  OrderPage::RowEdit& edit = EditOrders(order.member_no);
  const domain::OrderNo number = order.number;
  edit.orders[number] = std::move(order);
  CountPending();
}

void RootWriter::RemoveOrder(MemberNo member_no, domain::OrderNo order_no) {
  EditOrders(member_no).orders[order_no] = std::nullopt;
  CountPending();
}

void RootWriter::CountPending() {
  if (++pending_rows_ >= kMostPendingRows) WritePending();
}

void RootWriter::DropUndefined(const domain::ShopDefinitions& definitions) {
  const domain::AttributeCatalogue catalogue(definitions);
  std::erase_if(root_.attributes,
                [&](const auto& entry) { return catalogue.Find(entry.first) == nullptr; });
  for (size_t index = 0; index < root_.tags.end(); ++index) {
    const auto tag_no = static_cast<domain::TagNo>(index);
    const MemberBitmap* const members = root_.tags.Find(index);
    if (members == nullptr || members->count() == 0 || definitions.tags.contains(tag_no)) continue;
    std::vector<MemberNo> holders;
    for (uint32_t block = 0; block < root_.block_count(); ++block) {
      if (members->CountOf(block) == 0) continue;
      BitBlock bits;
      bits.Clear();
      members->AddTo(block, &bits);
      bits.ForEach([&](uint32_t bit) { holders.push_back(block * kBlockMembers + bit); });
    }
    for (const MemberNo member_no : holders) {
      std::vector<TagFact> facts = TagsOf(member_no);
      std::erase_if(facts, [&](const TagFact& fact) { return fact.tag_no == tag_no; });
      PutTags(member_no, std::move(facts));
    }
  }
}

void RootWriter::RemoveMember(MemberNo member_no) {
  if (!root_.live.Test(member_no)) return;
  root_.live.Set(member_no, false, epoch_);
  root_.blocked.Set(member_no, false, epoch_);
  root_.member_ids.Edit(member_no / kFactRows, epoch_).ids[member_no % kFactRows].clear();
  PutNumber(root_.created_at, member_no, std::nullopt);
  for (auto& [number, column] : root_.attributes) PutValues(column, member_no, {});
  PutValues(root_.email_domains, member_no, {});
  for (auto& [kind, bitmap] : root_.identities) bitmap.Set(member_no, false, epoch_);
  for (auto& [choice, bitmap] : root_.consents) bitmap.Set(member_no, false, epoch_);
  PutTags(member_no, {});
  PutOrders(member_no, {});
  // They are of ids; the number is never given again, but nothing here should depend on that.
  root_.buckets = std::make_shared<BucketColumns>();
}

bool RootWriter::PutSettledOrders(MemberNo member_no, const OrderPage& page) {
  OrderColumns& columns = root_.order_columns;
  const uint32_t row = member_no % kFactRows;
  const auto [first, last] = page.OrdersOf(row);
  const SettledOrders settled = SettledOrdersOf(page, row);
  const auto fits = [](__int128 value) { return value >= INT64_MIN && value <= INT64_MAX; };
  if (!fits(settled.items) || !fits(settled.amount)) return false;
  const bool buys = first < last;
  const auto put = [&](PageTable<PackedPage>& column, std::optional<int64_t> value) {
    PutNumber(column, member_no, buys ? value : std::nullopt);
  };
  put(columns.orders, settled.orders);
  put(columns.purchase_days, settled.purchase_days);
  put(columns.items, static_cast<int64_t>(settled.items));
  put(columns.amount, static_cast<int64_t>(settled.amount));
  put(columns.first_at, settled.first_at);
  put(columns.last_day, settled.last_day);
  for (size_t i = 0; i < columns.latest_at.size(); ++i) {
    put(columns.latest_at[i], settled.latest_at[i]);
  }
  return true;
}

void RootWriter::WritePending() {
  static const TagPage kNoTags;
  static const OrderPage kNoOrders;
  for (const auto& [page_no, rows] : pending_tags_) {
    const TagPage* const old = root_.tag_facts.Find(page_no);
    root_.tag_facts.Replace(page_no, TagPage(old == nullptr ? kNoTags : *old, rows), epoch_);
  }
  for (const auto& [page_no, edits] : pending_orders_) {
    const OrderPage* const old = root_.orders.Find(page_no);
    OrderPage page = (old == nullptr ? kNoOrders : *old).With(edits, *root_.texts);
    // A row that columns cannot hold need not be among the edited ones.
    if (old != nullptr && old->never_settles()) page.NeverSettle();
    for (const auto& [row, edit] : edits) {
      const auto member_no = static_cast<MemberNo>(page_no * kFactRows + row);
      const auto [first, last] = page.OrdersOf(row);
      root_.buyers.Set(member_no, first < last, epoch_);
      if (!PutSettledOrders(member_no, page)) page.NeverSettle();
    }
    root_.orders.Replace(page_no, std::move(page), epoch_);
  }
  pending_tags_.clear();
  pending_orders_.clear();
  pending_rows_ = 0;
}

std::shared_ptr<const ShopRoot> RootWriter::Publish(domain::Revision revision, int64_t tick_at_ms) {
  WritePending();
  root_.revision = revision;
  root_.tick_at_ms = tick_at_ms;
  ++epoch_;
  return std::make_shared<const ShopRoot>(root_);
}

}  // namespace segmentation::audience
