// Streamed imports: rows are sent in numbered chunks, each committed by the server before it is
// acknowledged, and go on after a broken connection from the last committed one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/connection.h"
#include "segmentation/options.h"

namespace segmentation {

// A row that the server refused; the others of its chunk went in.
struct RejectedRow {
  int64_t row_index = 0;  // how many rows were added before it
  v1::BatchItemStatus status;
};

struct ImportProgress {
  int64_t added_rows = 0;      // given to Add
  int64_t committed_rows = 0;  // acknowledged, or known committed from an earlier run
  v1::ImportCounts totals;     // of all chunks under this import id, earlier runs included
};

struct ImportOptions {
  // Names the import. The same id with the same rows in the same order goes on after the last
  // committed chunk, also in another process. Empty = a new UUID.
  std::string import_id;
  // Check everything on the server and write nothing. The server keeps no place to go on from: a
  // dry run that breaks after its first acknowledgement fails, and is to be run again.
  bool dry_run = false;
  // A chunk ends at either bound; a row larger than the bytes travels alone. Other writes of the
  // shop wait while the server takes a chunk, so a chunk is short; it may have at most 500 rows. An
  // import goes on only with the bounds it began with.
  int chunk_rows = 200;
  int64_t chunk_bytes = 1 << 20;
  // Chunks sent and not yet acknowledged, kept in memory to be sent again.
  int window_chunks = 8;
  // No acknowledgement for so long while one is awaited: the connection is taken for broken.
  absl::Duration stall_timeout = absl::Minutes(2);
  // Called by the thread that calls Add and Finish.
  std::function<void(const ImportProgress&)> on_progress;
  std::function<void(const RejectedRow&)> on_rejected;
};

struct ImportResult {
  std::string import_id;
  ImportProgress progress;
  // Rows of chunks that an earlier run or connection committed without this session seeing their
  // acknowledgement: refused ones among them are counted in the totals but were not reported.
  int64_t unreported_rows = 0;
  // Revision that holds the last chunk that changed something; empty = none did.
  std::string revision_token;
};

// One import. Not thread-safe. After an error every further call returns that error.
template <typename Row>
class ImportSession {
 public:
  ImportSession(std::shared_ptr<Connection> connection, std::string shop_id, v1::Actor actor,
                ImportOptions options, CallOptions call_options, RetryPolicy retry,
                TimeSource time);
  ImportSession(ImportSession&&) noexcept;
  ImportSession& operator=(ImportSession&&) noexcept;
  // Without Finish: what is committed stays, the rest is dropped.
  ~ImportSession();

  // Takes a row; sends a chunk when one is full, and then waits while the window is. Errors are
  // those of the stream; a refused row is not one.
  absl::Status Add(Row row);

  // Sends what is left and waits for all acknowledgements.
  absl::StatusOr<ImportResult> Finish();

  const std::string& import_id() const;

 private:
  class Sender;
  std::unique_ptr<Sender> sender_;
};

using OrderImport = ImportSession<v1::Order>;
using MemberImport = ImportSession<v1::Member>;
using ProductImport = ImportSession<v1::Product>;

}  // namespace segmentation
