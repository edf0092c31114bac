#include "client/cli/progress_bar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace segmentation::cli {

std::string GroupDigits(int64_t number) {
  std::string text = absl::StrCat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

ProgressBar::ProgressBar(std::ostream& err, bool live, std::string what,
                         std::function<absl::Time()> now)
    : err_(err), live_(live), what_(std::move(what)), now_(std::move(now)), start_(now_()) {}

std::string ProgressBar::Rate(int64_t rows) const {
  const double seconds = std::max(absl::ToDoubleSeconds(now_() - start_), 0.001);
  return absl::StrCat(GroupDigits(static_cast<int64_t>(static_cast<double>(rows) / seconds)),
                      " rows/s");
}

void ProgressBar::Update(int64_t rows, double fraction) {
  if (!live_ || now_() - drawn_ < absl::Milliseconds(100)) return;
  drawn_ = now_();
  std::string bar;
  if (fraction >= 0) {
    constexpr int kWidth = 24;
    const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kWidth);
    for (int i = 0; i < kWidth; ++i) bar += i < full ? "█" : "░";
    bar = absl::StrFormat("%s %3d%% ", bar, static_cast<int>(fraction * 100));
  }
  err_ << "\r\033[K" << what_ << " " << bar << GroupDigits(rows) << " rows, " << Rate(rows)
       << std::flush;
}

void ProgressBar::Finish(int64_t rows) {
  if (live_) err_ << "\r\033[K";
  err_ << what_ << ": " << GroupDigits(rows) << " rows in "
       << absl::StrFormat("%.1f s, ", absl::ToDoubleSeconds(now_() - start_)) << Rate(rows) << "\n"
       << std::flush;
}

}  // namespace segmentation::cli
