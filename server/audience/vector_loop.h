// Hot loops are compiled for the instruction sets of several machines; the one at hand is chosen
// when the program starts, since Debian's baseline is SSE2.
#pragma once

#include <cstdint>
#include <cstring>

// Sanitizers run before the choice is made, so their builds have one version; Clang knows no clones
// of templates.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__) || \
    !defined(__x86_64__)
#define SEGMENTATION_VECTOR_LOOP
#else
#define SEGMENTATION_VECTOR_LOOP __attribute__((target_clones("default", "avx2")))
#endif

namespace segmentation::audience {

// 64 bytes of 0 or 1 as the bits of a word, the first one lowest.
inline uint64_t GatherBits(const uint8_t* hits) {
  uint64_t word = 0;
  for (int i = 0; i < 8; ++i) {
    uint64_t eight;
    std::memcpy(&eight, hits + i * 8, sizeof(eight));
    // Brings bit 0 of byte k to bit 56 + k.
    word |= (eight * 0x0102040810204080u >> 56) << (i * 8);
  }
  return word;
}

}  // namespace segmentation::audience
