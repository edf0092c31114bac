// What a condition reads of a member and how its answer moves with time: whether a change can
// matter to it, and when to look again (T22).
#pragma once

#include <cstdint>
#include <set>

#include "server/domain/condition/bound_tree.h"

namespace segmentation::domain::condition {

// The groups a condition names are part of it.
struct ConditionReads {
  bool member_row = false;  // id, creation time, block mark
  bool identities = false;
  bool attributes = false;  // profile rows
  bool consents = false;
  bool tags = false;
  bool orders = false;
  // It ranks all members (TOP), so a change of one can matter to others.
  bool ranks = false;
  // It asks for days relative to today, so its answer may change at local midnights.
  bool days = false;
  // Milliseconds from as-of to each rolling end (now, -48h): its answer may change at any instant.
  std::set<int64_t> rolling;
};

ConditionReads ReadsOf(const BoundNode& condition, const BoundGroups* groups);

}  // namespace segmentation::domain::condition
