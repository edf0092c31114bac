// A generated shop that use cases ask through an index and through the store's rows.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audience/shop_indexes.h"
#include "server/base/clock.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/printer.h"
#include "server/usecase/call_context.h"
#include "server/usecase/shop_reader.h"
#include "tests/support/condition_generator.h"
#include "tests/support/fill_store.h"
#include "tests/support/model_store.h"
#include "tests/support/shop_generator.h"

namespace segmentation::usecase {

// A store with a generated shop, asked through an index and without one.
class IndexedShopTest : public ::testing::Test {
 protected:
  void Start(uint64_t seed, int members) {
    Forget();
    indexes_.reset();
    generated_ = testing_support::GenerateShop({seed, members});
    store_ = std::make_unique<testing_support::ModelStore>();
    const auto shop = testing_support::FillStore(*store_, "shop", generated_);
    ASSERT_TRUE(shop.ok()) << shop.status();
    context_.shop = *shop;
    reader_ = std::make_unique<ShopReader>(*store_, clock_);
    audience::ShopIndexesOptions by_hand;
    by_hand.poll = absl::Hours(1);
    indexes_ = std::make_unique<audience::ShopIndexes>(*store_, by_hand);
    ASSERT_TRUE(indexes_->WaitUntilSettled(shop->number, absl::Now() + absl::Seconds(60)));
    ASSERT_NE(indexes_->At(shop->number, 0, absl::Now()), nullptr);
    Remember();
  }
  // Makes what asks the shop, through indexes_ and without; lets go of it.
  virtual void Remember() = 0;
  virtual void Forget() = 0;

  // Makes, or changes, a group by its number.
  void PutGroup(domain::GroupNo number, const std::string& id, const std::string& condition) {
    const auto snapshot = store_->BeginRead(context_.shop.number, absl::InfiniteFuture());
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    storage::WriteSet rows;
    storage::ShopHead head = (*snapshot)->head();
    head.next_group_no = std::max(head.next_group_no, number + 1);
    head.definition_revision = head.revision + 1;
    rows.head = head;
    domain::Group group;
    group.number = number;
    group.id = id;
    group.name = id;
    group.condition_text = condition;
    rows.groups = {group};
    generated_.definitions.groups[number] = group;
    const auto written = testing_support::WriteRows(*store_, context_.shop.number, rows);
    ASSERT_TRUE(written.ok()) << written.status();
    read_.min_revision = *written;
  }

  // So many groups of random conditions.
  void PutRandomGroups(int count, uint64_t seed) {
    testing_support::ConditionGenerator generator(
        generated_.definitions,
        testing_support::CollectPools(generated_.definitions, generated_.members,
                                      generated_.orders),
        {generated_.as_ofs.front(), generated_.zone}, seed, {.max_leaves = 3});
    for (int i = 0; i < count; ++i) {
      const auto tree = domain::condition::Normalise(generator.Next().tree, generated_.definitions);
      PutGroup(static_cast<domain::GroupNo>(i + 1), absl::StrCat("group-", i),
               domain::condition::Print(tree));
      if (HasFatalFailure()) return;
    }
  }

  testing_support::GeneratedShop generated_;
  base::SystemClock clock_;
  std::unique_ptr<testing_support::ModelStore> store_;
  std::unique_ptr<ShopReader> reader_;
  std::unique_ptr<audience::ShopIndexes> indexes_;
  CallContext context_;
  ReadOptions read_;
};

}  // namespace segmentation::usecase
