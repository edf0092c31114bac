#include "server/rpc/drain.h"

#include <atomic>
#include <limits>
#include <thread>

#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

// A write that looks for the outcome of a lost COMMIT would go on for a day: the calls' deadline
// ends it too. Hangs otherwise.
TEST(DrainTest, ALostCommitDoesNotOutlastTheDeadline) {
  std::atomic<bool> looking = false;
  usecase::ShopWriterOptions writing;
  writing.find_out_limit = absl::Hours(24);
  writing.sleep = [&](absl::Duration) {
    looking = true;
    std::this_thread::yield();
  };
  ServiceHarness harness({}, writing);
  harness.store().FailCommits(testing_support::ModelStore::CommitFault::kUnknownNotDone,
                              std::numeric_limits<int>::max());
  std::thread caller([&] {
    auto request = harness.Write<v1::UpsertProductRequest>();
    request.mutable_product()->set_product_id("P1");
    v1::UpsertProductResponse answer;
    const auto context = harness.Context();
    EXPECT_FALSE(v1::OrderService::NewStub(harness.channel())
                     ->UpsertProduct(context.get(), request, &answer)
                     .ok());
  });
  while (!looking) std::this_thread::yield();
  harness.Stop();
  caller.join();
}

}  // namespace
}  // namespace segmentation::rpc
