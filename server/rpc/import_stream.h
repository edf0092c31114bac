// The bidirectional stream of every import: header, then chunks, each one command and one
// acknowledgement, in order. What the imports of orders, products and members differ in is a
// description handed in:
//
//   struct OrderImport {
//     using Request = v1::ImportOrdersRequest;    // shop_id, header | chunk
//     using Response = v1::ImportOrdersResponse;  // ready | ack
//     using Input = usecase::OrderInput;
//     static constexpr std::string_view kMethod = "OrderService/ImportOrders";
//     static constexpr auto kKind = storage::ImportProgressRow::Kind::kOrders;
//     static constexpr std::string_view kRowsField = "chunk.orders";
//     static const auto& RowsOf(const v1::OrderChunk& chunk) { return chunk.orders(); }
//     static const std::string& IdOf(const v1::Order& row) { return row.external_id(); }
//     absl::StatusOr<Input> Convert(const v1::Order& row) const;  // field paths begin at the row
//     void Submit(usecase::CallContext, usecase::ImportChunk, std::vector<Input>,
//                 usecase::AnswerEncoder<usecase::ImportChunkResult>, usecase::WriteCallback)
//                 const;
//   };
//   // In the service's constructor. Messages are parsed here, for gRPC takes one that does not
//   parse
//   // for the stream's end, and rows would be lost under an OK:
//   MarkMethodRawCallback(ImportMethodIndex(OrderImport::kMethod), ImportHandler<OrderImport>(
//       [this](auto* context) {
//         return new ImportStream<OrderImport>(parts, imports, context, OrderImport{orders});
//       }));
//
// Back-pressure: at most kMaxChunksInFlight chunks are read and not yet acknowledged. An error ends
// the stream after the acknowledgements before it; the client resumes by the import's id.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/v1/import.pb.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/rpc/call.h"
#include "server/usecase/import_chunk.h"
#include "server/usecase/import_query_usecase.h"

namespace segmentation::rpc {

inline constexpr size_t kMaxChunksInFlight = 8;

// The header's own fields. ID_MALFORMED, FIELD_REQUIRED and the errors of text.
absl::Status CheckImportHeader(const v1::ImportHeader& header);

// Sequence and number of rows: FIELD_OUT_OF_RANGE, FIELD_REQUIRED (no rows), BATCH_TOO_LARGE.
absl::Status CheckImportChunk(int64_t sequence, size_t row_count, std::string_view rows_field);

// FIELD_INVALID, naming chunk.crc32c.
absl::Status CheckImportChecksum(int64_t given, uint32_t computed);

// The messages of the protocol.
v1::ImportReady ToImportReady(const usecase::ImportProgress& progress);
v1::ImportAck ToImportAck(const usecase::ImportChunkResult& result,
                          const usecase::AnswerContext& answer, bool dry_run);
// Number of a method, "OrderService/ImportOrders", in its gRPC service.
int ImportMethodIndex(std::string_view method);
// What the use case answered, as sent: INTERNAL when the bytes do not parse.
absl::StatusOr<v1::ImportAck> ImportAckOf(const usecase::WriteResult& result, bool dry_run);
void AddImportCounts(const v1::ImportCounts& counts, v1::ImportCounts& totals);

// For MarkMethodRawCallback; `make` gives an ImportStream for a context.
template <typename Import, typename Make>
grpc::internal::MethodHandler* ImportHandler(Make make) {
  return new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, typename Import::Response>(
      std::move(make));
}

// Lives until gRPC is done with the call, then deletes itself.
template <typename Import>
class ImportStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, typename Import::Response> {
 public:
  using Request = typename Import::Request;
  using Response = typename Import::Response;

  // `parts`, `progress` and what `import` refers to outlive the call.
  ImportStream(const CallParts& parts, usecase::ImportQueryUsecase& progress,
               grpc::CallbackServerContext* context, Import import)
      : parts_(parts),
        policy_(*FindMethodPolicy(Import::kMethod)),
        progress_(progress),
        context_(context),
        import_(std::move(import)),
        begun_(parts.clock.Now()) {
    std::lock_guard lock(mutex_);
    reading_ = true;
    this->StartRead(&incoming_bytes_);
  }

  void OnReadDone(bool ok) override {
    std::unique_lock lock(mutex_);
    reading_ = false;
    if (!ok) {
      read_closed_ = true;
      Advance(std::move(lock));
      return;
    }
    handling_ = true;
    lock.unlock();
    if (parts_.lookups.Submit([this] { HandleMessage(); })) return;
    lock.lock();
    handling_ = false;
    PushError(QueueFull());
    Advance(std::move(lock));
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
    slots_.pop_front();
    ++first_slot_;
    Advance(std::move(lock));
  }

  void OnCancel() override {
    cancelled_->store(true, std::memory_order_relaxed);
    std::unique_lock lock(mutex_);
    Advance(std::move(lock));
  }

  void OnDone() override { delete this; }

 private:
  // The answer to one message of the client; answers leave in the order of the messages.
  struct Slot {
    bool done = false;
    absl::Status status;  // an error ends the stream
    Response response;
  };

  // On a worker thread, one message at a time.
  void HandleMessage() {
    const absl::Status status = HandleOne();
    std::unique_lock lock(mutex_);
    handling_ = false;
    if (!status.ok()) PushError(status);
    Advance(std::move(lock));
  }

  absl::Status HandleOne() {
    if (!grpc::SerializationTraits<Request>::Deserialize(&incoming_bytes_, &incoming_).ok()) {
      return base::MakeError(
          base::Reason::FIELD_INVALID, header_taken_ ? "chunk" : "header",
          "got a message that does not parse, want one whose texts are all UTF-8");
    }
    if (header_taken_) return HandleChunk();
    if (!incoming_.has_header()) {
      return base::MakeError(base::Reason::FIELD_REQUIRED, "header",
                             "got no header, want it in the first message");
    }
    RequestHead head;
    head.shop_id = incoming_.shop_id();
    head.has_shop_id = true;
    RETURN_IF_ERROR(BeginCall(parts_, policy_, *context_, head, std::string(), cancelled_, call_));
    const v1::ImportHeader& header = incoming_.header();
    RETURN_IF_ERROR(CheckImportHeader(header));
    header_taken_ = true;
    call_.context.actor = header.actor().name();
    import_id_ = header.import_id();
    dry_run_ = header.dry_run();
    usecase::ImportProgress progress;
    if (!dry_run_) {
      ASSIGN_OR_RETURN(progress, progress_.Find(call_.context, import_id_, Import::kKind));
    }
    std::lock_guard lock(mutex_);
    Slot& slot = slots_.emplace_back();
    *slot.response.mutable_ready() = ToImportReady(progress);
    slot.done = true;
    return absl::OkStatus();
  }

  absl::Status HandleChunk() {
    RETURN_IF_ERROR(CheckCaller(parts_, *context_, call_));
    if (!incoming_.shop_id().empty() && incoming_.shop_id() != call_.context.shop.id) {
      return base::MakeError(base::Reason::FIELD_INVALID, "shop_id",
                             "got another shop, want nothing or the first message's");
    }
    if (!incoming_.has_chunk()) {
      return base::MakeError(base::Reason::FIELD_REQUIRED, "chunk",
                             "got no chunk, want one in every message after the first");
    }
    const auto& message = incoming_.chunk();
    const auto& rows = Import::RowsOf(message);
    RETURN_IF_ERROR(
        CheckImportChunk(message.sequence(), static_cast<size_t>(rows.size()), Import::kRowsField));
    if (message.has_crc32c()) {
      uint32_t crc = 0;
      for (const auto& row : rows) crc = base::Crc32c("\n", base::Crc32c(Import::IdOf(row), crc));
      RETURN_IF_ERROR(CheckImportChecksum(message.crc32c(), crc));
    }
    if (dry_run_ && message.sequence() != ++dry_sequence_) {
      return base::MakeError(base::Reason::IMPORT_OUT_OF_SEQUENCE, "chunk.sequence",
                             "want one more with each chunk, from 1");
    }
    usecase::ImportChunk chunk{import_id_, message.sequence(), dry_run_, {}};
    std::vector<typename Import::Input> inputs;
    inputs.reserve(static_cast<size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      absl::StatusOr<typename Import::Input> input = import_.Convert(rows[i]);
      if (input.ok()) {
        inputs.push_back(*std::move(input));
      } else {
        chunk.unreadable.push_back({i, std::move(input).status()});
      }
    }
    size_t slot = 0;
    {
      std::lock_guard lock(mutex_);
      slot = first_slot_ + slots_.size();
      slots_.emplace_back();
      ++commands_;
    }
    import_.Submit(
        call_.context, std::move(chunk), std::move(inputs),
        [dry_run = dry_run_](const usecase::ImportChunkResult& result,
                             const usecase::AnswerContext& answer) {
          return ToImportAck(result, answer, dry_run).SerializeAsString();
        },
        [this, slot](absl::StatusOr<usecase::WriteResult> result) {
          Complete(slot, std::move(result));
        });
    return absl::OkStatus();
  }

  // A chunk's command is done; on any thread.
  void Complete(size_t slot_number, absl::StatusOr<usecase::WriteResult> result) {
    absl::StatusOr<v1::ImportAck> ack =
        result.ok() ? ImportAckOf(*result, dry_run_) : std::move(result).status();
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[slot_number - first_slot_];
    slot.done = true;
    slot.status = ack.status();
    if (ack.ok()) *slot.response.mutable_ack() = *std::move(ack);
    if (!slot.status.ok()) failed_ = true;
    --commands_;
    Advance(std::move(lock));
  }

  void PushError(const absl::Status& status) {
    failed_ = true;
    Slot& slot = slots_.emplace_back();
    slot.done = true;
    slot.status = status;
  }

  // Starts whatever may be started now; ends the call when nothing of it runs any more. Reactions
  // to StartRead and StartWrite never run inside them, so the lock may be held.
  void Advance(std::unique_lock<std::mutex> lock) {
    if (finished_) return;
    const bool gone = broken_ || cancelled_->load(std::memory_order_relaxed);
    Slot* const front = slots_.empty() || !slots_.front().done ? nullptr : &slots_.front();
    if (!gone && !writing_ && front != nullptr && front->status.ok()) {
      if (dry_run_ && front->response.has_ack()) {
        AddImportCounts(front->response.ack().counts(), dry_totals_);
        *front->response.mutable_ack()->mutable_totals() = dry_totals_;
      }
      writing_ = true;
      this->StartWrite(&front->response);
    }
    if (!gone && !failed_ && !reading_ && !read_closed_ && !handling_ &&
        slots_.size() < kMaxChunksInFlight) {
      reading_ = true;
      this->StartRead(&incoming_bytes_);
    }
    if (writing_ || handling_ || commands_ > 0) return;
    absl::Status status;
    if (gone) {
      status = base::MakeError(base::Reason::CANCELLED, "", "the caller went away");
    } else if (front != nullptr && !front->status.ok()) {
      status = front->status;
    } else if (!read_closed_ || !slots_.empty()) {
      return;
    } else if (!header_taken_) {
      status = base::MakeError(base::Reason::FIELD_REQUIRED, "header",
                               "the stream ended before it had a header");
    }
    finished_ = true;
    lock.unlock();
    LogCall(policy_.method, call_.context.shop.id, status, parts_.clock.Now() - begun_);
    // Whatever follows may run after this object is gone.
    this->Finish(ToGrpcStatus(status));
  }

  const CallParts& parts_;
  const MethodPolicy& policy_;
  usecase::ImportQueryUsecase& progress_;
  grpc::CallbackServerContext* const context_;
  const Import import_;
  const absl::Time begun_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);

  // Of the message being handled; between messages of nobody.
  grpc::ByteBuffer incoming_bytes_;
  Request incoming_;
  Call call_;
  std::string import_id_;
  int64_t dry_sequence_ = 0;
  bool header_taken_ = false;
  bool dry_run_ = false;

  std::mutex mutex_;
  std::deque<Slot> slots_;    // all below by mutex_
  size_t first_slot_ = 0;     // number of slots_.front()
  int commands_ = 0;          // queued and not done
  bool reading_ = false;      // a read is under way
  bool read_closed_ = false;  // the client has said all
  bool handling_ = false;     // a message is with a worker thread
  bool writing_ = false;      // a write is under way
  bool broken_ = false;       // a write failed
  bool failed_ = false;       // an error waits in slots_
  bool finished_ = false;
  v1::ImportCounts dry_totals_;
};

}  // namespace segmentation::rpc
