#include "server/audience/shop_index.h"

namespace segmentation::audience {
namespace {

// Of the nodes and control blocks that hold one page.
constexpr size_t kPageOverhead = 64;

template <typename Page, typename BytesOfPage>
size_t BytesOfTable(const PageTable<Page>& table, const BytesOfPage& bytes_of_page) {
  size_t bytes = table.end() * sizeof(std::shared_ptr<Page>);
  for (size_t i = 0; i < table.end(); ++i) {
    if (const Page* const page = table.Find(i)) bytes += kPageOverhead + bytes_of_page(*page);
  }
  return bytes;
}

size_t BytesOfPages(const auto& table) {
  return BytesOfTable(table, [](const auto& page) { return page.bytes(); });
}

// What the node of a std::map costs beside its value.
constexpr size_t kMapNode = 48;

size_t BytesOf(const Column& column) {
  size_t bytes = BytesOfPages(column.values);
  bytes += BytesOfTable(column.further, [](const Column::Further& page) {
    size_t in_page = sizeof(page);
    for (const auto& [row, values] : page.rows) {
      in_page += kMapNode + sizeof(std::vector<int64_t>) + values.capacity() * sizeof(int64_t);
    }
    return in_page;
  });
  return bytes;
}

template <typename Key>
size_t BytesOf(const std::map<Key, MemberBitmap>& bitmaps) {
  size_t bytes = 0;
  for (const auto& [key, bitmap] : bitmaps) bytes += kMapNode + bitmap.bytes();
  return bytes;
}

size_t BytesOf(const MemberIdPage& page) {
  size_t bytes = sizeof(page);
  for (const std::string& id : page.ids) {
    if (id.capacity() > std::string().capacity()) bytes += id.capacity() + 1;
  }
  return bytes;
}

}  // namespace

IndexMemory MemoryOf(const ShopRoot& root) {
  IndexMemory memory;
  memory.members =
      root.live.bytes() + root.blocked.bytes() + BytesOfPages(root.created_at) +
      BytesOfTable(root.member_ids, [](const MemberIdPage& page) { return BytesOf(page); });
  memory.attributes = BytesOf(root.identities) + BytesOf(root.consents);
  memory.members += root.buckets->bytes() + root.directory->bytes();
  memory.texts = root.texts->bytes();
  for (const auto& [number, column] : root.attributes) {
    memory.attributes += BytesOf(column);
    if (column.texts != nullptr) memory.texts += column.texts->bytes();
  }
  memory.attributes += BytesOf(root.email_domains);
  memory.texts += root.email_domains.texts->bytes();
  memory.tags =
      BytesOfPages(root.tags) + BytesOfPages(root.expiring_tags) + BytesOfPages(root.tag_facts);
  memory.orders = BytesOfPages(root.orders) + root.buyers.bytes();
  const OrderColumns& columns = root.order_columns;
  for (const auto* column : {&columns.orders, &columns.purchase_days, &columns.items,
                             &columns.amount, &columns.first_at, &columns.last_day}) {
    memory.orders += BytesOfPages(*column);
  }
  for (const auto& column : columns.latest_at) memory.orders += BytesOfPages(column);
  return memory;
}

}  // namespace segmentation::audience
