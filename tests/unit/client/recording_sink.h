// Takes down what a reader gives, and files to read.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "client/cli/import/import_rules.h"

namespace segmentation::cli {

template <typename Row>
class RecordingSink : public RowSink<Row> {
 public:
  struct Rejected {
    int64_t line;
    std::string reason;
    std::string message;
  };

  absl::Status Take(Row row, const RowPlace& place) override {
    rows.push_back(std::move(row));
    places.push_back(place);
    return absl::OkStatus();
  }
  absl::Status Reject(const RowPlace& place, std::string_view reason,
                      std::string_view message) override {
    rejected.push_back({place.line, std::string(reason), std::string(message)});
    return absl::OkStatus();
  }
  void Skip(std::string_view reason) override { ++skipped[std::string(reason)]; }
  void Reading(int64_t, double) override {}
  void Note(std::string_view text) override { notes.emplace_back(text); }

  // Rejected lines in file order.
  std::vector<int64_t> rejected_lines() const {
    std::vector<int64_t> lines;
    for (const Rejected& row : rejected) lines.push_back(row.line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  // Rows as text, sorted: to compare two readings of the same facts.
  std::vector<std::string> sorted_text() const {
    std::vector<std::string> texts;
    for (const Row& row : rows) texts.push_back(row.ShortDebugString());
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  std::vector<Row> rows;
  std::vector<RowPlace> places;
  std::vector<Rejected> rejected;
  std::map<std::string, int> skipped;
  std::vector<std::string> notes;
};

// A file of tests/unit/client/data.
inline std::string DataFile(const std::string& name) {
  const char* root = std::getenv("SEGMENTATION_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/tests/unit/client/data/" + name;
}

// Writes a file that the test may read; names must differ within a test program.
inline std::string TemporaryFile(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/segctl_" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline ImportRules ShanghaiRules(const std::string& source) {
  ImportRules rules;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &rules.zone));
  rules.source = source;
  return rules;
}

// The lines of a text in another order, the first `keep` in place. Prints the seed.
inline std::string ShuffleLines(const std::string& text, size_t keep, unsigned seed) {
  ::testing::Test::RecordProperty("seed", static_cast<int>(seed));
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const size_t next = end == std::string::npos ? text.size() : end + 1;
    lines.push_back(text.substr(at, next - at));
    at = next;
  }
  std::mt19937 random(seed);
  std::shuffle(lines.begin() + static_cast<std::ptrdiff_t>(keep), lines.end(), random);
  std::string shuffled;
  for (const std::string& line : lines) shuffled += line;
  return shuffled;
}

}  // namespace segmentation::cli
