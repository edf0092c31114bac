// What the chunked imports of orders, members and products share. Chunks of an import are numbered
// from 1; each is one command whose effect and progress row are one transaction, so that a chunk
// counts once, however often it is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/rows.h"
#include "server/usecase/working_set.h"
#include "server/usecase/write_command.h"

namespace segmentation::usecase {

struct RejectedRow {
  int32_t index = 0;    // in the chunk
  absl::Status status;  // field paths begin at the row
};

struct ImportChunk {
  std::string import_id;
  int64_t sequence = 0;
  bool dry_run = false;  // decide everything, write nothing; its sequence is not looked at
  // Rows that could not even be read, by index: counted and named with those refused here. The
  // rows handed over are the others.
  std::vector<RejectedRow> unreadable;
};

struct ImportCounts {
  int64_t accepted = 0;   // changed something
  int64_t unchanged = 0;  // told nothing new
  int64_t rejected = 0;
};

// Of a chunk before the last one, sent again: no counts and no rejected rows, only the totals.
struct ImportChunkResult {
  int64_t sequence = 0;
  ImportCounts counts;
  std::vector<RejectedRow> rejected;  // by index
  ImportCounts totals;                // of the whole import so far; of a dry run: of the chunk
};

enum class RowOutcome : uint8_t { kAccepted, kUnchanged };

// Id and size of a chunk, before it is queued. The errors of an id; BATCH_TOO_LARGE.
absl::Status CheckImportChunk(const ImportChunk& chunk, size_t row_count);

// Decides row `index`. Its changes are taken back when it fails.
using ApplyImportRow = std::function<absl::StatusOr<RowOutcome>(size_t index)>;

// Runs the rows of one chunk inside a command's Apply. Keeps the progress row and the answer for a
// repeated chunk, which names no refused rows. Errors: IMPORT_OUT_OF_SEQUENCE, FIELD_INVALID
// (import id of another kind). The keys of the command must hold the import id.
absl::StatusOr<std::string> ApplyImportChunk(WorkingSet& ws, const ImportChunk& chunk,
                                             storage::ImportProgressRow::Kind kind,
                                             size_t row_count, const ApplyImportRow& apply_row,
                                             const AnswerEncoder<ImportChunkResult>& encode);

}  // namespace segmentation::usecase
