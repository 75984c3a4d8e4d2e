// Operands in bf16: pairs of neighbours along the inner dimension, and the tiles that multiply them.
#ifndef CMOSAICSIMD_PAIRS_H
#define CMOSAICSIMD_PAIRS_H

#include "packing.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint32_t pairs_of __attribute__((ext_vector_type(16)));

MOSAIC_INLINE long pair_count(long k) { return (k + 1) / 2; }

// The nearest bf16, ties to even, in the upper half; NaN stays NaN.
MOSAIC_INLINE uint32_t rounded_bits(float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t nearest = bits + 0x7FFF + (bits >> 16 & 1);
  return (value != value ? bits | 0x400000 : nearest) & 0xFFFF0000;
}

MOSAIC_INLINE uint32_t pair_of(float first, float second) {
  return rounded_bits(first) >> 16 | rounded_bits(second);
}

// The pairs of one row, `step` apart.
MOSAIC_INLINE void round_row(const float *x, uint32_t *pairs, long step, long k) {
  for (long i = 0; i < k / 2; i++) pairs[i * step] = pair_of(x[2 * i], x[2 * i + 1]);
  if (k % 2) pairs[k / 2 * step] = pair_of(x[k - 1], 0.0f);
}

// c = start + a · b for `rows` rows of pairs, b [k, LANES · vectors] pairs; both counts are
// constants where this is inlined.
MOSAIC_INLINE void pair_tile(int rows, int vectors, const uint32_t *a, long a_stride,
                             const uint32_t *b, long b_stride, const float *start, float *c,
                             long c_stride, long k) {
  floats sums[MOST_ROWS][MOST_VECTORS];
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++) sums[row][v] = start ? load(start + v * LANES) : 0.0f;
  for (long i = 0; i < k; i++, b += b_stride) {
    floats low[MOST_VECTORS], high[MOST_VECTORS];
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      pairs_of pair;
      __builtin_memcpy(&pair, b + v * LANES, sizeof pair);
      low[v] = __builtin_bit_cast(floats, pair << 16);
      high[v] = __builtin_bit_cast(floats, pair & 0xFFFF0000);
    }
#pragma unroll
    for (int row = 0; row < rows; row++) {
      const uint32_t pair = a[row * a_stride + i];
      const floats first = __builtin_bit_cast(float, pair << 16);
      const floats second = __builtin_bit_cast(float, pair & 0xFFFF0000);
#pragma unroll
      for (int v = 0; v < vectors; v++) {
        sums[row][v] += first * low[v];
        sums[row][v] += second * high[v];
      }
    }
  }
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++) store(c + row * c_stride + v * LANES, sums[row][v]);
}

#if defined(__x86_64__)
#define MOSAIC_BF16 __attribute__((target("arch=x86-64-v4,avx512bf16")))

// The same with the processor's own instruction for two products and their sum.
MOSAIC_BF16 MOSAIC_INLINE void native_tile(int rows, int vectors, const uint32_t *a, long a_stride,
                                           const uint32_t *b, long b_stride, const float *start,
                                           float *c, long c_stride, long k) {
  __m512 sums[MOST_ROWS][MOST_VECTORS];
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++)
      sums[row][v] = start ? _mm512_loadu_ps(start + v * LANES) : _mm512_setzero_ps();
  for (long i = 0; i < k; i++, b += b_stride) {
    __m512bh right[MOST_VECTORS];
#pragma unroll
    for (int v = 0; v < vectors; v++) right[v] = (__m512bh)_mm512_loadu_si512(b + v * LANES);
#pragma unroll
    for (int row = 0; row < rows; row++) {
      const __m512bh left = (__m512bh)_mm512_set1_epi32((int)a[row * a_stride + i]);
#pragma unroll
      for (int v = 0; v < vectors; v++)
        sums[row][v] = _mm512_dpbf16_ps(sums[row][v], left, right[v]);
    }
  }
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++)
      _mm512_storeu_ps(c + row * c_stride + v * LANES, sums[row][v]);
}
#endif

// Defines name_columns and name_all: tiles of one kind over n columns, a multiple of LANES, for
// `rows` rows, a constant of at most `height`, or for any number of them.
#define MOSAIC_PAIR_TILES(name, attributes, tile, height, most)                                 \
  attributes MOSAIC_INLINE void name##_columns(int rows, const uint32_t *a, long a_stride,      \
                                               const uint32_t *b, long b_stride,                \
                                               const float *start, float *c, long c_stride,     \
                                               long k, long n) {                                \
    long column = 0;                                                                            \
    /* Two tiles of two vectors are quicker than one of three and one of a single vector. */    \
    while (most == 3 && n - column >= 3 * LANES && n - column != 4 * LANES) {                   \
      tile(rows, 3, a, a_stride, b + column, b_stride, start ? start + column : 0, c + column,  \
           c_stride, k);                                                                        \
      column += 3 * LANES;                                                                      \
    }                                                                                           \
    while (most == 3 && n - column >= 2 * LANES) {                                              \
      tile(rows, 2, a, a_stride, b + column, b_stride, start ? start + column : 0, c + column,  \
           c_stride, k);                                                                        \
      column += 2 * LANES;                                                                      \
    }                                                                                           \
    for (; column < n; column += LANES)                                                         \
      tile(rows, 1, a, a_stride, b + column, b_stride, start ? start + column : 0, c + column,  \
           c_stride, k);                                                                        \
  }                                                                                             \
  attributes MOSAIC_INLINE void name##_all(long rows, const uint32_t *a, long a_stride,         \
                                           const uint32_t *b, long b_stride,                    \
                                           const float *start, float *c, long c_stride, long k, \
                                           long n) {                                            \
    for (; rows >= height; rows -= height, a += height * a_stride, c += height * c_stride)      \
      name##_columns(height, a, a_stride, b, b_stride, start, c, c_stride, k, n);               \
    for (; rows > 0; rows--, a += a_stride, c += c_stride)                                      \
      name##_columns(1, a, a_stride, b, b_stride, start, c, c_stride, k, n);                    \
  }

#endif
