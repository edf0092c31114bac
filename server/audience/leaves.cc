#include "server/audience/leaves.h"

#include <algorithm>
#include <set>
#include <utility>

#include "server/base/planted_fault.h"
#include "server/base/strings.h"

namespace segmentation::audience {
namespace {

using namespace domain::condition;  // NOLINT: the leaves of conditions are what this is about
using domain::MemberNo;

constexpr uint32_t kPagesPerBlock = kBlockMembers / kPageRows;
constexpr uint32_t kFactPagesPerBlock = kBlockMembers / kFactRows;

// Of a member, roughly: see PlanNode::cost.
constexpr double kBitmapCost = 0.02;
constexpr double kColumnCost = 0.3;
constexpr double kSetCost = 2;
constexpr double kTagFactsCost = 30;
constexpr double kBucketCost = 1;
constexpr double kOrdersCost = 100;
constexpr double kSettledCost = 1;

// A column against a predicate; a member with several values passes when one of them does.
class ColumnLeaf final : public PlanNode {
 public:
  ColumnLeaf(const PageTable<PackedPage>& values, const PageTable<Column::Further>* further,
             CodeTest test, double cost)
      : PlanNode(cost), values_(values), further_(further), test_(std::move(test)) {}

  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    out->Clear();
    for (uint32_t i = 0; i < kPagesPerBlock; ++i) {
      const PackedPage* const page = values_.Find(size_t{block} * kPagesPerBlock + i);
      if (page == nullptr) continue;
      uint64_t* const words = &out->word(size_t{i} * PackedPage::kWords);
      if (test_.asks_absence()) {
        for (size_t word = 0; word < PackedPage::kWords; ++word) words[word] = page->present(word);
      } else {
        test_.AddRows(*page, words);
      }
    }
    const bool several = further_ != nullptr && !base::PlantedFault("index_first_value_alone");
    if (!test_.asks_absence() && several) AddFurther(block, out);
    // What was found so far is presence where absence is asked for.
    if (test_.negated() != test_.asks_absence()) {
      for (size_t word = 0; word < BitBlock::kWords; ++word) out->word(word) = ~out->word(word);
    }
    out->And(mask);
  }

 private:
  void AddFurther(uint32_t block, BitBlock* out) const {
    for (uint32_t i = 0; i < kFactPagesPerBlock; ++i) {
      const Column::Further* const page = further_->Find(size_t{block} * kFactPagesPerBlock + i);
      if (page == nullptr) continue;
      for (const auto& [row, values] : page->rows) {
        if (std::any_of(values.begin(), values.end(),
                        [this](int64_t value) { return test_.Passes(value); })) {
          out->Set(i * kFactRows + row);
        }
      }
    }
  }

  const PageTable<PackedPage>& values_;
  const PageTable<Column::Further>* const further_;
  const CodeTest test_;
};

// The union of some bitmaps, or its complement.
class BitmapLeaf final : public PlanNode {
 public:
  BitmapLeaf(std::vector<const MemberBitmap*> bitmaps, bool negated)
      : PlanNode(kBitmapCost * static_cast<double>(1 + bitmaps.size())),
        bitmaps_(std::move(bitmaps)),
        negated_(negated) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    out->Clear();
    for (const MemberBitmap* bitmap : bitmaps_) bitmap->AddTo(block, out);
    if (negated_) {
      for (size_t word = 0; word < BitBlock::kWords; ++word) out->word(word) = ~out->word(word);
    }
    out->And(mask);
  }

 private:
  const std::vector<const MemberBitmap*> bitmaps_;
  const bool negated_;
};

PlanNodePtr Nobody() {
  return std::make_unique<BitmapLeaf>(std::vector<const MemberBitmap*>(), false);
}

// Members that have one of some tags, and where it is not plain, a tag that passes everything
// asked.
class TagLeafNode final : public PlanNode {
 public:
  TagLeafNode(const BoundTag& leaf, const LeafContext& context)
      : PlanNode(IsPlain(leaf) ? kBitmapCost : kTagFactsCost),
        facts_(context.root.tag_facts),
        as_of_(context.evaluation.as_of),
        sources_(leaf.sources),
        plain_(IsPlain(leaf)) {
    if (leaf.since) {
      since_ = CodeTest::OfNumbers(Predicate{*leaf.since, false}, context.evaluation);
    }
    if (leaf.number) number_ = CodeTest::OfNumbers(*leaf.number, context.evaluation);
    if (leaf.tag_no) {
      AddTag(*leaf.tag_no, context.root);
    } else {
      for (const auto& [number, tag] : context.definitions.tags) {
        if (tag.category_no == leaf.category_no) AddTag(number, context.root);
      }
    }
  }

  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    out->Clear();
    for (const MemberBitmap* bitmap : having_) bitmap->AddTo(block, out);
    out->And(mask);
    asked_->Clear();
    if (plain_ && base::PlantedFault("index_expired_tags_hold")) return;
    if (plain_) {
      for (const MemberBitmap* bitmap : expiring_) bitmap->AddTo(block, asked_.get());
      asked_->And(*out);
    } else {
      *asked_ = *out;
    }
    asked_->ForEach([&](uint32_t bit) {
      if (!Passes(block * kBlockMembers + bit)) out->word(bit / 64) &= ~(uint64_t{1} << (bit % 64));
    });
  }

 private:
  static bool IsPlain(const BoundTag& leaf) {
    return leaf.sources.empty() && !leaf.since && !leaf.number;
  }
  void AddTag(domain::TagNo number, const ShopRoot& root) {
    tag_nos_.insert(number);
    if (const MemberBitmap* members = root.tags.Find(number)) having_.push_back(members);
    if (const MemberBitmap* members = root.expiring_tags.Find(number)) {
      expiring_.push_back(members);
    }
  }

  bool Passes(MemberNo member_no) const {
    const TagPage* const page = facts_.Find(member_no / kFactRows);
    if (page == nullptr) return false;
    const auto [first, last] = page->PlacesOf(member_no % kFactRows);
    for (size_t place = first; place < last; ++place) {
      if (!tag_nos_.contains(page->tag_no(place))) continue;
      const TagFact fact = page->At(place);
      const bool edge = base::PlantedFault("index_tag_holds_at_its_end") &&
                        fact.expires_at_ms == std::optional(as_of_);
      if (fact.expires_at_ms && *fact.expires_at_ms <= as_of_ && !edge) continue;
      if (!sources_.empty() && !std::binary_search(sources_.begin(), sources_.end(), fact.source)) {
        continue;
      }
      if (since_ && !since_->PassesOne(fact.assigned_at_ms)) continue;
      if (number_ && !number_->PassesOne(fact.number)) continue;
      return true;
    }
    return false;
  }

  const PageTable<TagPage>& facts_;
  const base::InstantMs as_of_;
  const std::vector<domain::TagSource> sources_;  // sorted
  const bool plain_;                              // having the tag is all that is asked
  std::optional<CodeTest> since_, number_;
  std::set<domain::TagNo> tag_nos_;
  std::vector<const MemberBitmap*> having_, expiring_;
  std::unique_ptr<BitBlock> asked_ = std::make_unique<BitBlock>();
};

// A share of the members by a hash of their ids; absent for nobody.
class BucketLeaf final : public PlanNode {
 public:
  BucketLeaf(const LeafContext& context, CodeTest test, std::string_view salt)
      : PlanNode(kBucketCost),
        root_(context.root),
        column_(context.root.buckets->Of(salt)),
        test_(std::move(test)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    out->Clear();
    for (uint32_t i = 0; i < kPagesPerBlock; ++i) {
      const size_t first_word = size_t{i} * PackedPage::kWords;
      uint64_t asked[PackedPage::kWords];
      uint64_t any = 0;
      for (size_t word = 0; word < PackedPage::kWords; ++word) {
        any |= asked[word] = mask.word(first_word + word);
      }
      if (any == 0) continue;
      const std::shared_ptr<const BucketPage> page = column_->PageOf(
          size_t{block} * kPagesPerBlock + i, asked,
          [this](MemberNo member_no) -> std::string_view { return root_.MemberId(member_no); });
      uint64_t* const found = &out->word(first_word);
      test_.AddCells(page->buckets, found);
      for (size_t word = 0; word < PackedPage::kWords; ++word) {
        found[word] = (test_.negated() ? ~found[word] : found[word]) & asked[word];
      }
    }
  }

 private:
  const ShopRoot& root_;
  const std::shared_ptr<BucketColumn> column_;
  const CodeTest test_;
};

// Asks the orders of members; those without any answer alike, once for all. Where everything has
// happened by the instant of the evaluation, columns answer for the orders if they can.
class OrdersLeaf final : public PlanNode {
 public:
  using Selects = std::function<bool(const OrderPage*, uint32_t)>;
  OrdersLeaf(const LeafContext& context, Selects selects,
             std::unique_ptr<SettledTest> settled = nullptr)
      : PlanNode(settled == nullptr ? kOrdersCost : kSettledCost),
        root_(context.root),
        as_of_(context.evaluation.as_of),
        selects_(std::move(selects)),
        settled_(std::move(settled)),
        without_orders_(selects_(nullptr, 0)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override {
    buyers_->Clear();
    root_.buyers.AddTo(block, buyers_.get());
    buyers_->And(mask);
    out->Clear();
    if (without_orders_ && !base::PlantedFault("index_nobody_without_orders")) {
      *out = mask;
      out->AndNot(*buyers_);
    }
    if (settled_ != nullptr) TakeSettled(block, out);
    buyers_->ForEach([&](uint32_t bit) {
      const MemberNo member_no = block * kBlockMembers + bit;
      if (selects_(root_.orders.Find(member_no / kFactRows), member_no % kFactRows)) out->Set(bit);
    });
  }

 private:
  // Answers for the members of settled pages and takes them from buyers_.
  void TakeSettled(uint32_t block, BitBlock* out) {
    constexpr size_t kWordsOfFacts = kFactRows / 64;
    uint64_t passed[PackedPage::kWords];
    for (uint32_t i = 0; i < kPagesPerBlock; ++i) {
      uint64_t* const asked = &buyers_->word(size_t{i} * PackedPage::kWords);
      uint64_t* const found = &out->word(size_t{i} * PackedPage::kWords);
      bool filled = false;
      for (size_t word = 0; word < PackedPage::kWords; word += kWordsOfFacts) {
        uint64_t any = 0;
        for (size_t w = word; w < word + kWordsOfFacts; ++w) any |= asked[w];
        if (any == 0) continue;
        const size_t member_no =
            size_t{block} * kBlockMembers + (i * PackedPage::kWords + word) * 64;
        const OrderPage* const page = root_.orders.Find(member_no / kFactRows);
        const bool early = base::PlantedFault("index_settled_too_early");
        if (page == nullptr || page->settled_at() >= settled_->settled_before() ||
            (page->settled_at() > as_of_ && !early)) {
          continue;
        }
        if (!std::exchange(filled, true)) {
          settled_->Fill(size_t{block} * kPagesPerBlock + i, passed);
        }
        for (size_t w = word; w < word + kWordsOfFacts; ++w) {
          found[w] |= asked[w] & passed[w];
          asked[w] = 0;
        }
      }
    }
  }

  const ShopRoot& root_;
  const base::InstantMs as_of_;
  const Selects selects_;
  const std::unique_ptr<SettledTest> settled_;
  const bool without_orders_;
  std::unique_ptr<BitBlock> buyers_ = std::make_unique<BitBlock>();
};

PlanNodePtr ShippingLeaf(const BoundAttribute& leaf, const LeafContext& context) {
  const FactTexts& texts = *context.root.texts;
  const bool province = leaf.attribute.number == domain::kAttributeShippingProvince;
  const bool city = leaf.attribute.number == domain::kAttributeShippingCity;
  const TextDictionary& dictionary = province ? texts.provinces
                                     : city   ? texts.cities
                                              : texts.addresses;
  const TextNo Place::*text = province ? &Place::province : city ? &Place::city : &Place::full_text;
  const TextNo size = texts.places.size();
  const CodeTest test = CodeTest::OfTexts(leaf.predicate, dictionary);
  // Decided once a distinct place, and remembered.
  const std::string_view name = province ? "province" : city ? "city" : "address";
  const CodeTest given = CodeTest::OfSet(texts.places.ChooseAgain(
      base::StrCat("any ", name), size,
      [&](std::string_view bytes) { return RowOf<Place>(bytes).*text != 0; }));
  // Of IS NULL nothing passes, whatever the place; its key is empty.
  const std::string key = TextTestKey(leaf.predicate);
  const CodeTest passing = CodeTest::OfSet(texts.places.ChooseAgain(
      key.empty() ? key : base::StrCat("some ", name, key), size, [&](std::string_view bytes) {
        const TextNo number = RowOf<Place>(bytes).*text;
        return number != 0 && test.Passes(number);
      }));
  const base::InstantMs as_of = context.evaluation.as_of;
  return std::make_unique<OrdersLeaf>(context, [=, negated = test.negated(),
                                                absence = test.asks_absence()](
                                                   const OrderPage* page, uint32_t row) {
    bool present = false, passed = false;
    const auto [first, last] = page == nullptr ? OrderPage::Places{0, 0} : page->OrdersOf(row);
    for (size_t order = first; order < last && !passed; ++order) {
      if (!page->IsCountedAt(order, as_of) && !base::PlantedFault("index_address_of_any_order")) {
        continue;
      }
      present = present || given.Passes(page->place(order));
      passed = passing.Passes(page->place(order));
    }
    return (absence ? !present : passed) != negated;
  });
}

PlanNodePtr TotalLeaf(const BoundAttribute& leaf, const LeafContext& context) {
  const AggregateTest test(leaf.predicate, context.evaluation);
  const OrderTotals totals(leaf.attribute.aggregate, context.evaluation);
  return std::make_unique<OrdersLeaf>(
      context,
      [test, totals](const OrderPage* page, uint32_t row) {
        const std::optional<OrderTotal> total = totals.Of(page, row);
        return total ? test.PassesQuotient(total->sum, total->count) : test.PassesAbsent();
      },
      MakeSettledTest(leaf.attribute.aggregate, leaf.predicate, context.evaluation,
                      context.root.order_columns));
}

PlanNodePtr ProfileLeaf(const Column* column, const Predicate& predicate,
                        const LeafContext& context) {
  static const Column kNone;
  const Column& values = column == nullptr ? kNone : *column;
  if (values.texts == nullptr) {
    return std::make_unique<ColumnLeaf>(values.values, &values.further,
                                        CodeTest::OfNumbers(predicate, context.evaluation),
                                        kColumnCost);
  }
  return std::make_unique<ColumnLeaf>(values.values, &values.further,
                                      CodeTest::OfTexts(predicate, *values.texts), kSetCost);
}

const Column* ColumnOf(domain::AttributeNo number, const ShopRoot& root) {
  const auto found = root.attributes.find(number);
  return found == root.attributes.end() ? nullptr : &found->second;
}

PlanNodePtr MemberRowLeaf(const BoundAttribute& leaf, const LeafContext& context) {
  const ShopRoot& root = context.root;
  if (leaf.attribute.number == domain::kAttributeCreatedAt) {
    return std::make_unique<ColumnLeaf>(root.created_at, nullptr,
                                        CodeTest::OfNumbers(leaf.predicate, context.evaluation),
                                        kColumnCost);
  }
  if (leaf.attribute.number == domain::kAttributeBlocked) {
    const CodeTest test = CodeTest::OfNumbers(leaf.predicate, context.evaluation);
    const bool if_blocked = test.PassesOne(1), if_not = test.PassesOne(0);
    if (if_blocked == if_not) {
      return std::make_unique<BitmapLeaf>(std::vector<const MemberBitmap*>(), if_blocked);
    }
    return std::make_unique<BitmapLeaf>(std::vector{&root.blocked}, if_not);
  }
  // The member's id: no two are equal, so no dictionary would help.
  return std::make_unique<EachMember>(
      [&root, predicate = leaf.predicate](MemberNo member_no) {
        const std::string& id = root.MemberId(member_no);
        bool passed = false;
        if (const auto* set = std::get_if<TextSet>(&predicate.test)) {
          passed = std::binary_search(set->values.begin(), set->values.end(), id);
        } else if (const auto* contains = std::get_if<TextContains>(&predicate.test)) {
          passed =
              std::any_of(contains->any_of.begin(), contains->any_of.end(),
                          [&](const auto& part) { return id.find(part) != std::string::npos; });
        }
        return passed != predicate.negated;
      },
      kSetCost * 10);
}

}  // namespace

void EachMember::Fill(uint32_t block, const BitBlock& mask, BitBlock* out) {
  out->Clear();
  mask.ForEach([&](uint32_t bit) {
    if (selects_(block * kBlockMembers + bit)) out->Set(bit);
  });
}

PlanNodePtr MakeLeaf(const BoundAttribute& leaf, const LeafContext& context) {
  switch (leaf.attribute.source) {
    case domain::AttributeSource::kProfile:
      return ProfileLeaf(ColumnOf(leaf.attribute.number, context.root), leaf.predicate, context);
    case domain::AttributeSource::kMemberRow:
      return MemberRowLeaf(leaf, context);
    case domain::AttributeSource::kIdentity:
      return ProfileLeaf(&context.root.email_domains, leaf.predicate, context);
    case domain::AttributeSource::kShippingAddress:
      return ShippingLeaf(leaf, context);
    case domain::AttributeSource::kOrders:
      return TotalLeaf(leaf, context);
  }
  return Nobody();
}

PlanNodePtr MakeLeaf(const BoundTag& leaf, const LeafContext& context) {
  return std::make_unique<TagLeafNode>(leaf, context);
}

PlanNodePtr MakeLeaf(const BoundIdentity& leaf, const LeafContext& context) {
  const auto found = context.root.identities.find(leaf.kind);
  if (found == context.root.identities.end()) return Nobody();
  return std::make_unique<BitmapLeaf>(std::vector{&found->second}, false);
}

PlanNodePtr MakeLeaf(const BoundConsent& leaf, const LeafContext& context) {
  std::vector<const MemberBitmap*> bitmaps;
  for (const auto& [choice, bitmap] : context.root.consents) {
    if (choice.first != leaf.channel || (leaf.state && *leaf.state != choice.second)) continue;
    bitmaps.push_back(&bitmap);
  }
  return std::make_unique<BitmapLeaf>(std::move(bitmaps), leaf.negated);
}

PlanNodePtr MakeLeaf(const BoundAnniversary& leaf, const LeafContext& context) {
  const auto days = MonthDaysOf(leaf, context.evaluation);
  const Column* const column = ColumnOf(leaf.attribute.number, context.root);
  const auto passes = [days](int64_t code) {
    return std::any_of(days.begin(), days.end(), [&](const base::MonthDayRange& range) {
      return range.first <= code % 10'000 && code % 10'000 <= range.last;
    });
  };
  return std::make_unique<EachMember>(
      [column, passes, negated = leaf.negated](MemberNo member_no) {
        bool passed = false;
        if (column != nullptr) {
          const PackedPage* const page = column->values.Find(member_no / kPageRows);
          const std::optional<int64_t> first =
              page == nullptr ? std::nullopt : page->Get(member_no % kPageRows);
          passed = first && passes(*first);
          const Column::Further* const further = column->further.Find(member_no / kFactRows);
          if (!passed && further != nullptr) {
            const auto more = further->rows.find(member_no % kFactRows);
            passed = more != further->rows.end() &&
                     std::any_of(more->second.begin(), more->second.end(), passes);
          }
        }
        return passed != negated;
      },
      kSetCost * 3);
}

PlanNodePtr MakeLeaf(const BoundOrderClause& leaf, const LeafContext& context) {
  auto plan = std::make_shared<OrderClausePlan>(leaf, *context.root.texts, context.evaluation);
  return std::make_unique<OrdersLeaf>(
      context,
      [plan = std::move(plan)](const OrderPage* page, uint32_t row) {
        return plan->Matches(page, row);
      },
      MakeSettledTest(leaf, context.evaluation, context.root.order_columns));
}

PlanNodePtr MakeLeaf(const BoundBucket& leaf, const LeafContext& context) {
  return std::make_unique<BucketLeaf>(
      context, CodeTest::OfNumbers(Predicate{leaf.range, leaf.negated}, context.evaluation),
      leaf.salt);
}

}  // namespace segmentation::audience
