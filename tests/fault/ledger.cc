#include "tests/fault/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace segmentation::fault {

Ledger::Ledger(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) {
    std::cerr << "cannot write the ledger " << path << "\n";
    std::exit(2);
  }
}

Ledger::~Ledger() { close(file_); }

void Ledger::Append(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      fsync(file_) != 0) {
    std::cerr << "the ledger cannot be written\n";
    std::exit(2);
  }
}

void Ledger::Intend(const std::string& request_id, const std::string& effect) {
  Append(absl::StrCat("I ", request_id, " ", effect, "\n"));
}

void Ledger::Acknowledge(const std::string& request_id, const std::string& answer_hash) {
  Append(absl::StrCat("A ", request_id, " ", answer_hash, "\n"));
}

absl::StatusOr<std::map<std::string, Ledger::Entry>> Ledger::Read(const std::string& path) {
  std::map<std::string, Entry> entries;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind;
    std::string request_id;
    std::string value;
    words >> kind >> request_id;
    std::getline(words >> std::ws, value);
    if (value.empty() || (kind != "I" && kind != "A")) {
      return absl::DataLossError(absl::StrCat("a ledger line does not parse: ", line));
    }
    (kind == "I" ? entries[request_id].effect : entries[request_id].answer_hash) = value;
  }
  return entries;
}

}  // namespace segmentation::fault
