#include "server/usecase/import_chunk.h"

#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

ImportCounts TotalsOf(const storage::ImportProgressRow& row) {
  return {row.accepted_count, row.unchanged_count, row.rejected_count};
}

absl::Status OutOfSequence(int64_t got, int64_t last) {
  return MakeError(
      Reason::IMPORT_OUT_OF_SEQUENCE, "chunk.sequence",
      base::StrCat("got ", got, ", want ", last + 1, ": the chunk after the last one committed"),
      {{"last_sequence", base::StrCat(last)}});
}

ImportChunkResult ApplyRows(WorkingSet& ws, const std::vector<RejectedRow>& unreadable,
                            size_t row_count, const ApplyImportRow& apply_row) {
  ImportChunkResult result;
  auto next_unreadable = unreadable.begin();
  int32_t index = 0;  // in the chunk
  const auto pass_unreadable = [&] {
    for (; next_unreadable != unreadable.end() && next_unreadable->index == index; ++index) {
      ++result.counts.rejected;
      result.rejected.push_back(*next_unreadable++);
    }
  };
  pass_unreadable();
  for (size_t i = 0; i < row_count; ++i) {
    const WorkingSet::Savepoint savepoint = ws.Save();
    const absl::StatusOr<RowOutcome> outcome = apply_row(i);
    if (!outcome.ok()) {
      ws.RollbackTo(savepoint);
      ++result.counts.rejected;
      result.rejected.push_back({index, outcome.status()});
    } else if (*outcome == RowOutcome::kAccepted) {
      ++result.counts.accepted;
    } else {
      ++result.counts.unchanged;
    }
    ++index;
    pass_unreadable();
  }
  return result;
}

}  // namespace

absl::Status CheckImportChunk(const ImportChunk& chunk, size_t row_count) {
  RETURN_IF_ERROR(domain::ValidateId(chunk.import_id, "header.import_id"));
  return domain::ValidateBatchSize(row_count + chunk.unreadable.size(), domain::kMaxBatchItems,
                                   "chunk");
}

absl::StatusOr<std::string> ApplyImportChunk(WorkingSet& ws, const ImportChunk& chunk,
                                             storage::ImportProgressRow::Kind kind,
                                             size_t row_count, const ApplyImportRow& apply_row,
                                             const AnswerEncoder<ImportChunkResult>& encode) {
  if (chunk.dry_run) {
    const WorkingSet::Savepoint savepoint = ws.Save();
    ImportChunkResult result = ApplyRows(ws, chunk.unreadable, row_count, apply_row);
    ws.RollbackTo(savepoint);
    result.sequence = chunk.sequence;
    result.totals = result.counts;
    return encode(result, ws.answer_context());
  }

  storage::ImportProgressRow progress;
  progress.import_id = chunk.import_id;
  progress.kind = kind;
  if (const storage::ImportProgressRow* const stored = ws.FindImport(chunk.import_id)) {
    if (stored->kind != kind) {
      return MakeError(Reason::FIELD_INVALID, "header.import_id",
                       "is the id of an import of other rows; want a fresh id for this import");
    }
    progress = *stored;
  }
  if (chunk.sequence > progress.last_sequence + 1 || chunk.sequence < 1) {
    return OutOfSequence(chunk.sequence, progress.last_sequence);
  }
  if (chunk.sequence <= progress.last_sequence) {
    ws.MarkReplayed();
    if (chunk.sequence == progress.last_sequence) return progress.last_answer;
    ImportChunkResult result;
    result.sequence = chunk.sequence;
    result.totals = TotalsOf(progress);
    return encode(result, ws.answer_context());
  }

  ImportChunkResult result = ApplyRows(ws, chunk.unreadable, row_count, apply_row);
  result.sequence = chunk.sequence;
  progress.last_sequence = chunk.sequence;
  progress.accepted_count += result.counts.accepted;
  progress.unchanged_count += result.counts.unchanged;
  progress.rejected_count += result.counts.rejected;
  progress.updated_at_ms = ws.now_ms();
  result.totals = TotalsOf(progress);
  std::string answer = encode(result, ws.answer_context());
  // What a repeated chunk is answered with: the counts, without the rows that were refused.
  result.rejected.clear();
  progress.last_answer = encode(result, ws.answer_context());
  ws.PutImport(std::move(progress));
  return answer;
}

}  // namespace segmentation::usecase
