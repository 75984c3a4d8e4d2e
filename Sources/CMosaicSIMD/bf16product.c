#include "CMosaicSIMD.h"
#include "pairs.h"

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

// Defines a product over all of y by one kind of tile.
#define MOSAIC_PAIR_PRODUCT(name, attributes, tile, height, most)                              \
  MOSAIC_PAIR_TILES(name, attributes, tile, height, most)                                      \
  attributes static void name(const uint32_t *x, const uint32_t *packed, const float *bias,    \
                              float *y, long y_stride, long m, long n, long k,                 \
                              int activation) {                                                \
    const long pairs = pair_count(k), block = cached_columns(pairs * sizeof(uint32_t));        \
    for (long first = 0; first < n; first += block) {                                          \
      const long end = n - first < block ? n : first + block;                                  \
      for (long row = 0; row < m; row += height) {                                             \
        const long rows = m - row < height ? m - row : height;                                 \
        float *to = y + row * y_stride;                                                        \
        const uint32_t *from = x + row * pairs;                                                \
        for (long column = first; column < end; column += PANEL) {                             \
          const long count = n - column < PANEL ? n - column : PANEL, width = padded(count);   \
          const uint32_t *panel = packed + column * pairs;                                     \
          const float *start = bias ? bias + column : 0;                                       \
          if (count == width) {                                                                \
            name##_all(rows, from, pairs, panel, width, start, to + column, y_stride, pairs,   \
                       width);                                                                 \
            continue;                                                                          \
          }                                                                                    \
          /* What lies behind y's last column is another's. */                                 \
          float edge[MOST_ROWS * PANEL], edge_bias[PANEL] = {0};                               \
          if (bias) __builtin_memcpy(edge_bias, start, count * sizeof(float));                 \
          name##_all(rows, from, pairs, panel, width, edge_bias, edge, PANEL, pairs, width);   \
          for (long i = 0; i < rows; i++)                                                      \
            __builtin_memcpy(to + i * y_stride + column, edge + i * PANEL,                     \
                             count * sizeof(float));                                           \
        }                                                                                      \
        if (activation != MOSAIC_NO_ACTIVATION)                                                \
          for (long i = 0; i < rows; i++)                                                      \
            activate(activation, to + i * y_stride + first, end - first);                      \
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
