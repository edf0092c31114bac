// How far an import has come: what a client that starts or resumes one is told.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/storage/rows.h"
#include "server/usecase/import_chunk.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

struct ImportProgress {
  int64_t last_sequence = 0;  // 0: nothing committed yet
  ImportCounts totals;
};

// Thread-safe. Queries run on the calling thread.
class ImportQueryUsecase {
 public:
  // `reader` outlives it.
  explicit ImportQueryUsecase(ShopReader& reader) : reader_(reader) {}

  // An import that never committed a chunk is at 0. FIELD_INVALID (header.import_id) when the id is
  // that of an import of another kind.
  absl::StatusOr<ImportProgress> Find(const CallContext& context, std::string_view import_id,
                                      storage::ImportProgressRow::Kind kind);

 private:
  ShopReader& reader_;
};

}  // namespace segmentation::usecase
