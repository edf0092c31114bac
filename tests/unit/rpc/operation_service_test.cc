// Operations over stored rows: nothing starts one yet.
#include <future>

#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

using storage::OperationRow;
using State = storage::OperationRow::State;

class Operations : public testing::Test {
 protected:
  using Stub = v1::OperationService::Stub;

  void Store(std::vector<OperationRow> rows) {
    auto transaction = harness_.store().BeginWrite(harness_.shop_no(), absl::InfiniteFuture());
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    storage::WriteSet set;
    set.operations = std::move(rows);
    ASSERT_TRUE((*transaction)->Apply(set).ok());
    ASSERT_TRUE((*transaction)->Commit(storage::ChangeCause::kFact).ok());
  }
  static OperationRow Row(const std::string& id, int64_t created_at_ms,
                          State state = State::kRunning,
                          const std::string& kind = "apply_metric_policy") {
    OperationRow row;
    row.id = id;
    row.kind = kind;
    row.state = state;
    row.stamp.created_at_ms = created_at_ms;
    row.stamp.created_by = "tester";
    return row;
  }

  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    response->Clear();
    return FaultOf((stub_.get()->*method)(harness_.Context().get(), request, response));
  }
  // Ids page by page; "|" ends a page.
  std::string List(v1::ListOperationsRequest request) {
    std::string text;
    v1::ListOperationsResponse page;
    do {
      EXPECT_EQ(Call(&Stub::ListOperations, request, &page), "OK");
      for (const v1::Operation& one : page.operations()) text += one.operation_id() + " ";
      text += "|";
      request.set_page_token(page.next_page_token());
    } while (!page.next_page_token().empty());
    return text;
  }
  v1::WaitOperationRequest WaitFor(const std::string& id, int64_t milliseconds) {
    auto request = harness_.Read<v1::WaitOperationRequest>();
    request.set_operation_id(id);
    request.mutable_timeout()->set_seconds(milliseconds / 1'000);
    request.mutable_timeout()->set_nanos(static_cast<int32_t>(milliseconds % 1'000) * 1'000'000);
    return request;
  }

  ServiceHarness harness_;
  std::unique_ptr<Stub> stub_ = v1::OperationService::NewStub(harness_.channel());
};

TEST_F(Operations, AreReadAsTheyAreStored) {
  OperationRow failed = Row("f", 1'700'000'000'000, State::kFailed);
  failed.done_count = 7;
  failed.total_count = 9;
  failed.error_reason = "WRITE_CONFLICT";
  failed.error_message = "why";
  failed.finished_at_ms = 1'700'000'001'000;
  Store({failed});
  auto request = harness_.Read<v1::GetOperationRequest>();
  v1::GetOperationResponse response;
  request.set_operation_id("F");
  EXPECT_EQ(Call(&Stub::GetOperation, request, &response), "OPERATION_NOT_FOUND operation_id");
  request.set_operation_id("f");
  ASSERT_EQ(Call(&Stub::GetOperation, request, &response), "OK");
  const v1::Operation& read = response.operation();
  EXPECT_EQ(read.kind(), v1::OPERATION_KIND_APPLY_METRIC_POLICY);
  EXPECT_EQ(read.state(), v1::OPERATION_STATE_FAILED);
  EXPECT_EQ(read.done_count(), 7);
  EXPECT_EQ(read.total_count(), 9);
  EXPECT_EQ(read.error().reason(), v1::ERROR_REASON_WRITE_CONFLICT);
  EXPECT_EQ(read.error().code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(read.error().message(), "why");
  EXPECT_EQ(read.finished_at().seconds(), 1'700'000'001);
  EXPECT_EQ(read.actor_name(), "tester");
}

TEST_F(Operations, AreListedNewestFirstPageByPageAndFiltered) {
  OperationRow cancelling = Row("c", 30);
  cancelling.cancel_requested = true;
  Store({Row("a", 10), Row("b", 30), cancelling, Row("d", 20, State::kDone),
         Row("e", 20, State::kCancelled, "later_work")});
  auto request = harness_.Read<v1::ListOperationsRequest>();
  EXPECT_EQ(List(request), "c b e d a |");
  request.set_page_size(2);
  EXPECT_EQ(List(request), "c b |e d |a |");
  request.set_state(v1::OPERATION_STATE_RUNNING);
  EXPECT_EQ(List(request), "b a |");
  request.set_state(v1::OPERATION_STATE_CANCELLING);
  EXPECT_EQ(List(request), "c |");
  request.set_state(v1::OPERATION_STATE_SUCCEEDED);
  EXPECT_EQ(List(request), "d |");
  request.clear_state();
  request.set_kind(v1::OPERATION_KIND_APPLY_METRIC_POLICY);
  EXPECT_EQ(List(request), "c b |d a |");
  // T67: a page token goes with its filter.
  v1::ListOperationsResponse page;
  ASSERT_EQ(Call(&Stub::ListOperations, request, &page), "OK");
  request.set_page_token(page.next_page_token());
  request.clear_kind();
  EXPECT_EQ(Call(&Stub::ListOperations, request, &page), "PAGE_TOKEN_INVALID page_token");
}

// T51: nothing is left out silently, however many there are.
TEST_F(Operations, AllAreListed) {
  std::vector<OperationRow> rows;
  for (int i = 0; i < 10'001; ++i) rows.push_back(Row("o" + std::to_string(i), 1'000 + i));
  rows[0].state = State::kFailed;
  Store(std::move(rows));
  auto request = harness_.Read<v1::ListOperationsRequest>();
  request.set_page_size(1'000);
  int count = 0;
  v1::ListOperationsResponse page;
  do {
    ASSERT_EQ(Call(&Stub::ListOperations, request, &page), "OK");
    count += page.operations_size();
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(count, 10'001);
  request.set_state(v1::OPERATION_STATE_FAILED);  // the oldest
  EXPECT_EQ(List(request), "o0 |");
}

TEST_F(Operations, AreWaitedForUntilTheyEnd) {
  Store({Row("o", 10)});
  v1::WaitOperationResponse response;
  EXPECT_EQ(Call(&Stub::WaitOperation, WaitFor("none", 0), &response),
            "OPERATION_NOT_FOUND operation_id");
  EXPECT_EQ(Call(&Stub::WaitOperation, WaitFor("o", -1'000), &response),
            "FIELD_OUT_OF_RANGE timeout");
  EXPECT_EQ(Call(&Stub::WaitOperation, WaitFor("o", 600'001), &response),
            "FIELD_OUT_OF_RANGE timeout");
  // The time is over.
  for (const int64_t milliseconds : {0, 250}) {
    ASSERT_EQ(Call(&Stub::WaitOperation, WaitFor("o", milliseconds), &response), "OK");
    EXPECT_EQ(response.operation().state(), v1::OPERATION_STATE_RUNNING);
  }
  // It ends while it is waited for.
  v1::WaitOperationResponse ended;
  auto waiting = std::async(std::launch::async, [&] {
    return FaultOf(stub_->WaitOperation(harness_.Context().get(), WaitFor("o", 30'000), &ended));
  });
  Store({Row("o", 10, State::kDone)});
  EXPECT_EQ(waiting.get(), "OK");
  EXPECT_EQ(ended.operation().state(), v1::OPERATION_STATE_SUCCEEDED);
}

TEST_F(Operations, AreAskedToStopOnce) {
  Store({Row("o", 10), Row("done", 20, State::kDone)});
  auto request = harness_.Write<v1::CancelOperationRequest>();
  v1::CancelOperationResponse response;
  request.set_operation_id("none");
  EXPECT_EQ(Call(&Stub::CancelOperation, request, &response), "OPERATION_NOT_FOUND operation_id");
  request = harness_.Write<v1::CancelOperationRequest>();
  request.set_operation_id("done");
  EXPECT_EQ(Call(&Stub::CancelOperation, request, &response), "OPERATION_FINISHED operation_id");
  for (int i = 0; i < 2; ++i) {
    request = harness_.Write<v1::CancelOperationRequest>();
    request.set_operation_id("o");
    ASSERT_EQ(Call(&Stub::CancelOperation, request, &response), "OK");
    EXPECT_EQ(response.operation().state(), v1::OPERATION_STATE_CANCELLING);
  }
  auto list = harness_.Read<v1::ListOperationsRequest>();
  list.set_state(v1::OPERATION_STATE_CANCELLING);
  EXPECT_EQ(List(list), "o |");
}

}  // namespace
}  // namespace segmentation::rpc
