// T51: every limit lets its last thing in and refuses the next with LIMIT_REACHED, leaving what is
// there.
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/domain/limits.h"
#include "server/usecase/attribute_usecase.h"
#include "server/usecase/group_usecase.h"
#include "server/usecase/member_usecase.h"
#include "server/usecase/order_usecase.h"
#include "server/usecase/store_usecase.h"
#include "server/usecase/tag_category_usecase.h"
#include "server/usecase/tag_usecase.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;
using domain::IdentityKind;

constexpr base::InstantMs kStart = 1'690'000'000'000;

struct Service {
  WriteHarness harness;
  MemberUsecase members{*harness.writer, harness.store.identity()};
  OrderUsecase orders{*harness.writer, harness.store.identity()};
  TagUsecase tags{*harness.writer};
  TagCategoryUsecase categories{*harness.writer};
  GroupUsecase groups{*harness.writer};
  StoreUsecase stores{*harness.writer};
  AttributeUsecase attributes{*harness.writer};

  CallContext Context() const { return harness.Context(); }
};

constexpr auto kNothing = [](const auto&, const AnswerContext&) { return std::string(); };

struct Limit {
  std::string name;
  size_t limit = 0;
  // Puts `count` things into an empty shop with the member m (1).
  std::function<void(MemoryState& state, uint32_t count)> fill;
  // Asks for one more, another for every `number`.
  std::function<void(Service& service, uint32_t number, WriteCallback done)> add;
  // How many are there now.
  std::function<size_t(const MemoryState& state)> count;
};
void PrintTo(const Limit& limit, std::ostream* out) { *out << limit.name; }

// Rows with a number and an id, as definitions are.
template <typename Number, typename Row>
void FillTable(std::map<Number, Row>& table, Number first, uint32_t count) {
  for (Number number = first; number < first + count; ++number) {
    Row row;
    row.number = number;
    row.id = absl::StrCat("id-", number);
    table.emplace(number, std::move(row));
  }
}

void AddFreeCategory(MemoryState& state) {
  domain::TagCategory category;
  category.number = 1;
  category.id = "brand";
  category.name = "品牌";
  category.kind = domain::TagCategoryKind::kFree;
  state.definitions.tag_categories[1] = category;
  state.head.next_tag_category_no = 2;
}

void FillTags(MemoryState& state, uint32_t count) {
  AddFreeCategory(state);
  FillTable<domain::TagNo>(state.definitions.tags, 1, count);
  for (auto& [number, tag] : state.definitions.tags) {
    tag.category_no = 1;
    tag.value = absl::StrCat("v", number);
  }
  state.head.next_tag_no = count + 1;
}

domain::Order OrderOf() {
  domain::Order order;
  order.number = 1;
  order.member_no = 1;
  order.source = "tmall";
  order.external_id = "o";
  order.status = domain::OrderStatus::kPaid;
  order.created_at = kStart;
  order.paid_at = kStart + 1'000;
  order.source_updated_at = kStart + 2'000;
  order.goods_paid_minor = 1'000'000;
  domain::OrderLine line;
  line.number = 1;
  line.id = "l1";
  line.unit_price_minor = 1'000'000;
  order.lines = {line};
  return order;
}
domain::Refund RefundOf(uint32_t number) {
  domain::Refund refund;
  refund.number = number;
  refund.id = absl::StrCat("r", number);
  refund.amount_minor = 1;
  refund.refunded_at = kStart + 3'000;
  return refund;
}
domain::Review ReviewOf(uint32_t number) {
  domain::Review review;
  review.id = absl::StrCat("v", number + 10'000);  // in the order of their numbers
  review.reviewed_at = kStart + 3'000;
  review.rating = 5;
  return review;
}
size_t CountRefunds(const MemoryState& state) {
  return state.orders.begin()->second.refunds.size();
}
size_t CountReviews(const MemoryState& state) {
  return state.orders.begin()->second.reviews.size();
}
void FillReviews(MemoryState& state, uint32_t count) {
  domain::Order order = OrderOf();
  for (uint32_t i = 0; i < count; ++i) order.reviews.push_back(ReviewOf(i));
  state.orders[{"tmall", "o"}] = order;
  state.head.next_order_no = 2;
}

std::vector<Limit> Limits() {
  std::vector<Limit> limits;
  limits.push_back({"Notes", domain::kMaxNotesPerMember,
                    [](MemoryState& state, uint32_t count) {
                      for (uint32_t i = 0; i < count; ++i) {
                        const std::string id = absl::StrCat("n", i);
                        state.notes[{1, id}] = {1, id, "text", "tester", {}};
                      }
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      service.members.AddNote(service.Context(), "m", absl::StrCat("note ", number),
                                              kNothing, std::move(done));
                    },
                    [](const MemoryState& state) { return state.notes.size(); }});
  limits.push_back(
      {"Identities", domain::kMaxIdentitiesPerMember,
       [](MemoryState& state, uint32_t count) {
         domain::Member& member = state.members.at(1);
         for (uint32_t i = 1; i <= count; ++i) {
           domain::Identity identity;
           identity.number = static_cast<domain::IdentityNo>(i);
           identity.kind = IdentityKind::kNick;
           identity.value = absl::StrCat("nick", i);
           member.identities.push_back(identity);
         }
         member.next_identity_no = static_cast<domain::IdentityNo>(count + 1);
       },
       [](Service& service, uint32_t number, WriteCallback done) {
         MemberInput input;
         input.member_id = "m";
         input.identities = {{IdentityKind::kNick, absl::StrCat("more", number)}};
         service.members.UpsertMember(service.Context(), input, kNothing, std::move(done));
       },
       [](const MemoryState& state) { return state.members.at(1).identities.size(); }});
  limits.push_back(
      {"AttributesOfAMember", domain::kMaxAttributesPerMember,
       [](MemoryState& state, uint32_t count) {
         for (uint32_t i = 0; i < count + 2; ++i) {
           domain::Attribute attribute;
           attribute.number = static_cast<domain::AttributeNo>(1'000 + i);
           attribute.name = absl::StrCat("a", i);
           if (i < count) state.members.at(1).attributes[attribute.number] = {std::string("v")};
           state.definitions.attributes[attribute.number] = std::move(attribute);
         }
       },
       [](Service& service, uint32_t number, WriteCallback done) {
         MemberInput input;
         input.member_id = "m";
         AttributeInput attribute;
         attribute.attribute = absl::StrCat("a", domain::kMaxAttributesPerMember - 2 + number);
         attribute.values.emplace_back().value = std::string("v");
         input.attributes = {attribute};
         service.members.UpsertMember(service.Context(), input, kNothing, std::move(done));
       },
       [](const MemoryState& state) { return state.members.at(1).attributes.size(); }});
  limits.push_back({"TagsOfAMember", domain::kMaxTagsPerMember,
                    [](MemoryState& state, uint32_t count) {
                      FillTags(state, count + 2);
                      for (uint32_t i = 1; i <= count; ++i) {
                        domain::TagAssignment assignment;
                        assignment.tag_no = i;
                        assignment.assigned_at_ms = kStart;
                        state.members.at(1).tags.push_back(assignment);
                      }
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      service.tags.TagMember(
                          service.Context(), "m",
                          {{"brand", absl::StrCat("v", domain::kMaxTagsPerMember - 1 + number)}},
                          kNothing, std::move(done));
                    },
                    [](const MemoryState& state) { return state.members.at(1).tags.size(); }});
  const auto tag_count = [](const MemoryState& state) { return state.definitions.tags.size(); };
  limits.push_back({"TagValuesByTagging", domain::kMaxTagsPerShop, FillTags,
                    [](Service& service, uint32_t number, WriteCallback done) {
                      service.tags.TagMember(service.Context(), "m",
                                             {{"brand", absl::StrCat("new", number)}}, kNothing,
                                             std::move(done));
                    },
                    tag_count});
  limits.push_back({"TagValues", domain::kMaxTagsPerShop, FillTags,
                    [](Service& service, uint32_t number, WriteCallback done) {
                      domain::Tag tag;
                      tag.value = absl::StrCat("new", number);
                      service.categories.CreateTag(service.Context(), "brand", tag, kNothing,
                                                   std::move(done));
                    },
                    tag_count});
  limits.push_back(
      {"TagCategories", domain::kMaxTagCategoriesPerShop,
       [](MemoryState& state, uint32_t count) {
         FillTable<domain::TagCategoryNo>(state.definitions.tag_categories, 1, count);
         for (auto& [number, category] : state.definitions.tag_categories) {
           category.name = category.id;
         }
         state.head.next_tag_category_no = count + 1;
       },
       [](Service& service, uint32_t number, WriteCallback done) {
         domain::TagCategory category;
         category.id = category.name = absl::StrCat("c", number);
         service.categories.CreateCategory(service.Context(), category, {}, kNothing,
                                           std::move(done));
       },
       [](const MemoryState& state) { return state.definitions.tag_categories.size(); }});
  limits.push_back({"Groups", domain::kMaxGroupsPerShop,
                    [](MemoryState& state, uint32_t count) {
                      FillTable<domain::GroupNo>(state.definitions.groups, 1, count);
                      for (auto& [number, group] : state.definitions.groups) {
                        group.condition_text = "blocked = TRUE";
                      }
                      state.head.next_group_no = count + 1;
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      service.groups.Create(
                          service.Context(), GroupInput{absl::StrCat("g", number), "", "", ""},
                          std::string("blocked = TRUE"), kNothing, std::move(done));
                    },
                    [](const MemoryState& state) { return state.definitions.groups.size(); }});
  limits.push_back({"Stores", domain::kMaxStoresPerShop,
                    [](MemoryState& state, uint32_t count) {
                      FillTable<domain::StoreNo>(state.definitions.stores, 1, count);
                      state.head.next_store_no = count + 1;
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      domain::Store store;
                      store.id = absl::StrCat("s", number);
                      service.stores.CreateStore(service.Context(), store, kNothing,
                                                 std::move(done));
                    },
                    [](const MemoryState& state) { return state.definitions.stores.size(); }});
  limits.push_back({"Promotions", domain::kMaxPromotionsPerShop,
                    [](MemoryState& state, uint32_t count) {
                      FillTable<domain::PromotionNo>(state.definitions.promotions, 1, count);
                      state.head.next_promotion_no = count + 1;
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      domain::Promotion promotion;
                      promotion.id = absl::StrCat("p", number);
                      promotion.windows = {{kStart, kStart + 1}};
                      service.stores.CreatePromotion(service.Context(), promotion, kNothing,
                                                     std::move(done));
                    },
                    [](const MemoryState& state) { return state.definitions.promotions.size(); }});
  limits.push_back({"CustomAttributes", domain::kMaxCustomAttributesPerShop,
                    [](MemoryState& state, uint32_t count) {
                      for (uint32_t i = 0; i < count; ++i) {
                        domain::Attribute attribute;
                        attribute.number = static_cast<domain::AttributeNo>(1'000 + i);
                        attribute.name = absl::StrCat("a", i);
                        state.definitions.attributes[attribute.number] = std::move(attribute);
                      }
                      state.head.next_attribute_no = 1'000 + count;
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      domain::Attribute attribute;
                      attribute.name = absl::StrCat("more", number);
                      service.attributes.Create(service.Context(), attribute, kNothing,
                                                std::move(done));
                    },
                    [](const MemoryState& state) { return state.definitions.attributes.size(); }});
  limits.push_back({"MergedRefunds", domain::kMaxRefundsPerOrder,
                    [](MemoryState& state, uint32_t count) {
                      domain::Order order = OrderOf();
                      for (uint32_t i = 1; i <= count; ++i) order.refunds.push_back(RefundOf(i));
                      state.orders[{"tmall", "o"}] = order;
                      state.head.next_order_no = 2;
                    },
                    [](Service& service, uint32_t number, WriteCallback done) {
                      OrderInput input;
                      input.order = OrderOf();
                      input.order.refunds = {RefundOf(1'000 + number)};
                      input.member_id = "m";
                      service.orders.UpsertOrder(service.Context(), input, kNothing,
                                                 std::move(done));
                    },
                    CountRefunds});
  limits.push_back({"MergedReviews", domain::kMaxReviewsPerOrder, FillReviews,
                    [](Service& service, uint32_t number, WriteCallback done) {
                      OrderInput input;
                      input.order = OrderOf();
                      input.order.reviews = {ReviewOf(10'000 + number)};
                      input.member_id = "m";
                      service.orders.UpsertOrder(service.Context(), input, kNothing,
                                                 std::move(done));
                    },
                    CountReviews});
  limits.push_back({"RecordedReviews", domain::kMaxReviewsPerOrder, FillReviews,
                    [](Service& service, uint32_t number, WriteCallback done) {
                      service.orders.RecordReview(service.Context(), {"tmall", "o"},
                                                  ReviewOf(10'000 + number), kNothing,
                                                  std::move(done));
                    },
                    CountReviews});
  return limits;
}

class LimitsTest : public ::testing::TestWithParam<Limit> {};

TEST_P(LimitsTest, T51TheLastFitsAndTheNextIsRefused) {
  const Limit& limit = GetParam();
  Service service;
  service.harness.store.EditState([&](MemoryState& state) {
    state.members[1].number = 1;
    state.members[1].id = "m";
    state.head.next_member_no = 2;
    limit.fill(state, static_cast<uint32_t>(limit.limit - 1));
  });
  const auto add = [&](uint32_t number) {
    return WriteHarness::Await(
        [&](WriteCallback done) { limit.add(service, number, std::move(done)); });
  };
  const Answer last = add(1);
  EXPECT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(limit.count(service.harness.store.state()), limit.limit);
  const domain::Revision revision = service.harness.store.state().head.revision;
  const Answer next = add(2);
  EXPECT_EQ(ReasonOf(next.status()), Reason::LIMIT_REACHED) << next.status();
  EXPECT_EQ(
      base::GetErrorInfo(next.status())->metadata,
      (std::vector<std::pair<std::string, std::string>>{{"limit", absl::StrCat(limit.limit)}}));
  EXPECT_EQ(limit.count(service.harness.store.state()), limit.limit);
  EXPECT_EQ(service.harness.store.state().head.revision, revision);
}

INSTANTIATE_TEST_SUITE_P(All, LimitsTest, ::testing::ValuesIn(Limits()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace segmentation::usecase
