// The inner loop of products: a few rows against one panel of columns, in registers throughout.
#ifndef CMOSAICSIMD_TILE_H
#define CMOSAICSIMD_TILE_H

#include "vector.h"

// What the registers hold at once: rows of the left side, and vectors of the right side's row.
enum { MOST_ROWS = 8, MOST_VECTORS = 3 };

MOSAIC_INLINE int tile_rows(int level) {
#if defined(__x86_64__)
  return level >= MOSAIC_LEVEL_AVX512 ? 8 : level == MOSAIC_LEVEL_AVX2 ? 6 : 2;
#else
  return 6;
#endif
}

MOSAIC_INLINE int tile_vectors(int level) { return level >= MOSAIC_LEVEL_AVX512 ? 3 : 1; }

// What sums begin with: a row for each row of the result, `stride` apart; zeros where null. With a
// stride of 0 all begin alike.
struct starts {
  const float *from;
  long stride;
};

MOSAIC_INLINE struct starts starts_of(const float *row) { return (struct starts){row, 0}; }

MOSAIC_INLINE struct starts starts_after(struct starts start, long columns, long rows) {
  if (start.from) start.from += columns + rows * start.stride;
  return start;
}

// c = start + a · b for `rows` rows, where b [k, LANES · vectors]; both counts are constants where
// this is inlined. Each element is summed in the order of k, whatever the tile. Sums may begin with
// c itself.
MOSAIC_INLINE void tile(int rows, int vectors, const float *a, long a_stride, const float *b,
                        long b_stride, struct starts start, float *c, long c_stride, long k) {
  floats sums[MOST_ROWS][MOST_VECTORS];
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++)
      sums[row][v] = start.from ? load(start.from + row * start.stride + v * LANES) : 0.0f;
  for (long i = 0; i < k; i++, b += b_stride) {
    floats right[MOST_VECTORS];
#pragma unroll
    for (int v = 0; v < vectors; v++) right[v] = load(b + v * LANES);
#pragma unroll
    for (int row = 0; row < rows; row++) {
      const floats left = a[row * a_stride + i];
#pragma unroll
      for (int v = 0; v < vectors; v++) sums[row][v] += left * right[v];
    }
  }
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++) store(c + row * c_stride + v * LANES, sums[row][v]);
}

// The same for n columns, a multiple of LANES.
MOSAIC_INLINE void tile_columns(int level, int rows, const float *a, long a_stride, const float *b,
                                long b_stride, struct starts start, float *c, long c_stride, long k,
                                long n) {
  const int most = tile_vectors(level);
  long column = 0;
  // Two tiles of two vectors are quicker than one of three and one of a single vector.
  while (most == 3 && n - column >= 3 * LANES && n - column != 4 * LANES) {
    tile(rows, 3, a, a_stride, b + column, b_stride, starts_after(start, column, 0), c + column,
         c_stride, k);
    column += 3 * LANES;
  }
  while (most == 3 && n - column >= 2 * LANES) {
    tile(rows, 2, a, a_stride, b + column, b_stride, starts_after(start, column, 0), c + column,
         c_stride, k);
    column += 2 * LANES;
  }
  for (; column < n; column += LANES)
    tile(rows, 1, a, a_stride, b + column, b_stride, starts_after(start, column, 0), c + column,
         c_stride, k);
}

// The same for any number of rows.
MOSAIC_INLINE void tile_all(int level, long rows, const float *a, long a_stride, const float *b,
                            long b_stride, struct starts start, float *c, long c_stride, long k,
                            long n) {
  const int whole = tile_rows(level);
  for (; rows >= whole; rows -= whole, a += whole * a_stride, c += whole * c_stride) {
    tile_columns(level, whole, a, a_stride, b, b_stride, start, c, c_stride, k, n);
    start = starts_after(start, 0, whole);
  }
  if (whole > 4 && rows >= 4) {
    tile_columns(level, 4, a, a_stride, b, b_stride, start, c, c_stride, k, n);
    rows -= 4, a += 4 * a_stride, c += 4 * c_stride;
    start = starts_after(start, 0, 4);
  }
  if (whole > 2 && rows >= 2) {
    tile_columns(level, 2, a, a_stride, b, b_stride, start, c, c_stride, k, n);
    rows -= 2, a += 2 * a_stride, c += 2 * c_stride;
    start = starts_after(start, 0, 2);
  }
  if (rows == 1) tile_columns(level, 1, a, a_stride, b, b_stride, start, c, c_stride, k, n);
}

#endif
