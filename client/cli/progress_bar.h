// How far a long command is, on a terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace segmentation::cli {

class ProgressBar {
 public:
  // `live`: redraw one line, for terminals; otherwise only Finish writes. `now` is a clock.
  ProgressBar(std::ostream& err, bool live, std::string what, std::function<absl::Time()> now);

  // `fraction` 0 to 1; negative = not known. Redraws at most ten times a second.
  void Update(int64_t rows, double fraction);
  // The last line, e.g. "import: 6,919 rows in 1.2 s, 5,766 rows/s".
  void Finish(int64_t rows);

 private:
  std::string Rate(int64_t rows) const;

  std::ostream& err_;
  const bool live_;
  const std::string what_;
  const std::function<absl::Time()> now_;
  const absl::Time start_;
  absl::Time drawn_ = absl::InfinitePast();
};

// 1234567 → "1,234,567".
std::string GroupDigits(int64_t number);

}  // namespace segmentation::cli
