// Answers to requests that changed nothing. They have no row in the database, because nothing was
// committed; kept here a while, so that a repeated request id still returns its first answer (T69).
// After a restart, or by another replica, such a request is decided anew: it had no effect yet, so
// it takes effect once at most.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "server/usecase/write_command.h"

namespace segmentation::usecase {

// An answer given under a request id.
struct GivenAnswer {
  std::string request_hash;
  WriteResult result;
};

// Holds the newest answers up to a number of bytes. Not thread-safe.
class RecentAnswers {
 public:
  explicit RecentAnswers(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null if the id is not known (any more).
  const GivenAnswer* Find(std::string_view request_id) const {
    const auto found = answers_.find(request_id);
    return found == answers_.end() ? nullptr : &found->second;
  }

  // The first answer of an id stays.
  void Add(const std::string& request_id, GivenAnswer answer) {
    const size_t bytes = BytesOf(request_id, answer);
    if (!answers_.emplace(request_id, std::move(answer)).second) return;
    bytes_ += bytes;
    by_age_.push_back(request_id);
    for (; bytes_ > max_bytes_ && !by_age_.empty(); by_age_.pop_front()) {
      const auto oldest = answers_.find(by_age_.front());
      bytes_ -= BytesOf(oldest->first, oldest->second);
      answers_.erase(oldest);
    }
  }

 private:
  static size_t BytesOf(const std::string& request_id, const GivenAnswer& answer) {
    return 256 + 2 * request_id.size() + answer.request_hash.size() + answer.result.answer.size();
  }

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::map<std::string, GivenAnswer, std::less<>> answers_;
  std::deque<std::string> by_age_;
};

}  // namespace segmentation::usecase
