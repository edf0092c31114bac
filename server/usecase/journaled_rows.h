// Rows of one table in a unit of work: what was loaded, what it became, and how to go back to a
// savepoint. Not thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace segmentation::usecase {

template <typename Key, typename Row>
class JournaledRows {
 public:
  struct Slot {
    std::shared_ptr<const Row> loaded;   // null: not in the database
    std::shared_ptr<const Row> current;  // null: does not exist (any more)
    bool changed() const { return loaded != current; }
  };

  // A row of the database. The first one loaded under a key stays.
  void AddLoaded(Key key, Row row) {
    AddLoaded(std::move(key), std::make_shared<const Row>(std::move(row)));
  }
  void AddLoaded(Key key, std::shared_ptr<const Row> row) {
    slots_.emplace(std::move(key), Slot{row, row});
  }

  // The row as it is now; null if there is none.
  template <typename AnyKey>
  const Row* Find(const AnyKey& key) const {
    auto found = slots_.find(key);
    return found == slots_.end() ? nullptr : found->second.current.get();
  }

  // The row for editing; null if there is none. Valid until the next change of the same row.
  Row* Mutable(const Key& key) {
    auto found = slots_.find(key);
    if (found == slots_.end() || found->second.current == nullptr) return nullptr;
    return Replace(found->first, found->second, std::make_shared<Row>(*found->second.current));
  }

  Row* Put(const Key& key, Row row) {
    Slot& slot = slots_[key];
    return Replace(key, slot, std::make_shared<Row>(std::move(row)));
  }

  void Erase(const Key& key) {
    auto found = slots_.find(key);
    if (found == slots_.end()) return;
    Replace(found->first, found->second, nullptr);
  }

  // A point to go back to, and the way back.
  size_t Mark() const { return undo_.size(); }
  void RollbackTo(size_t mark) {
    for (; undo_.size() > mark; undo_.pop_back()) {
      slots_.find(undo_.back().first)->second.current = std::move(undo_.back().second);
    }
  }

  const std::map<Key, Slot, std::less<>>& slots() const { return slots_; }

 private:
  Row* Replace(const Key& key, Slot& slot, std::shared_ptr<Row> row) {
    Row* const raw = row.get();
    undo_.emplace_back(key, std::move(slot.current));
    slot.current = std::move(row);
    return raw;
  }

  std::map<Key, Slot, std::less<>> slots_;
  std::vector<std::pair<Key, std::shared_ptr<const Row>>> undo_;
};

}  // namespace segmentation::usecase
