#include "server/usecase/import_query_usecase.h"

#include <optional>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {

absl::StatusOr<ImportProgress> ImportQueryUsecase::Find(const CallContext& context,
                                                        std::string_view import_id,
                                                        storage::ImportProgressRow::Kind kind) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, ReadOptions()));
  ASSIGN_OR_RETURN(const std::optional<storage::ImportProgressRow> row,
                   view.snapshot->ReadImportProgress(import_id));
  if (!row) return ImportProgress{};
  if (row->kind != kind) {
    return base::MakeError(base::Reason::FIELD_INVALID, "header.import_id",
                           "is the id of an import of other rows; want a fresh id for this import");
  }
  return ImportProgress{row->last_sequence,
                        {row->accepted_count, row->unchanged_count, row->rejected_count}};
}

}  // namespace segmentation::usecase
