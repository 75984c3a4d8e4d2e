// Sixteen floats at a time.
#ifndef CMOSAICSIMD_VECTOR_H
#define CMOSAICSIMD_VECTOR_H

#include <stdint.h>

#include "dispatch.h"

// Vectors never cross a real call, so it does not matter how calls would pass them.
#pragma clang diagnostic ignored "-Wpsabi"

// One register with AVX-512, two with AVX2, four with SSE2 or NEON.
typedef float floats __attribute__((ext_vector_type(16)));
typedef int32_t integers __attribute__((ext_vector_type(16)));
enum { LANES = 16 };

MOSAIC_INLINE integers as_integers(floats bits) { return __builtin_bit_cast(integers, bits); }
MOSAIC_INLINE floats as_floats(integers bits) { return __builtin_bit_cast(floats, bits); }

MOSAIC_INLINE floats load(const float *from) {
  floats vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

MOSAIC_INLINE void store(float *to, floats vector) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

// The first `count` lanes from memory, the others `fill`.
MOSAIC_INLINE floats load_part(const float *from, long count, float fill) {
  floats vector = fill;
  __builtin_memcpy(&vector, from, count * sizeof(float));
  return vector;
}

MOSAIC_INLINE void store_part(float *to, floats vector, long count) {
  __builtin_memcpy(to, &vector, count * sizeof(float));
}

// True (all bits set) in the first `count` lanes.
MOSAIC_INLINE integers first_lanes(long count) {
  const integers index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return index < (int32_t)count;
}

MOSAIC_INLINE float sum_of(floats v) {
  const __auto_type eight = v.lo + v.hi;
  const __auto_type four = eight.lo + eight.hi;
  const __auto_type two = four.lo + four.hi;
  return two.x + two.y;
}

MOSAIC_INLINE float largest_of(floats v) {
  const __auto_type eight = v.lo > v.hi ? v.lo : v.hi;
  const __auto_type four = eight.lo > eight.hi ? eight.lo : eight.hi;
  const __auto_type two = four.lo > four.hi ? four.lo : four.hi;
  return two.x > two.y ? two.x : two.y;
}

#endif
