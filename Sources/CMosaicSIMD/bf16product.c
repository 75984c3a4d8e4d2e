#include "CMosaicSIMD.h"
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

MOSAIC_INLINE void round_rows(int level, const float *x, long x_stride, uint32_t *pairs, long m,
                              long k) {
  for (long row = 0; row < m; row++)
    round_row(x + row * x_stride, pairs + row * pair_count(k), 1, k);
}

MOSAIC_DISPATCH(mosaic_round_rows, round_rows,
                (const float *x, long x_stride, uint32_t *pairs, long m, long k), x, x_stride,
                pairs, m, k)

long mosaic_packed_bf16_count(long n, long k) { return padded(n) * pair_count(k); }

MOSAIC_INLINE void pack_rows_bf16(int level, const float *w, uint32_t *packed, long n, long k) {
  for (long first = 0; first < n; first += PANEL) {
    const long rows = n - first < PANEL ? n - first : PANEL, width = padded(rows);
    uint32_t *panel = packed + first * pair_count(k);
    for (long row = 0; row < rows; row++) round_row(w + (first + row) * k, panel + row, width, k);
    for (long row = rows; row < width; row++)
      for (long i = 0; i < pair_count(k); i++) panel[i * width + row] = 0;
  }
}

MOSAIC_DISPATCH(mosaic_pack_rows_bf16, pack_rows_bf16,
                (const float *w, uint32_t *packed, long n, long k), w, packed, n, k)

void mosaic_unpack_row_bf16(const uint32_t *packed, float *row, long index, long n, long k) {
  const long first = index / PANEL * PANEL;
  const long width = padded(n - first < PANEL ? n - first : PANEL);
  for (long i = 0; i < k; i++) {
    const uint32_t pair = packed[first * pair_count(k) + i / 2 * width + index - first];
    row[i] = __builtin_bit_cast(float, i % 2 ? pair & 0xFFFF0000 : pair << 16);
  }
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

// Defines a product over all tiles of y by one kind of tile, `most` vectors and `height` rows each.
#define MOSAIC_PAIR_PRODUCT(name, attributes, tile, height, most)                              \
  attributes MOSAIC_INLINE void name##_columns(                                                \
      int rows, const uint32_t *a, long a_stride, const uint32_t *b, long width,               \
      const float *start, float *c, long c_stride, long k) {                                   \
    long column = 0;                                                                           \
    if (most == 3 && width == 3 * LANES) {                                                     \
      tile(rows, 3, a, a_stride, b, width, start, c, c_stride, k);                             \
      return;                                                                                  \
    }                                                                                          \
    for (; column < width; column += LANES)                                                    \
      tile(rows, 1, a, a_stride, b + column, width, start ? start + column : 0, c + column,    \
           c_stride, k);                                                                       \
  }                                                                                            \
  attributes static void name(const uint32_t *x, const uint32_t *packed, const float *bias,    \
                              float *y, long y_stride, long m, long n, long k,                 \
                              int activation) {                                                \
    const long pairs = pair_count(k), block = cached_columns(pairs * sizeof(uint32_t));        \
    for (long first = 0; first < n; first += block) {                                          \
      const long end = n - first < block ? n : first + block;                                  \
      for (long row = 0; row < m;) {                                                           \
        const long rows = m - row < height ? 1 : height;                                       \
        float *to = y + row * y_stride;                                                        \
        const uint32_t *from = x + row * pairs;                                                \
        for (long column = first; column < end; column += PANEL) {                             \
          const long count = n - column < PANEL ? n - column : PANEL, width = padded(count);   \
          const uint32_t *panel = packed + column * pairs;                                     \
          /* What lies behind y's last column is another's. */                                 \
          float edge[MOST_ROWS * PANEL], edge_bias[PANEL] = {0};                               \
          const int is_edge = count < width;                                                   \
          if (is_edge && bias) __builtin_memcpy(edge_bias, bias + column, count * sizeof(float)); \
          const float *start = is_edge ? edge_bias : bias ? bias + column : 0;                 \
          float *c = is_edge ? edge : to + column;                                             \
          const long c_stride = is_edge ? PANEL : y_stride;                                    \
          if (rows == height)                                                                  \
            name##_columns(height, from, pairs, panel, width, start, c, c_stride, pairs);      \
          else                                                                                 \
            name##_columns(1, from, pairs, panel, width, start, c, c_stride, pairs);           \
          if (is_edge)                                                                         \
            for (long i = 0; i < rows; i++)                                                    \
              __builtin_memcpy(to + i * y_stride + column, edge + i * PANEL,                   \
                               count * sizeof(float));                                         \
        }                                                                                      \
        if (activation != MOSAIC_NO_ACTIVATION)                                                \
          for (long i = 0; i < rows; i++)                                                      \
            activate(activation, to + i * y_stride + first, end - first);                      \
        row += rows;                                                                           \
      }                                                                                        \
    }                                                                                          \
  }

MOSAIC_PAIR_PRODUCT(product_plain, , pair_tile, 2, 1)
#if defined(__x86_64__)
MOSAIC_PAIR_PRODUCT(product_avx2, __attribute__((target("arch=x86-64-v3"))), pair_tile, 4, 1)
MOSAIC_PAIR_PRODUCT(product_avx512, __attribute__((target("arch=x86-64-v4"))), pair_tile, 6, 3)
MOSAIC_PAIR_PRODUCT(product_native, MOSAIC_BF16, native_tile, 8, 3)
#endif

void mosaic_packed_product_bf16(const uint32_t *pairs, const uint32_t *packed, const float *bias,
                                float *y, long y_stride, long m, long n, long k, int activation) {
#if defined(__x86_64__)
  switch (mosaic_kernel_level()) {
    case MOSAIC_LEVEL_AVX512_BF16:
      return product_native(pairs, packed, bias, y, y_stride, m, n, k, activation);
    case MOSAIC_LEVEL_AVX512:
      return product_avx512(pairs, packed, bias, y, y_stride, m, n, k, activation);
    case MOSAIC_LEVEL_AVX2:
      return product_avx2(pairs, packed, bias, y, y_stride, m, n, k, activation);
  }
#endif
  product_plain(pairs, packed, bias, y, y_stride, m, n, k, activation);
}
