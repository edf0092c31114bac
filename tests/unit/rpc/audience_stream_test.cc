// T66: the chunks of a stream, however often it breaks off, and the pages of a list are one
// snapshot: nothing twice, nothing missing.
#include "server/rpc/audience_stream.h"

#include <algorithm>
#include <future>
#include <thread>

#include "server/base/hash.h"
#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

constexpr int kMembers = 100;

struct Received {
  std::vector<v1::MemberChunkData> chunks;
  std::vector<std::string> values;
  v1::StreamSummary summary;
  int summaries = 0;
  std::string end;
};

std::vector<std::string> Unpack(const std::string& packed) {
  std::vector<std::string> values;
  for (size_t at = 0; at < packed.size();) {
    const auto length = static_cast<unsigned char>(packed[at]);
    values.push_back(packed.substr(at + 1, length));
    at += 1 + length;
  }
  return values;
}

// StreamGroupMembers with a watch that a test looks through by hand.
class WatchedGroups final : public v1::GroupService::CallbackService {
 public:
  WatchedGroups(ServiceHarness& harness, StallWatch& watch)
      : WatchedGroups(harness, watch, harness.group_queries()) {}
  WatchedGroups(ServiceHarness& harness, StallWatch& watch, usecase::GroupQueryUsecase& queries)
      : harness_(harness), watch_(watch), queries_(queries) {}
  grpc::ServerWriteReactor<v1::StreamGroupMembersResponse>* StreamGroupMembers(
      grpc::CallbackServerContext* context, const v1::StreamGroupMembersRequest* request) override {
    return new AudienceStream(harness_.parts(), queries_, watch_, context, request);
  }

 private:
  ServiceHarness& harness_;
  StallWatch& watch_;
  usecase::GroupQueryUsecase& queries_;
};

class Audiences : public testing::Test {
 protected:
  Audiences() {
    const auto orders = v1::OrderService::NewStub(harness_.channel());
    const auto context = harness_.Context();
    const auto stream = orders->ImportOrders(context.get());
    v1::ImportOrdersRequest request;
    request.set_shop_id("shop");
    request.mutable_header()->set_import_id("setup");
    request.mutable_header()->mutable_actor()->set_name("setup");
    EXPECT_TRUE(stream->Write(request));
    request.mutable_chunk()->set_sequence(1);
    for (int i = 0; i < kMembers; ++i) {
      *request.mutable_chunk()->add_orders() = SimpleOrder(i, "buyer-" + std::to_string(i));
    }
    EXPECT_TRUE(stream->Write(request));
    stream->WritesDone();
    v1::ImportOrdersResponse answer;
    while (stream->Read(&answer)) {
    }
    EXPECT_EQ(FaultOf(stream->Finish()), "OK");
    EXPECT_EQ(answer.ack().counts().accepted_count(), kMembers);

    auto create = harness_.Write<v1::CreateGroupRequest>();
    create.mutable_group()->set_group_id("all");
    create.mutable_condition()->set_text("number_of_orders >= 1");
    v1::CreateGroupResponse made;
    EXPECT_EQ(FaultOf(stub_->CreateGroup(harness_.Context().get(), create, &made)), "OK");
  }

  v1::StreamGroupMembersRequest Request(int chunk_size = 7) {
    auto request = harness_.Read<v1::StreamGroupMembersRequest>();
    request.set_group_id("all");
    request.set_chunk_size(chunk_size);
    return request;
  }
  // Reads at most `chunks` chunks, then leaves.
  Received Stream(const v1::StreamGroupMembersRequest& request, size_t chunks = SIZE_MAX,
                  const std::string& secret = "seg_admin") {
    Received received;
    const auto context = harness_.Context(secret);
    const auto reader = stub_->StreamGroupMembers(context.get(), request);
    v1::StreamGroupMembersResponse message;
    while (received.chunks.size() < chunks && reader->Read(&message)) {
      if (message.has_summary()) {
        received.summary = message.summary();
        ++received.summaries;
        continue;
      }
      EXPECT_EQ(received.summaries, 0) << "a chunk after the summary";
      received.chunks.push_back(message.chunk());
      for (std::string& value : Unpack(message.chunk().packed_values())) {
        received.values.push_back(std::move(value));
      }
    }
    if (received.chunks.size() >= chunks) context->TryCancel();
    received.end = FaultOf(reader->Finish());
    return received;
  }

  ServiceHarness harness_;
  std::unique_ptr<v1::GroupService::Stub> stub_ = v1::GroupService::NewStub(harness_.channel());
};

TEST_F(Audiences, ChunksCountTheirValuesAndTheSummaryComesLast) {
  const Received whole = Stream(Request());
  ASSERT_EQ(whole.end, "OK");
  ASSERT_EQ(whole.summaries, 1);
  EXPECT_EQ(whole.values.size(), size_t{kMembers});
  std::vector<std::string> sorted = whole.values;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
  EXPECT_EQ(whole.chunks.size(), size_t{kMembers + 6} / 7);
  int64_t count = 0;
  uint32_t crc = 0;
  for (size_t i = 0; i < whole.chunks.size(); ++i) {
    const v1::MemberChunkData& chunk = whole.chunks[i];
    count += chunk.value_count();
    crc = base::Crc32c(chunk.packed_values(), crc);
    EXPECT_EQ(chunk.sequence(), static_cast<int64_t>(i) + 1);
    EXPECT_EQ(chunk.count_so_far(), count);
    EXPECT_EQ(chunk.running_crc32c(), int64_t{crc});
  }
  EXPECT_EQ(whole.summary.value_count(), kMembers);
  EXPECT_EQ(whole.summary.skipped_count(), 0);
  EXPECT_EQ(whole.summary.crc32c(), int64_t{crc});
  EXPECT_EQ(whole.summary.group_revision(), 1);
  EXPECT_NE(whole.summary.stamp().revision_token(), "");
}

TEST_F(Audiences, ResumeAfterAnyChunkGoesOnWhereItStood) {
  const Received whole = Stream(Request());
  for (size_t cut = 1; cut <= whole.chunks.size(); ++cut) {
    v1::StreamGroupMembersRequest request = Request(11);  // the size may change
    request.set_resume_cursor(whole.chunks[cut - 1].cursor());
    const Received rest = Stream(request);
    ASSERT_EQ(rest.end, "OK");
    std::vector<std::string> joined(whole.values.begin(),
                                    whole.values.begin() + whole.chunks[cut - 1].count_so_far());
    joined.insert(joined.end(), rest.values.begin(), rest.values.end());
    EXPECT_EQ(joined, whole.values) << "resumed after chunk " << cut;
    EXPECT_EQ(rest.summary.value_count(), kMembers);
    EXPECT_EQ(rest.summary.crc32c(), whole.summary.crc32c());
    EXPECT_EQ(rest.summary.stamp().revision_token(), whole.summary.stamp().revision_token());
    if (!rest.chunks.empty()) {
      EXPECT_EQ(rest.chunks[0].sequence(), whole.chunks[cut - 1].sequence() + 1);
    }
  }
}

TEST_F(Audiences, AResumedStreamSeesNothingNew) {
  const Received first = Stream(Request(), 3);
  ASSERT_EQ(first.chunks.size(), 3u);
  auto order = harness_.Write<v1::UpsertOrderRequest>();
  *order.mutable_order() = SimpleOrder(1'000, "a newcomer");
  v1::UpsertOrderResponse made;
  const auto orders = v1::OrderService::NewStub(harness_.channel());
  ASSERT_EQ(FaultOf(orders->UpsertOrder(harness_.Context().get(), order, &made)), "OK");
  v1::StreamGroupMembersRequest request = Request();
  request.set_resume_cursor(first.chunks.back().cursor());
  const Received rest = Stream(request);
  ASSERT_EQ(rest.end, "OK");
  EXPECT_EQ(first.values.size() + rest.values.size(), size_t{kMembers});
  EXPECT_EQ(std::count(rest.values.begin(), rest.values.end(), made.order().member_id()), 0);
  EXPECT_EQ(Stream(Request()).values.size(), size_t{kMembers} + 1);
}

// T67
TEST_F(Audiences, CursorsAreBoundToTheirStream) {
  const Received first = Stream(Request(), 1);
  v1::StreamGroupMembersRequest request = Request();
  request.set_resume_cursor(first.chunks[0].cursor());
  auto other = request;
  other.set_group_revision(1);
  EXPECT_EQ(Stream(other).end, "PAGE_TOKEN_INVALID resume_cursor");
  other = request;
  other.set_resume_cursor("nonsense");
  EXPECT_EQ(Stream(other).end, "PAGE_TOKEN_INVALID resume_cursor");
  harness_.clock().Advance(kStreamCursorLife + absl::Seconds(1));
  EXPECT_EQ(Stream(request).end, "PAGE_TOKEN_EXPIRED resume_cursor");
}

TEST_F(Audiences, IdentitiesNeedARoleAndAPurpose) {
  v1::StreamGroupMembersRequest request = Request(1'000);
  request.set_identity_kind(v1::IDENTITY_KIND_OUID);
  EXPECT_EQ(Stream(request).end, "FIELD_REQUIRED reveal_purpose");
  request.set_reveal_purpose("campaign 618");
  harness_.AddToken("seg_scheduler", usecase::Role::kScheduler);
  harness_.AddToken("seg_privacy", usecase::Role::kPrivacy);
  harness_.AddToken("seg_reader", usecase::Role::kReader);
  const Received identities = Stream(request, SIZE_MAX, "seg_scheduler");
  ASSERT_EQ(identities.end, "OK");
  EXPECT_EQ(identities.values.size(), size_t{kMembers});
  EXPECT_EQ(identities.values[0].substr(0, 6), "buyer-");
  EXPECT_EQ(Stream(request, SIZE_MAX, "seg_reader").end, "ROLE_INSUFFICIENT authorization");
  EXPECT_EQ(Stream(request, SIZE_MAX, "seg_privacy").end, "ROLE_INSUFFICIENT authorization");
  request.set_identity_kind(v1::IDENTITY_KIND_PHONE);
  const Received none = Stream(request);
  ASSERT_EQ(none.end, "OK");
  EXPECT_TRUE(none.chunks.empty());
  EXPECT_EQ(none.summary.skipped_count(), kMembers);
  EXPECT_EQ(none.summary.value_count(), 0);
  request.set_identity_kind(static_cast<v1::IdentityKind>(99));
  EXPECT_EQ(Stream(request).end, "ENUM_UNKNOWN identity_kind");
  request.clear_identity_kind();
  EXPECT_EQ(Stream(request).end, "FIELD_INVALID reveal_purpose");
}

TEST_F(Audiences, BadRequestsEndTheStream) {
  EXPECT_EQ(Stream(Request(50'001)).end, "FIELD_OUT_OF_RANGE chunk_size");
  EXPECT_EQ(Stream(Request(-1)).end, "FIELD_OUT_OF_RANGE chunk_size");
  auto request = Request();
  request.set_group_id("none");
  EXPECT_EQ(Stream(request).end, "GROUP_NOT_FOUND group_id");
  request = Request();
  request.set_shop_id("other");
  EXPECT_EQ(Stream(request).end, "SHOP_NOT_FOUND shop_id");
}

TEST_F(Audiences, PagesAreTheStream) {
  const Received whole = Stream(Request());
  auto request = harness_.Read<v1::ListGroupMembersRequest>();
  request.set_group_id("all");
  request.set_page_size(13);
  std::vector<std::string> joined;
  v1::ListGroupMembersResponse page;
  do {
    ASSERT_EQ(FaultOf(stub_->ListGroupMembers(harness_.Context().get(), request, &page)), "OK");
    EXPECT_EQ(page.member_count(), kMembers);
    joined.insert(joined.end(), page.member_ids().begin(), page.member_ids().end());
    request.set_page_token(page.next_page_token());
    // Whatever is written between the pages.
    auto order = harness_.Write<v1::UpsertOrderRequest>();
    *order.mutable_order() = SimpleOrder(2'000 + static_cast<int>(joined.size()), "newcomer");
    v1::UpsertOrderResponse made;
    const auto orders = v1::OrderService::NewStub(harness_.channel());
    ASSERT_EQ(FaultOf(orders->UpsertOrder(harness_.Context().get(), order, &made)), "OK");
  } while (!page.next_page_token().empty());
  EXPECT_EQ(joined, whole.values);
}

TEST_F(Audiences, AReaderThatTakesNothingIsCut) {
  AheadClock clock;  // of the watch alone: the call's deadline stays ahead
  StallWatch watch(clock, {absl::Seconds(60), absl::Hours(1)});
  WatchedGroups service(harness_, watch);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = v1::GroupService::NewStub(server->InProcessChannel(grpc::ChannelArguments()));
  const auto context = harness_.Context();
  // In process a write ends when it is read: this one is never.
  const auto reader = stub->StreamGroupMembers(context.get(), Request());
  std::future<grpc::Status> end = std::async(std::launch::async, [&] { return reader->Finish(); });
  while (end.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    clock.Advance(absl::Seconds(61));
    watch.Check();
    std::this_thread::yield();
  }
  EXPECT_EQ(end.get().error_code(), grpc::CANCELLED);
  server->Shutdown();
}

// In process a write ends when it is read, so a stream is never far ahead of its reader.
class PacedAudiences : public Audiences {
 protected:
  explicit PacedAudiences(usecase::AudienceLimits limits = {})
      : queries_(harness_.reader(), nullptr, limits) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    paced_ = v1::GroupService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~PacedAudiences() override { server_->Shutdown(); }

  StallWatch watch_{harness_.clock(), {absl::Hours(1), absl::Hours(1)}};
  usecase::GroupQueryUsecase queries_;
  WatchedGroups service_{harness_, watch_, queries_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::GroupService::Stub> paced_;
};

// A token that is revoked ends the streams it began: after what was on its way, not hours later.
TEST_F(PacedAudiences, ARevokedTokenEndsItsStream) {
  harness_.AddToken("seg_scheduler", usecase::Role::kScheduler);
  v1::StreamGroupMembersRequest request = Request(1);
  request.set_identity_kind(v1::IDENTITY_KIND_OUID);
  request.set_reveal_purpose("campaign 618");
  const auto context = harness_.Context("seg_scheduler");
  const auto reader = paced_->StreamGroupMembers(context.get(), request);
  v1::StreamGroupMembersResponse message;
  ASSERT_TRUE(reader->Read(&message));
  harness_.Revoke("seg_scheduler");
  int more = 0;
  while (reader->Read(&message)) ++more;
  EXPECT_LE(more, 3) << "one being sent, one prepared, one under way";
  EXPECT_EQ(FaultOf(reader->Finish()), "TOKEN_INVALID authorization");
}

class FewAudiences : public PacedAudiences {
 protected:
  // Room for two audiences of 100 members of 4 bytes, none of it for keeping them.
  FewAudiences() : PacedAudiences({.max_cached_bytes = 0, .max_live_bytes = 900}) {}
};

// Every open stream holds its audience: together they have a budget, which is given back.
TEST_F(FewAudiences, StreamsBeyondTheBudgetAreToldToWait) {
  v1::StreamGroupMembersResponse message;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::StreamGroupMembersResponse>>> open;
  const auto begin = [&] {
    contexts.push_back(harness_.Context());
    open.push_back(paced_->StreamGroupMembers(contexts.back().get(), Request()));
    return open.back()->Read(&message);
  };
  ASSERT_TRUE(begin());
  ASSERT_TRUE(begin());
  EXPECT_EQ(queries_.live_audience_bytes(), 800u);
  EXPECT_FALSE(begin());
  EXPECT_EQ(FaultOf(open.back()->Finish()), "QUEUE_FULL ");
  open.pop_back();
  // Those that were let in are not hurt, and leave room for the next.
  for (const auto& reader : open) {
    while (reader->Read(&message)) {
    }
    EXPECT_EQ(FaultOf(reader->Finish()), "OK");
    EXPECT_EQ(message.summary().value_count(), kMembers);
  }
  while (queries_.live_audience_bytes() > 0) std::this_thread::yield();
  EXPECT_TRUE(begin());
  contexts.back()->TryCancel();
  open.back()->Finish();
}

TEST_F(Audiences, ACancelledStreamEnds) {
  const Received first = Stream(Request(1), 2);
  EXPECT_EQ(first.chunks.size(), 2u);
  EXPECT_TRUE(first.end.starts_with("code 1")) << first.end;
  harness_.Stop();  // returns when the call is over
}

}  // namespace
}  // namespace segmentation::rpc
