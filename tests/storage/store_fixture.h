// The stores that one contract suite holds to storage/store.h: the model in memory and MySQL on the
// server of this test program.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/storage/mysql/mysql_store.h"
#include "server/storage/store.h"
#include "tests/support/fill_store.h"
#include "tests/support/model_store.h"
#include "tests/support/row_text.h"

namespace segmentation::storage {

enum class Backend { kModel, kMysql };

// One database of the current schema for the whole program.
mysql::MysqlStore& SharedMysqlStore();
// How to connect to it.
const mysql::ConnectionOptions& SharedMysqlOptions();

// Stands for a status without reason.
inline constexpr base::Reason kNoReason = base::Reason::REVISION_NOT_REACHED;
base::Reason ReasonOf(const absl::Status& status);

class StoreTest : public ::testing::TestWithParam<Backend> {
 protected:
  StoreTest();

  Store& store() { return *store_; }
  // Null for MySQL.
  testing_support::ModelStore* model() { return model_.get(); }
  // Different in every test of the program.
  std::string FreshId(const std::string& prefix) const;
  // A shop of a fresh id; ends the test program when it cannot be made.
  domain::Shop MakeShop();

  std::unique_ptr<WriteTransaction> BeginWrite(domain::ShopNo shop_no);
  std::unique_ptr<ReadSnapshot> BeginRead(domain::ShopNo shop_no);
  // Writes in a transaction of its own; returns its revision.
  domain::Revision Write(domain::ShopNo shop_no, const WriteSet& rows);
  // The status that Apply or else Commit answered.
  absl::Status TryWrite(domain::ShopNo shop_no, const WriteSet& rows);
  std::shared_ptr<const domain::ShopDefinitions> Definitions(domain::ShopNo shop_no);

 private:
  std::unique_ptr<testing_support::ModelStore> model_;
  Store* store_ = nullptr;
};

// A value, or the end of the test program with the status: for what a test takes for granted.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

inline std::string BackendName(const ::testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kModel ? "Model" : "Mysql";
}

// Rows with every field set, `seed` telling them apart.
domain::Stamp StampOf(int seed);
domain::Member MemberOf(domain::MemberNo number, const std::string& id);
domain::Order OrderOf(domain::MemberNo member_no, domain::OrderNo number,
                      const std::string& external_id);

}  // namespace segmentation::storage
