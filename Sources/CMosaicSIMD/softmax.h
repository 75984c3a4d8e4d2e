#ifndef CMOSAICSIMD_SOFTMAX_H
#define CMOSAICSIMD_SOFTMAX_H

#include "functions.h"

// x = exp(scale x - max(scale x)) over `count` elements, in place; their sum.
MOSAIC_INLINE float exponential_row(float *x, long count, float scale) {
  const float lowest = -__builtin_inff();
  const long whole = count / LANES * LANES, part = count - whole;
  // NaN loses every comparison here, but comes back in the sum and so in every element.
  floats top = lowest;
  for (long i = 0; i < whole; i += LANES) {
    const floats value = scale * load(x + i);
    top = value > top ? value : top;
  }
  floats last = lowest;
  if (part) {
    // Filled after scaling: the scale may be negative or zero.
    last = first_lanes(part) ? scale * load_part(x + whole, part, 0.0f) : last;
    top = last > top ? last : top;
  }
  const float largest = largest_of(top);

  floats sums = 0.0f;
  for (long i = 0; i < whole; i += LANES) {
    const floats weight = exponential(scale * load(x + i) - largest);
    sums += weight;
    store(x + i, weight);
  }
  if (part) {
    last = exponential(last - largest);
    sums += first_lanes(part) ? last : 0.0f;
  }
  if (part) store_part(x + whole, last, part);
  return sum_of(sums);
}

// The same of scale x + mask, where that may be null; zeros, and a sum of 1, where it excludes all.
MOSAIC_INLINE float weights_row(float *x, const float *mask, long count, float scale) {
  if (!mask) return exponential_row(x, count, scale);
  float largest = -__builtin_inff();
  int is_number = 1;
  for (long i = 0; i < count; i++) {
    x[i] = scale * x[i] + mask[i];
    largest = x[i] > largest ? x[i] : largest;
    is_number &= x[i] == x[i];
  }
  if (!is_number || largest != -__builtin_inff()) return exponential_row(x, count, 1.0f);
  __builtin_memset(x, 0, count * sizeof(float));
  return 1.0f;
}

// x = factor x over `count` elements, in place.
MOSAIC_INLINE void scale_row(float *x, long count, float factor) {
  const long whole = count / LANES * LANES;
  for (long i = 0; i < whole; i += LANES) store(x + i, load(x + i) * factor);
  for (long i = whole; i < count; i++) x[i] *= factor;
}

// x = softmax(scale x) over `count` elements, in place.
MOSAIC_INLINE void softmax_row(float *x, long count, float scale) {
  const float sum = exponential_row(x, count, scale);
  scale_row(x, count, 1.0f / sum);
}

#endif
