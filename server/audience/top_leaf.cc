// TOP ranks all live members, so it is decided once for all, when the leaf is made (T33).
#include <algorithm>
#include <utility>

#include "server/audience/leaves.h"
#include "server/base/hash.h"
#include "server/base/planted_fault.h"

namespace segmentation::audience {
namespace {

using namespace domain::condition;  // NOLINT: as in leaves.cc
using domain::MemberNo;

struct Ranked {
  OrderTotal value;
  MemberNo member_no;
};

// -1, 0 or 1: exact, for averages too.
int Compare(const OrderTotal& a, const OrderTotal& b) {
  const auto left = a.sum * b.count, right = b.sum * a.count;
  return left < right ? -1 : left > right ? 1 : 0;
}

std::optional<OrderTotal> ValueOf(const AttributeReference& attribute, const OrderTotals& totals,
                                  MemberNo member_no, const ShopRoot& root) {
  const auto from_column = [&](const PageTable<PackedPage>& values) -> std::optional<OrderTotal> {
    const PackedPage* const page = values.Find(member_no / kPageRows);
    if (page == nullptr) return std::nullopt;
    const std::optional<int64_t> value = page->Get(member_no % kPageRows);
    return value ? std::optional(OrderTotal{*value, 1}) : std::nullopt;
  };
  if (attribute.source == domain::AttributeSource::kMemberRow) return from_column(root.created_at);
  if (attribute.source == domain::AttributeSource::kProfile) {
    const auto column = root.attributes.find(attribute.number);
    return column == root.attributes.end() ? std::nullopt : from_column(column->second.values);
  }
  // Attributes of orders rank those who have a counted one.
  const OrderPage* const page = root.orders.Find(member_no / kFactRows);
  const uint32_t row = member_no % kFactRows;
  if (totals.CountedOrders(page, row) == 0) return std::nullopt;
  return totals.Of(page, row);
}

class MembersLeaf final : public PlanNode {
 public:
  explicit MembersLeaf(MemberBitmap members) : PlanNode(0), members_(std::move(members)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    out->Clear();
    members_.AddTo(block, out);
    out->And(mask);
  }

 private:
  const MemberBitmap members_;
};

}  // namespace

PlanNodePtr MakeLeaf(const BoundTop& leaf, const LeafContext& context) {
  const ShopRoot& root = context.root;
  const OrderTotals totals(leaf.attribute.aggregate, context.evaluation);
  std::vector<Ranked> ranking;
  ranking.reserve(root.live.count());
  auto live = std::make_unique<BitBlock>();
  for (uint32_t block = 0; block < root.block_count(); ++block) {
    live->Clear();
    root.live.AddTo(block, live.get());
    live->ForEach([&](uint32_t bit) {
      const MemberNo member_no = block * kBlockMembers + bit;
      if (const auto value = ValueOf(leaf.attribute, totals, member_no, root)) {
        ranking.push_back({*value, member_no});
      }
    });
  }
  const auto n = static_cast<int64_t>(ranking.size());
  const int64_t k = leaf.unit == TopLeaf::Unit::kCount ? std::min(leaf.amount, n)
                                                       : (n * leaf.amount + 9'999) / 10'000;
  MemberBitmap top;
  constexpr Epoch kOnly = 1;
  if (k == 0) return std::make_unique<MembersLeaf>(std::move(top));
  const auto greater = [](const Ranked& a, const Ranked& b) {
    return Compare(a.value, b.value) > 0;
  };
  std::nth_element(ranking.begin(), ranking.begin() + (k - 1), ranking.end(), greater);
  const OrderTotal last = ranking[static_cast<size_t>(k - 1)].value;
  int64_t left = k;
  // Hashes are taken only of those who share the last value, so that many equal ones cost little.
  std::vector<std::pair<uint64_t, MemberNo>> ties;
  for (const Ranked& one : ranking) {
    const int side = Compare(one.value, last);
    if (side > 0) {
      top.Set(one.member_no, true, kOnly);
      --left;
    } else if (side == 0) {
      ties.emplace_back(base::FirstEightBytes(base::Sha256(root.MemberId(one.member_no))),
                        one.member_no);
    }
  }
  std::sort(ties.begin(), ties.end(), [&](const auto& a, const auto& b) {
    if (base::PlantedFault("index_top_ties_by_number")) return a.second < b.second;
    return a.first != b.first ? a.first < b.first
                              : root.MemberId(a.second) < root.MemberId(b.second);
  });
  for (int64_t i = 0; i < left; ++i) top.Set(ties[static_cast<size_t>(i)].second, true, kOnly);
  return std::make_unique<MembersLeaf>(std::move(top));
}

}  // namespace segmentation::audience
