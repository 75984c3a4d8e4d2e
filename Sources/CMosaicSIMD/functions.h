// Elementary functions in straight lines. Relative error about 1e-7 where not said otherwise.
#ifndef CMOSAICSIMD_FUNCTIONS_H
#define CMOSAICSIMD_FUNCTIONS_H

#include "vector.h"

// exp(x): infinite above 88.73, gradually zero below -87.3, NaN for NaN.
//
// Cody and Waite's reduction x = n ln 2 + f, and 1 + f + f² q(f) with q the minimax polynomial of
// degree 4 on |f| <= ln 2 / 2 (relative error 3e-9).
MOSAIC_INLINE floats exponential(floats x) {
  // Beyond these the result is 0 or infinite anyway. This way round the comparisons keep NaN.
  x = x < -104.0f ? (floats)-104.0f : x;
  x = x > 89.0f ? (floats)89.0f : x;
  const floats magic = 0x1.8p23f;  // added, it leaves the nearest integer in the low bits
  const floats shifted = x * 1.44269504f + magic;
  const floats rounded = shifted - magic;
  const floats f = (x - rounded * 0.693359375f) - rounded * -2.12194440e-4f;
  floats power = 1.381453999e-3f;
  power = power * f + 8.368745246e-3f;
  power = power * f + 4.166839080e-2f;
  power = power * f + 1.666652040e-1f;
  power = power * f + 4.999999343e-1f;
  power = power * f + 1.0f;
  power = power * f + 1.0f;
  // 2^n leaves the exponent's range at both ends. One half of n goes into the exponent of `power`,
  // the other is a factor, whose product overflows or underflows as it should.
  const integers n = as_integers(shifted) - as_integers(magic);
  const integers half = n >> 1;
  return as_floats(as_integers(power) + (half << 23)) * as_floats((n - half + 127) << 23);
}

// x / (1 + exp(-x))
MOSAIC_INLINE floats silu(floats x) { return x / (1.0f + exponential(-x)); }

// x (1 + tanh(u)) / 2 = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x³)
MOSAIC_INLINE floats gelu_tanh(floats x) {
  const floats cubic = x + (0.044715f * x * x) * x;
  return x / (1.0f + exponential(-1.59576912f * cubic));
}

// x (1 + erf(x / sqrt 2)) / 2
//
// erfc(z) = exp(-z²) t p(t) with t = 1 / (1 + 0.4 z) and p the minimax polynomial of degree 8 on
// 0 <= z <= 10.5 (relative error 7e-8). Taken from erfc, the left tail keeps its relative
// precision.
MOSAIC_INLINE floats gelu_erf(floats x) {
  const floats t = 1.0f / (1.0f + 0.282842712f * __builtin_elementwise_abs(x));
  floats p = 4.211848796e-2f;
  p = p * t + -1.445513468e-1f;
  p = p * t + 9.278278321e-2f;
  p = p * t + 7.784498221e-2f;
  p = p * t + 8.678559064e-2f;
  p = p * t + 1.903835728e-1f;
  p = p * t + 2.026610520e-1f;
  p = p * t + 2.263343122e-1f;
  p = p * t + 2.256406316e-1f;
  const floats tail = (0.5f * p * t) * exponential(-0.5f * x * x);
  return x * (x < 0.0f ? tail : 1.0f - tail);
}

#endif
