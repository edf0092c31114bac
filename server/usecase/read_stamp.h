// What every answer to a query says about itself (T34, T83). Counts are always exact.
#pragma once

#include <cstdint>

#include "server/base/clock.h"
#include "server/domain/ids.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

struct ReadStamp {
  domain::Revision revision = 0;
  base::InstantMs as_of_ms = 0;
  int32_t policy_revision = 0;
};

inline ReadStamp StampOf(const ShopView& view) {
  return {view.revision, view.as_of_ms, view.definitions->policy.revision};
}

}  // namespace segmentation::usecase
