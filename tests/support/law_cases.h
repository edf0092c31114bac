// The random cases of a law: how many and of which seed is printed, and tests/laws_test.py reads
// the laws and the number out of the source.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string_view>

namespace segmentation::testing_support {

inline void PrintLaw(std::string_view laws, int64_t cases, uint64_t seed) {
  std::cout << "law " << laws << ": " << cases << " cases, seed " << seed << std::endl;
}

// The loop over them: for (const int i : LawCases("T87 T25", 2'000, seed)) { … }
class LawCases {
 public:
  class Iterator {
   public:
    explicit Iterator(int at) : at_(at) {}
    int operator*() const { return at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    int at_;
  };

  LawCases(std::string_view laws, int cases, uint64_t seed) : cases_(cases) {
    PrintLaw(laws, cases, seed);
  }
  Iterator begin() const { return Iterator(0); }
  Iterator end() const { return Iterator(cases_); }

 private:
  const int cases_;
};

// For a loop that is elsewhere and counts its cases: `done` of them, and `fewest` there must be.
inline void ExpectLawCases(std::string_view laws, int64_t fewest, int64_t done, uint64_t seed) {
  PrintLaw(laws, done, seed);
  EXPECT_GE(done, fewest) << laws;
}

}  // namespace segmentation::testing_support
