#include "segmentation/import_session.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/checksum.h"
#include "client/src/request_id.h"
#include "client/src/retry.h"

namespace segmentation {
namespace {

// What differs between the three imports.
template <typename Row>
struct Kind;

template <>
struct Kind<v1::Order> {
  using Request = v1::ImportOrdersRequest;
  using Response = v1::ImportOrdersResponse;
  static constexpr char kMethod[] = "ImportOrders";
  static auto Open(Connection& connection, const CallOptions& options) {
    return connection.ImportOrders(options);
  }
  static auto* Rows(Request* request) { return request->mutable_chunk()->mutable_orders(); }
  static const std::string& Id(const v1::Order& row) { return row.external_id(); }
};

template <>
struct Kind<v1::Member> {
  using Request = v1::ImportMembersRequest;
  using Response = v1::ImportMembersResponse;
  static constexpr char kMethod[] = "ImportMembers";
  static auto Open(Connection& connection, const CallOptions& options) {
    return connection.ImportMembers(options);
  }
  static auto* Rows(Request* request) { return request->mutable_chunk()->mutable_members(); }
  static const std::string& Id(const v1::Member& row) { return row.member_id(); }
};

template <>
struct Kind<v1::Product> {
  using Request = v1::ImportProductsRequest;
  using Response = v1::ImportProductsResponse;
  static constexpr char kMethod[] = "ImportProducts";
  static auto Open(Connection& connection, const CallOptions& options) {
    return connection.ImportProducts(options);
  }
  static auto* Rows(Request* request) { return request->mutable_chunk()->mutable_products(); }
  static const std::string& Id(const v1::Product& row) { return row.product_id(); }
};

// One connection of an import. A thread of its own reads, so that a server busy writing long
// acknowledgements and a client busy writing chunks never wait for each other.
template <typename Request, typename Response>
class Link {
 public:
  explicit Link(std::unique_ptr<BidiStream<Request, Response>> stream)
      : stream_(std::move(stream)), reader_([this] { ReadAll(); }) {}

  ~Link() {
    if (!joined_) {
      stream_->Cancel();
      reader_.join();
    }
  }

  bool Write(const Request& request) { return stream_->Write(request); }

  // The next answer. Waits at most `timeout`; nothing when it passes or the stream has ended.
  std::optional<Response> Next(absl::Duration timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout),
                      [this] { return !answers_.empty() || ended_; });
    if (answers_.empty()) return std::nullopt;
    Response answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_ && answers_.empty();
  }

  // After the end: how it ended. Before it: cancels, since the server says nothing any more.
  absl::Status Finish() {
    const bool silent = !ended();
    if (silent) stream_->Cancel();
    reader_.join();
    joined_ = true;
    const absl::Status status = stream_->Finish();
    return silent ? absl::UnavailableError("the server stopped acknowledging") : status;
  }

  // After the last acknowledgement.
  absl::Status Close() {
    stream_->WritesDone();
    reader_.join();
    joined_ = true;
    return stream_->Finish();
  }

 private:
  void ReadAll() {
    Response answer;
    while (stream_->Read(&answer)) {
      {
        const std::lock_guard lock(mutex_);
        answers_.push_back(std::move(answer));
      }
      changed_.notify_one();
      answer.Clear();
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
  }

  const std::unique_ptr<BidiStream<Request, Response>> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Response> answers_;  // guarded by mutex_
  bool ended_ = false;            // guarded by mutex_
  bool joined_ = false;
  std::thread reader_;
};

}  // namespace

template <typename Row>
class ImportSession<Row>::Sender {
 public:
  using Request = typename Kind<Row>::Request;
  using Response = typename Kind<Row>::Response;

  Sender(std::shared_ptr<Connection> connection, std::string shop_id, v1::Actor actor,
         ImportOptions options, CallOptions call_options, RetryPolicy retry, TimeSource time)
      : connection_(std::move(connection)),
        shop_id_(std::move(shop_id)),
        actor_(std::move(actor)),
        options_(std::move(options)),
        call_options_(std::move(call_options)),
        retry_(internal::RetryState::OfStream(retry, std::move(time))) {
    if (options_.import_id.empty()) options_.import_id = internal::NewRequestId();
    options_.chunk_rows = std::max(1, options_.chunk_rows);
    options_.window_chunks = std::max(1, options_.window_chunks);
    result_.import_id = options_.import_id;
  }

  absl::Status Add(Row row) {
    if (!failure_.ok()) return failure_;
    const int64_t row_bytes = static_cast<int64_t>(row.ByteSizeLong()) + 8;
    if (open_rows_ > 0 && open_bytes_ + row_bytes > options_.chunk_bytes) {
      if (absl::Status status = Seal(); !status.ok()) return Fail(status);
    }
    open_crc_ = internal::Crc32c(Kind<Row>::Id(row), open_crc_);
    open_crc_ = internal::Crc32c("\n", open_crc_);
    *Kind<Row>::Rows(&open_)->Add() = std::move(row);
    ++open_rows_;
    open_bytes_ += row_bytes;
    ++result_.progress.added_rows;
    if (open_rows_ >= options_.chunk_rows) {
      if (absl::Status status = Seal(); !status.ok()) return Fail(status);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ImportResult> Finish() {
    if (!failure_.ok()) return failure_;
    if (finished_) return result_;
    if (open_rows_ > 0) {
      if (absl::Status status = Seal(); !status.ok()) return Fail(status);
    }
    if (absl::Status status = Advance(0); !status.ok()) return Fail(status);
    if (link_ != nullptr) {
      // Everything is acknowledged, so everything is committed: how the stream ends is no news.
      link_->Close().IgnoreError();
      link_.reset();
    }
    finished_ = true;
    return result_;
  }

  const std::string& import_id() const { return options_.import_id; }

 private:
  struct Chunk {
    Request request;
    int64_t sequence;
    int64_t first_row;
    int64_t rows;
  };

  absl::Status Fail(const absl::Status& status) {
    failure_ = status;
    link_.reset();
    return status;
  }

  // Closes the chunk being filled and sends it.
  absl::Status Seal() {
    Chunk chunk;
    chunk.sequence = ++last_sealed_;
    chunk.rows = open_rows_;
    chunk.first_row = result_.progress.added_rows - open_rows_;
    open_.mutable_chunk()->set_sequence(chunk.sequence);
    open_.mutable_chunk()->set_crc32c(open_crc_);
    chunk.request = std::move(open_);
    open_ = Request();
    open_rows_ = 0;
    open_bytes_ = 0;
    open_crc_ = 0;
    if (link_ != nullptr && chunk.sequence <= committed_sequence_) {
      Skip(chunk);
      Report();
      return absl::OkStatus();
    }
    unacknowledged_.push_back(std::move(chunk));
    return Advance(options_.window_chunks - 1);
  }

  // Sends everything that waits, then waits until at most `most_left` chunks are unacknowledged.
  absl::Status Advance(int most_left) {
    while (true) {
      if (link_ == nullptr) {
        if (unacknowledged_.empty()) return absl::OkStatus();
        if (absl::Status status = Open(); !status.ok()) return status;
        continue;  // opening may have failed in passing, or shown that chunks are committed
      }
      bool broken = false;
      while (!broken && sent_ < unacknowledged_.size()) {
        broken = !link_->Write(unacknowledged_[sent_].request);
        // Also when the link was found broken: the server may have got it and answered before.
        ++sent_;
      }
      // What has come meanwhile, without waiting.
      while (true) {
        std::optional<Response> answer = link_->Next(absl::ZeroDuration());
        if (!answer.has_value()) break;
        if (absl::Status status = TakeAck(*answer); !status.ok()) return status;
      }
      if (static_cast<int>(unacknowledged_.size()) <= most_left) return absl::OkStatus();
      std::optional<Response> answer = link_->Next(options_.stall_timeout);
      if (answer.has_value()) {
        if (absl::Status status = TakeAck(*answer); !status.ok()) return status;
        continue;
      }
      if (absl::Status status = Break(); !status.ok()) return status;
    }
  }

  // Opens a stream and learns where to go on. OK without a link = failed in passing, try again.
  absl::Status Open() {
    link_ = std::make_unique<Link<Request, Response>>(Kind<Row>::Open(*connection_, call_options_));
    moved_since_open_ = false;
    sent_ = 0;
    Request first;
    first.set_shop_id(shop_id_);
    first.mutable_header()->set_import_id(options_.import_id);
    *first.mutable_header()->mutable_actor() = actor_;
    first.mutable_header()->set_dry_run(options_.dry_run);
    link_->Write(first);
    std::optional<Response> answer = link_->Next(options_.stall_timeout);
    if (!answer.has_value()) return Break();
    if (!answer->has_ready()) {
      return absl::DataLossError("the import did not begin with the server's last sequence");
    }
    const int64_t last = answer->ready().last_sequence();
    if (last < acknowledged_sequence_) {
      return absl::DataLossError(absl::StrCat("import ", options_.import_id,
                                              ": the server forgot chunks: got last sequence ",
                                              last, ", want at least ", acknowledged_sequence_));
    }
    committed_sequence_ = last;
    result_.progress.totals = answer->ready().totals();
    while (!unacknowledged_.empty() && unacknowledged_.front().sequence <= last) {
      Skip(unacknowledged_.front());
      unacknowledged_.pop_front();
    }
    Report();
    return absl::OkStatus();
  }

  // The stream ended or fell silent. OK = try again.
  absl::Status Break() {
    absl::Status status = link_->Finish();
    link_.reset();
    if (status.ok()) {
      status = absl::UnavailableError("the server ended the import before it was complete");
    }
    const bool outlived = absl::IsDeadlineExceeded(status) && moved_since_open_;
    if (options_.dry_run && acknowledged_sequence_ > 0 && (outlived || retry_.MayPass(status))) {
      // The server keeps nothing of a dry run, and the first chunks are not kept here either.
      return internal::WithRetryOutcome(
          status, {RetryEnd::kNotRepeatable, 1},
          "a dry run cannot go on where it broke: run it again from the start");
    }
    if (outlived) return absl::OkStatus();
    return retry_.WaitOrFail(status, Kind<Row>::kMethod);
  }

  absl::Status TakeAck(const Response& answer) {
    if (!answer.has_ack()) return absl::DataLossError("an answer to a chunk is not its outcome");
    const v1::ImportAck& ack = answer.ack();
    if (unacknowledged_.empty() || sent_ == 0 ||
        unacknowledged_.front().sequence != ack.sequence()) {
      return absl::DataLossError(
          absl::StrCat("acknowledged chunk: got ", ack.sequence(), ", want ",
                       unacknowledged_.empty() ? int64_t{0} : unacknowledged_.front().sequence));
    }
    const Chunk chunk = std::move(unacknowledged_.front());
    unacknowledged_.pop_front();
    --sent_;
    acknowledged_sequence_ = committed_sequence_ = ack.sequence();
    retry_.Reset();
    moved_since_open_ = true;
    result_.progress.committed_rows += chunk.rows;
    result_.progress.totals = ack.totals();
    if (!ack.revision_token().empty()) result_.revision_token = ack.revision_token();
    if (options_.on_rejected) {
      for (const v1::RejectedItem& item : ack.rejected()) {
        options_.on_rejected({chunk.first_row + item.index(), item.status()});
      }
    }
    Report();
    return absl::OkStatus();
  }

  // The chunk was committed earlier, unseen by this session.
  void Skip(const Chunk& chunk) {
    result_.progress.committed_rows += chunk.rows;
    result_.unreported_rows += chunk.rows;
    acknowledged_sequence_ = std::max(acknowledged_sequence_, chunk.sequence);
  }

  void Report() const {
    if (options_.on_progress) options_.on_progress(result_.progress);
  }

  const std::shared_ptr<Connection> connection_;
  const std::string shop_id_;
  const v1::Actor actor_;
  ImportOptions options_;
  const CallOptions call_options_;
  internal::RetryState retry_;

  Request open_;  // the chunk being filled
  int64_t open_rows_ = 0;
  int64_t open_bytes_ = 0;
  uint32_t open_crc_ = 0;
  int64_t last_sealed_ = 0;

  std::deque<Chunk> unacknowledged_;
  size_t sent_ = 0;  // of unacknowledged_, on the present link
  int64_t acknowledged_sequence_ = 0;
  int64_t committed_sequence_ = 0;  // as the server says
  bool moved_since_open_ = false;
  std::unique_ptr<Link<Request, Response>> link_;

  ImportResult result_;
  absl::Status failure_;
  bool finished_ = false;
};

template <typename Row>
ImportSession<Row>::ImportSession(std::shared_ptr<Connection> connection, std::string shop_id,
                                  v1::Actor actor, ImportOptions options, CallOptions call_options,
                                  RetryPolicy retry, TimeSource time)
    : sender_(std::make_unique<Sender>(std::move(connection), std::move(shop_id), std::move(actor),
                                       std::move(options), std::move(call_options), retry,
                                       std::move(time))) {}

template <typename Row>
ImportSession<Row>::ImportSession(ImportSession&&) noexcept = default;
template <typename Row>
ImportSession<Row>& ImportSession<Row>::operator=(ImportSession&&) noexcept = default;
template <typename Row>
ImportSession<Row>::~ImportSession() = default;

template <typename Row>
absl::Status ImportSession<Row>::Add(Row row) {
  return sender_->Add(std::move(row));
}

template <typename Row>
absl::StatusOr<ImportResult> ImportSession<Row>::Finish() {
  return sender_->Finish();
}

template <typename Row>
const std::string& ImportSession<Row>::import_id() const {
  return sender_->import_id();
}

template class ImportSession<v1::Order>;
template class ImportSession<v1::Member>;
template class ImportSession<v1::Product>;

}  // namespace segmentation
