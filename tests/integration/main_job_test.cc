// The main job through the SDK: orders in, exact groups, tags, an audience out.
#include <set>

#include "client/src/checksum.h"
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

class MainJob : public ShopTest {
 protected:
  MainJob() {
    const auto imported = ImportAll(client_, shop_, TwoHundredBuyers());
    EXPECT_TRUE(imported.ok()) << imported.status();
    if (imported.ok()) {
      EXPECT_EQ(imported->progress.totals.accepted_count(), 600);
      EXPECT_EQ(imported->progress.totals.rejected_count(), 0);
      imported_ = imported->revision_token;
    }
  }

  v1::StreamGroupMembersRequest StreamOf(const std::string& group_id, int chunk_size = 0) const {
    v1::StreamGroupMembersRequest request;
    request.set_shop_id(shop_);
    request.set_group_id(group_id);
    request.set_chunk_size(chunk_size);
    return request;
  }

  std::vector<std::string> Stream(const v1::StreamGroupMembersRequest& request) const {
    std::vector<std::string> ids;
    MemberStream stream = client_.StreamGroupMembers(request);
    for (const auto& id : stream) {
      EXPECT_TRUE(id.ok()) << id.status();
      if (!id.ok()) return ids;
      ids.emplace_back(*id);
    }
    EXPECT_TRUE(stream.summary().has_value());
    return ids;
  }

  std::string imported_;
};

// The counts were worked out by hand from the rule of TwoHundredBuyers. T83, T84
TEST_F(MainJob, CountsWhatHandsCount) {
  EXPECT_EQ(Count("number_of_orders >= 3", imported_), 120);
  EXPECT_EQ(Count("number_of_orders = 5"), 40);
  EXPECT_EQ(Count("products_purchased MATCHES (title CONTAINS '蕾丝')"), 100);
  EXPECT_EQ(Count("number_of_orders >= 3 AND products_purchased MATCHES (title CONTAINS '蕾丝')"),
            60);
  EXPECT_EQ(Count("amount_spent >= 500"), 43);
  EXPECT_EQ(Count("orders_placed MATCHES (date >= '2024-05-01')"), 40);
  EXPECT_EQ(Count("NOT orders_placed MATCHES (date >= '2024-05-01')"), 160);

  v1::PreviewGroupRequest request;
  request.set_shop_id(shop_);
  request.mutable_condition()->set_text(
      "number_of_orders >= 3 AND products_purchased MATCHES (title CONTAINS '蕾丝')");
  request.set_split_clauses(true);
  request.set_sample_size(5);
  const auto answer = client_.PreviewGroup(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->population_count(), 200);
  EXPECT_EQ(answer->clause_join(), v1::CLAUSE_JOIN_AND);
  ASSERT_EQ(answer->clauses_size(), 2);
  EXPECT_EQ(answer->clauses(0).member_count(), 120);
  EXPECT_EQ(answer->clauses(0).running_count(), 120);
  EXPECT_EQ(answer->clauses(1).member_count(), 100);
  EXPECT_EQ(answer->clauses(1).running_count(), 60);
  EXPECT_EQ(answer->samples_size(), 5);
  EXPECT_TRUE(answer->stamp().exact());
  EXPECT_FALSE(answer->stamp().revision_token().empty());
  EXPECT_GT(answer->stamp().as_of().seconds(), 0);
  EXPECT_EQ(answer->stamp().policy_revision(), 1);
}

TEST_F(MainJob, TotalsOfTheShop) {
  v1::GetShopStatsRequest request;
  request.set_shop_id(shop_);
  const auto answer = client_.GetShopStats(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->stats().member_count(), 200);
  EXPECT_EQ(answer->stats().order_count(), 600);
  EXPECT_EQ(answer->stats().paid_order_count(), 600);
  EXPECT_EQ(answer->stats().valid_order_count(), 600);
  EXPECT_EQ(answer->stats().net_minor_units(), 6'070'000);
  EXPECT_EQ(answer->stats().first_order_day().month(), 1);
  EXPECT_EQ(answer->stats().last_order_day().month(), 5);
}

// T26: the same orders again, whole and shuffled, change nothing.
TEST_F(MainJob, ImportingAgainChangesNothing) {
  v1::GetShopStatsRequest request;
  request.set_shop_id(shop_);
  const auto before = client_.GetShopStats(request);
  std::vector<v1::Order> orders = TwoHundredBuyers();
  std::reverse(orders.begin(), orders.end());
  const auto again = ImportAll(client_, shop_, orders);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->progress.totals.accepted_count(), 0);
  EXPECT_EQ(again->progress.totals.unchanged_count(), 600);
  const auto after = client_.GetShopStats(request);
  ASSERT_TRUE(before.ok() && after.ok());
  v1::ShopStats same = after->stats();
  same.set_revision(before->stats().revision());  // the import's own progress is a write
  EXPECT_EQ(same.SerializeAsString(), before->stats().SerializeAsString());
}

// An import goes on after its last committed chunk under the same id.
TEST_F(MainJob, ImportsGoOnWhereTheyStood) {
  std::vector<v1::Order> orders;
  for (int i = 0; i < 30; ++i) {
    orders.push_back(
        PaidOrder("late/" + std::to_string(i), "late-buyer", absl::CivilDay(2024, 6, 1) + i, 1'00));
  }
  ImportOptions options;
  options.import_id = "in-two-runs";
  options.chunk_rows = 10;
  ASSERT_TRUE(ImportAll(client_, shop_, {orders.begin(), orders.begin() + 20}, options).ok());
  const auto whole = ImportAll(client_, shop_, orders, options);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->progress.totals.accepted_count(), 30);
  EXPECT_EQ(whole->unreported_rows, 20);
  EXPECT_EQ(Count("number_of_orders = 30", whole->revision_token), 1);
}

TEST_F(MainJob, DryRunsWriteNothing) {
  ImportOptions options;
  options.dry_run = true;
  const auto dry = ImportAll(
      client_, shop_, {PaidOrder("dry/1", "dry-buyer", absl::CivilDay(2024, 6, 1), 1'00)}, options);
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_EQ(dry->progress.totals.accepted_count(), 1);
  EXPECT_TRUE(dry->revision_token.empty());
  v1::GetOrderRequest get;
  get.set_shop_id(shop_);
  get.mutable_key()->set_source("test");
  get.mutable_key()->set_external_id("dry/1");
  EXPECT_EQ(Fault(client_.GetOrder(get)), "ORDER_NOT_FOUND external_id");
}

TEST_F(MainJob, BadRowsAreToldAndGoodOnesGoOn) {
  std::vector<v1::Order> orders;
  for (int i = 0; i < 5; ++i) {
    orders.push_back(
        PaidOrder("mixed/" + std::to_string(i), "mixed-buyer", absl::CivilDay(2024, 6, 1), 1'00));
  }
  orders[1].clear_created_at();
  orders[3].mutable_buyer_identities(0)->set_value("t**8");  // T88
  std::vector<std::string> rejected;
  ImportOptions options;
  options.on_rejected = [&](const RejectedRow& row) {
    rejected.push_back(std::to_string(row.row_index) + " " + Fault(row.status));
  };
  const auto imported = ImportAll(client_, shop_, orders, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->progress.totals.accepted_count(), 3);
  EXPECT_EQ(imported->progress.totals.rejected_count(), 2);
  ASSERT_EQ(rejected.size(), 2u);
  EXPECT_EQ(rejected[0], "1 FIELD_REQUIRED created_at");
  EXPECT_EQ(rejected[1].substr(0, 17), "3 IDENTITY_MASKED");
  EXPECT_EQ(Count("number_of_orders = 3 AND orders_placed MATCHES (date >= '2024-06-01')"), 1);
}

// Group → tag → stream, and the checksum over the whole audience.
TEST_F(MainJob, TagsAndStreamsTheAudience) {
  ASSERT_TRUE(SaveGroup("frequent", "number_of_orders >= 3").ok());
  const std::vector<std::string> audience = Stream(StreamOf("frequent"));
  ASSERT_EQ(audience.size(), 120u);

  auto category = Proto<v1::CreateTagCategoryRequest>(R"pb(
    category {
      category_id: 'care'
      display_name: '关怀'
      kind: TAG_CATEGORY_KIND_LISTED
      choice: TAG_CHOICE_MULTI
    }
    tags { value: '回访' })pb");
  category.set_shop_id(shop_);
  const auto made = client_.CreateTagCategory(category);
  ASSERT_TRUE(made.ok()) << made.status();
  v1::BatchTagMembersRequest tag;
  tag.set_shop_id(shop_);
  for (const std::string& id : audience) {
    v1::TagMemberItem* const item = tag.add_items();
    item->set_member_id(id);
    *item->add_tags() =
        Proto<v1::TagAssignment>("category: 'care' value: '回访' source: TAG_SOURCE_BATCH");
  }
  const auto tagged = client_.BatchTagMembers(tag);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  for (const v1::TagMemberResult& result : tagged->results()) {
    EXPECT_EQ(Fault(result.status()), "OK");
  }
  EXPECT_EQ(Count("HAS TAG '关怀/回访'", tagged->revision_token()), 120);

  ASSERT_TRUE(SaveGroup("tagged", "HAS TAG '关怀/回访'").ok());
  MemberStream stream = client_.StreamGroupMembers(StreamOf("tagged", 7));
  std::set<std::string> seen;
  std::string packed;
  for (const auto& id : stream) {
    ASSERT_TRUE(id.ok()) << id.status();
    EXPECT_TRUE(seen.emplace(*id).second) << *id << " came twice";
    packed.push_back(static_cast<char>(id->size()));
    packed.append(*id);
  }
  EXPECT_EQ(seen, std::set<std::string>(audience.begin(), audience.end()));
  ASSERT_TRUE(stream.summary().has_value());
  EXPECT_EQ(stream.summary()->value_count(), 120);
  EXPECT_EQ(stream.summary()->crc32c(), internal::Crc32c(packed));
}

// T66: pages of any size are the stream: nothing twice, nothing missing, in one order.
TEST_F(MainJob, PagesOfAnySizeAreTheStream) {
  ASSERT_TRUE(SaveGroup("all-lace", "products_purchased MATCHES (title CONTAINS '蕾丝')").ok());
  const std::vector<std::string> streamed = Stream(StreamOf("all-lace"));
  ASSERT_EQ(streamed.size(), 100u);
  EXPECT_EQ(std::set<std::string>(streamed.begin(), streamed.end()).size(), 100u);
  for (const int size : {1, 5, 16, 53}) {
    v1::ListGroupMembersRequest request;
    request.set_shop_id(shop_);
    request.set_group_id("all-lace");
    request.set_page_size(size);
    EXPECT_EQ(All(client_.ListGroupMembers(request)), streamed) << "page size " << size;
    EXPECT_EQ(Stream(StreamOf("all-lace", size)), streamed) << "chunk size " << size;
  }
}

// T66: a stream resumed after any of its chunks brings the rest, and the same checksum.
TEST_F(MainJob, StreamsResumeAfterAnyChunk) {
  ASSERT_TRUE(SaveGroup("frequent", "number_of_orders >= 3").ok());
  std::vector<std::string> whole;
  std::vector<std::pair<std::string, size_t>> cursors;
  MemberStream stream = client_.StreamGroupMembers(StreamOf("frequent", 16));
  while (true) {
    const auto chunk = stream.NextChunk();
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    if (chunk->empty()) break;
    for (const std::string_view id : *chunk) whole.emplace_back(id);
    cursors.emplace_back(stream.cursor(), whole.size());
  }
  ASSERT_EQ(cursors.size(), 8u);
  for (const auto& [cursor, read] : cursors) {
    v1::StreamGroupMembersRequest request = StreamOf("frequent", 16);
    request.set_resume_cursor(cursor);
    MemberStream rest = client_.StreamGroupMembers(request);
    std::vector<std::string> ids(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(read));
    for (const auto& id : rest) {
      ASSERT_TRUE(id.ok()) << id.status();
      ids.emplace_back(*id);
    }
    EXPECT_EQ(ids, whole);
    ASSERT_TRUE(rest.summary().has_value());
    EXPECT_EQ(rest.summary()->crc32c(), stream.summary()->crc32c());
    EXPECT_EQ(rest.summary()->value_count(), 120);
  }
}

// T47, T66: all pages of an audience, and a stream of it, are of one revision while writes go on:
// the members that left in the middle are still told, those that came are not.
TEST_F(MainJob, PagesAreOfOneRevisionWhileWritesGoOn) {
  ASSERT_TRUE(SaveGroup("inner", "number_of_orders >= 3").ok());
  ASSERT_TRUE(SaveGroup("outer", "IN GROUP 'inner' AND NOT HAS TAG 'done/yes'").code() ==
              absl::StatusCode::kInvalidArgument)
      << "the category does not exist yet";
  auto category = Proto<v1::CreateTagCategoryRequest>(R"pb(
    category {
      category_id: 'done'
      display_name: 'done'
      kind: TAG_CATEGORY_KIND_LISTED
      choice: TAG_CHOICE_SINGLE
    }
    tags { value: 'yes' })pb");
  category.set_shop_id(shop_);
  ASSERT_TRUE(client_.CreateTagCategory(category).ok());
  ASSERT_TRUE(SaveGroup("outer", "IN GROUP 'inner' AND NOT HAS TAG 'done/yes'").ok());
  const std::vector<std::string> before = Stream(StreamOf("outer"));
  ASSERT_EQ(before.size(), 120u);

  v1::ListGroupMembersRequest page;
  page.set_shop_id(shop_);
  page.set_group_id("outer");
  page.set_page_size(16);
  std::vector<std::string> read;
  std::set<std::string> revisions;
  int newcomer = 0;
  while (true) {
    const auto answer = client_.connection()->ListGroupMembers(page, {});
    ASSERT_TRUE(answer.ok()) << answer.status();
    read.insert(read.end(), answer->member_ids().begin(), answer->member_ids().end());
    revisions.insert(answer->stamp().revision_token() + "/" +
                     std::to_string(answer->stamp().as_of().seconds()));
    EXPECT_EQ(answer->member_count(), 120);
    // Each page's members leave the group, and another comes in, before the next page is asked for.
    v1::BatchTagMembersRequest tag;
    tag.set_shop_id(shop_);
    for (const std::string& id : answer->member_ids()) {
      v1::TagMemberItem* const item = tag.add_items();
      item->set_member_id(id);
      *item->add_tags() =
          Proto<v1::TagAssignment>("category: 'done' value: 'yes' source: TAG_SOURCE_BATCH");
    }
    ASSERT_TRUE(client_.BatchTagMembers(tag).ok());
    std::vector<v1::Order> orders;
    for (int i = 0; i < 3; ++i) {
      orders.push_back(PaidOrder("new/" + std::to_string(newcomer) + "/" + std::to_string(i),
                                 "new-" + std::to_string(newcomer), absl::CivilDay(2024, 2, 1),
                                 1'00));
    }
    ++newcomer;
    ASSERT_TRUE(ImportAll(client_, shop_, orders).ok());
    if (answer->next_page_token().empty()) break;
    page.set_page_token(answer->next_page_token());
  }
  EXPECT_EQ(read, before);
  EXPECT_EQ(revisions.size(), 1u) << "one revision and one as-of over all pages";
  EXPECT_EQ(static_cast<int>(Stream(StreamOf("outer")).size()), newcomer)
      << "a fresh stream sees the present state";
}

TEST_F(MainJob, ChecksMembershipOfAFew) {
  ASSERT_TRUE(SaveGroup("frequent", "number_of_orders >= 3").ok());
  const std::vector<std::string> in = Stream(StreamOf("frequent"));
  ASSERT_FALSE(in.empty());
  v1::CheckMembershipRequest request;
  request.set_shop_id(shop_);
  request.set_group_id("frequent");
  request.add_member_ids(in.front());
  request.add_member_ids("nobody");
  const auto answer = client_.CheckMembership(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->results_size(), 2);
  EXPECT_TRUE(answer->results(0).in_group());
  EXPECT_EQ(Fault(answer->results(1).status()), "MEMBER_NOT_FOUND member_ids[1]");
}

TEST_F(MainJob, SaysInWhichGroupsAMemberIsAndWhy) {
  ASSERT_TRUE(SaveGroup("frequent", "number_of_orders >= 3").ok());
  ASSERT_TRUE(SaveGroup("rare", "NOT IN GROUP 'frequent'").ok());
  for (const auto& [group, other] :
       {std::pair<std::string, std::string>("frequent", "rare"), {"rare", "frequent"}}) {
    const std::vector<std::string> in = Stream(StreamOf(group));
    ASSERT_FALSE(in.empty()) << group;
    v1::ListGroupsOfMemberRequest request;
    request.set_shop_id(shop_);
    request.set_member_id(in.front());
    std::set<std::string> groups;
    for (const auto& found : client_.ListGroupsOfMember(request)) {
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->status().code(), 0);
      groups.insert(found->group_id());
    }
    EXPECT_TRUE(groups.contains(group));
    EXPECT_FALSE(groups.contains(other));
    v1::ExplainMembershipRequest why;
    why.set_shop_id(shop_);
    why.set_member_id(in.front());
    why.set_group_id(other);
    const auto explained = client_.ExplainMembership(why);
    ASSERT_TRUE(explained.ok()) << explained.status();
    EXPECT_FALSE(explained->in_group());
    const auto& leaf = explained->parts(explained->parts_size() - 1);
    EXPECT_EQ(leaf.text(), "number_of_orders >= 3");
    EXPECT_TRUE(leaf.decides());
    EXPECT_EQ(leaf.values_size(), 1);
  }
}

}  // namespace
}  // namespace segmentation::integration
