// A writer over a store in memory, with a clock that stands still and no waiting between attempts.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/hash.h"
#include "server/usecase/row_command.h"
#include "server/usecase/shop_writer.h"
#include "tests/unit/usecase/memory_store.h"

namespace segmentation::usecase {

class StillClock final : public base::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(now_ms_.load()); }
  void Set(base::InstantMs now_ms) { now_ms_.store(now_ms); }

 private:
  std::atomic<base::InstantMs> now_ms_ = 1'700'000'000'000;  // 2023-11-14
};

using Answer = absl::StatusOr<WriteResult>;

// The answer of one queued command, once it is there.
class PendingAnswer {
 public:
  WriteCallback callback() {
    return [promise = promise_](Answer answer) { promise->set_value(std::move(answer)); };
  }
  Answer Get() { return future_.get(); }

 private:
  std::shared_ptr<std::promise<Answer>> promise_ = std::make_shared<std::promise<Answer>>();
  std::future<Answer> future_ = promise_->get_future();
};

inline std::optional<base::Reason> ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? std::optional(info->reason) : std::nullopt;
}
inline std::string FieldOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->field : std::string();
}

struct WriteHarness {
  MemoryStore store;
  StillClock clock;
  std::unique_ptr<ShopWriter> writer;

  explicit WriteHarness(ShopWriterOptions options = {}) { Start(std::move(options)); }
  void Start(ShopWriterOptions options) {
    options.sleep = [](absl::Duration) {};
    writer = std::make_unique<ShopWriter>(store, clock, std::move(options));
  }

  // `body` stands for the request's content: another body, another hash.
  CallContext Context(std::string request_id = "", std::string body = "") const {
    CallContext context;
    context.shop = store.state().definitions.shop;
    context.actor = "tester";
    context.role = Role::kOperator;
    context.request_id = std::move(request_id);
    context.request_hash = std::string(base::BytesOf(base::Sha256(body)));
    return context;
  }

  // Runs one use-case call and waits: `call` gets the callback to hand on.
  template <typename Call>
  static Answer Await(const Call& call) {
    PendingAnswer pending;
    call(pending.callback());
    return pending.Get();
  }
};

}  // namespace segmentation::usecase
