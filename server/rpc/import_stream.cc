#include "server/rpc/import_stream.h"

#include <google/protobuf/descriptor.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::rpc {
namespace {

v1::ImportCounts ToCounts(const usecase::ImportCounts& counts) {
  v1::ImportCounts out;
  out.set_accepted_count(counts.accepted);
  out.set_unchanged_count(counts.unchanged);
  out.set_rejected_count(counts.rejected);
  return out;
}

}  // namespace

absl::Status CheckImportHeader(const v1::ImportHeader& header) {
  RETURN_IF_ERROR(domain::ValidateId(header.import_id(), "header.import_id"));
  return CheckActor(header.actor(), "header.actor");
}

absl::Status CheckImportChunk(int64_t sequence, size_t row_count, std::string_view rows_field) {
  RETURN_IF_ERROR(domain::ValidateRange(sequence, 1, std::numeric_limits<int64_t>::max() - 1,
                                        "chunk.sequence"));
  if (row_count == 0) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, rows_field,
                           "got no row, want at least one in a chunk");
  }
  return domain::ValidateBatchSize(row_count, domain::kMaxBatchItems, rows_field);
}

absl::Status CheckImportChecksum(int64_t given, uint32_t computed) {
  if (given == int64_t{computed}) return absl::OkStatus();
  return base::MakeError(base::Reason::FIELD_INVALID, "chunk.crc32c",
                         absl::StrCat("got ", given, ", want ", computed,
                                      ", the checksum of the ids of the rows that arrived"),
                         {{"got", absl::StrCat(given)}, {"want", absl::StrCat(computed)}});
}

v1::ImportReady ToImportReady(const usecase::ImportProgress& progress) {
  v1::ImportReady ready;
  ready.set_last_sequence(progress.last_sequence);
  *ready.mutable_totals() = ToCounts(progress.totals);
  return ready;
}

v1::ImportAck ToImportAck(const usecase::ImportChunkResult& result,
                          const usecase::AnswerContext& answer, bool dry_run) {
  v1::ImportAck ack;
  ack.set_sequence(result.sequence);
  *ack.mutable_counts() = ToCounts(result.counts);
  for (const usecase::RejectedRow& row : result.rejected) {
    v1::RejectedItem* const item = ack.add_rejected();
    item->set_index(row.index);
    *item->mutable_status() = ToItemStatus(row.status);
  }
  *ack.mutable_totals() = ToCounts(result.totals);
  if (!dry_run) ack.set_revision_token(answer.revision_token);
  return ack;
}

absl::StatusOr<v1::ImportAck> ImportAckOf(const usecase::WriteResult& result, bool dry_run) {
  v1::ImportAck ack;
  if (!ack.ParseFromString(result.answer)) {
    return absl::InternalError("the stored answer to a chunk does not parse");
  }
  ack.set_already_committed(result.replayed && !dry_run);
  return ack;
}

int ImportMethodIndex(std::string_view method) {
  std::string name = base::StrCat("segmentation.v1.", method);
  name[name.rfind('/')] = '.';
  // Of the program's own methods, so it is there.
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name)->index();
}

void AddImportCounts(const v1::ImportCounts& counts, v1::ImportCounts& totals) {
  totals.set_accepted_count(totals.accepted_count() + counts.accepted_count());
  totals.set_unchanged_count(totals.unchanged_count() + counts.unchanged_count());
  totals.set_rejected_count(totals.rejected_count() + counts.rejected_count());
}

}  // namespace segmentation::rpc
