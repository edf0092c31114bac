// Every statement of storage/mysql with the index it must use: what the EXPLAIN test reads.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "server/storage/mysql/statement.h"

namespace segmentation::storage::mysql {

struct CatalogueEntry {
  std::string name;   // name of the constant, with the rows it was made for: "kUpsertMembers/512"
  std::string index;  // see statement.h
  std::string sql;
};

class StatementCatalogue {
 public:
  void Add(std::initializer_list<const Statement*> statements);
  // Adds the text of each size.
  void Add(std::initializer_list<const RowsStatement*> statements);
  const std::vector<CatalogueEntry>& entries() const { return entries_; }

 private:
  std::vector<CatalogueEntry> entries_;
};

// All of them.
StatementCatalogue AllStatements();

}  // namespace segmentation::storage::mysql
