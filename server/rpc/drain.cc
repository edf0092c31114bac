#include "server/rpc/drain.h"

#include <future>
#include <thread>

namespace segmentation::rpc {

void Drain(grpc::Server& server, usecase::ShopWriter& writer, absl::Time deadline) {
  std::promise<void> drained;
  std::thread at_deadline([&writer, deadline, ended = drained.get_future()] {
    if (ended.wait_until(absl::ToChronoTime(deadline)) == std::future_status::timeout) {
      writer.Shutdown(deadline);
    }
  });
  server.Shutdown(absl::ToChronoTime(deadline));
  server.Wait();
  drained.set_value();
  at_deadline.join();
}

}  // namespace segmentation::rpc
