#include "server/storage/mysql/product_store.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

using domain::Product;

const std::string kProductColumns =
    base::StrCat("product_no, product_id, title, category, brand, stage, ", kStampColumns);

const RowsStatement kReadProducts(
    "kReadProducts", "uq_product_id",
    MultiRowStatement(base::StrCat("SELECT ", kProductColumns,
                                   " FROM product WHERE shop_no=? AND product_id IN ("),
                      "?", ")"));
const Statement kListProducts("kListProducts", "PRIMARY",
                              base::StrCat("SELECT ", kProductColumns,
                                           " FROM product WHERE shop_no=? AND product_no>? "
                                           "ORDER BY product_no LIMIT ?"));
const RowsStatement kUpsertProducts = UpsertRows(
    "kUpsertProducts", "product", "shop_no, product_no", "product_id",
    base::StrCat("title, category, brand, stage, ", kStampColumns), OtherUniqueKey::kGuarded);

std::vector<Product> ProductsOf(const ResultSet& rows) {
  std::vector<Product> products;
  products.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    Product product;
    product.number = cells.Number<domain::ProductNo>();
    product.id = cells.Text();
    product.title = cells.Text();
    product.category = cells.Text();
    product.brand = cells.Text();
    product.stage = cells.Text();
    product.stamp = cells.Stamp();
    products.push_back(std::move(product));
  }
  return products;
}

}  // namespace

absl::StatusOr<std::vector<Product>> ReadProducts(ShopSession& session,
                                                  std::span<const std::string> product_ids) {
  std::vector<std::string_view> sorted(product_ids.begin(), product_ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  ASSIGN_OR_RETURN(
      const ResultSet rows,
      session.QueryKeys(kReadProducts, KeysOf(std::span<const std::string_view>(sorted))));
  return ProductsOf(rows);
}

absl::StatusOr<std::vector<Product>> ListProducts(ShopSession& session, domain::ProductNo after_no,
                                                  int limit) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListProducts, {session.shop_no(), after_no, limit}));
  return ProductsOf(rows);
}

absl::Status WriteProducts(ShopSession& session, const std::vector<Product>& products) {
  Params params;
  for (const Product& product : products) {
    Append(params, {session.shop_no(), product.number, product.id, product.title, product.category,
                    product.brand, product.stage});
    AppendStamp(params, product.stamp);
  }
  return session.Write(kUpsertProducts, params);
}

void ListProductStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kListProducts});
  catalogue.Add({&kReadProducts, &kUpsertProducts});
}

}  // namespace segmentation::storage::mysql
