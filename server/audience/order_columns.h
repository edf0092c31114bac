// What a member's orders come to once everything stored of them has happened, as columns: tests of
// order attributes, and counts of orders in a window that reaches to the present, read these
// instead of the orders (design D4). They hold for evaluations at or after OrderPage::settled_at.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "server/audience/code_test.h"
#include "server/audience/order_page.h"
#include "server/audience/packed_page.h"
#include "server/audience/page_table.h"
#include "server/domain/attribute.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"

namespace segmentation::audience {

// Of members with orders; a value that is absent as an attribute is absent here.
struct OrderColumns {
  static constexpr size_t kLatest = 4;

  PageTable<PackedPage> orders;         // valid ones
  PageTable<PackedPage> purchase_days;  // days with one
  PageTable<PackedPage> items;     // quantity of lines that are no gifts less what was returned
  PageTable<PackedPage> amount;    // net in minor units
  PageTable<PackedPage> first_at;  // date of the first one
  PageTable<PackedPage> last_day;  // day of the latest one
  // Dates of the latest one, the one before it …
  std::array<PageTable<PackedPage>, kLatest> latest_at;
};

// The same of one member.
struct SettledOrders {
  int64_t orders = 0;
  int64_t purchase_days = 0;
  __int128 items = 0;
  __int128 amount = 0;
  std::optional<base::InstantMs> first_at;
  std::optional<base::DayNumber> last_day;
  std::array<std::optional<base::InstantMs>, OrderColumns::kLatest> latest_at;
};
// Of a row of a page that is settled at some time.
SettledOrders SettledOrdersOf(const OrderPage& page, uint32_t row);

// A test of members with orders by columns alone.
class SettledTest {
 public:
  virtual ~SettledTest() = default;
  // Sets the bits of kPageRows members of column page `page` to whether they pass; those of members
  // without orders mean nothing. `bits` has PackedPage::kWords words.
  virtual void Fill(size_t page, uint64_t* bits) const = 0;
  // Good for pages that are settled before this instant, and at the evaluation's.
  virtual base::InstantMs settled_before() const { return INT64_MAX; }
};

// Null when the columns do not decide it. `columns` outlive the test.
std::unique_ptr<SettledTest> MakeSettledTest(domain::OrderAggregate aggregate,
                                             const domain::condition::Predicate& predicate,
                                             const domain::condition::EvaluationContext& context,
                                             const OrderColumns& columns);
std::unique_ptr<SettledTest> MakeSettledTest(const domain::condition::BoundOrderClause& clause,
                                             const domain::condition::EvaluationContext& context,
                                             const OrderColumns& columns);

}  // namespace segmentation::audience
