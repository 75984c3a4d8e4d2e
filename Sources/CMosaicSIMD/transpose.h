#ifndef CMOSAICSIMD_TRANSPOSE_H
#define CMOSAICSIMD_TRANSPOSE_H

#include "vector.h"

typedef float eight __attribute__((ext_vector_type(8)));

// An 8 x 8 block, in three rounds of exchanges between rows 1, 2 and 4 apart.
MOSAIC_INLINE void transpose_block(const float *x, long x_stride, float *y, long y_stride) {
  eight a[8], b[8];
#pragma unroll
  for (int row = 0; row < 8; row++) __builtin_memcpy(&a[row], x + row * x_stride, sizeof(eight));
#pragma unroll
  for (int row = 0; row < 8; row += 2) {
    b[row] = __builtin_shufflevector(a[row], a[row + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[row + 1] = __builtin_shufflevector(a[row], a[row + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
#pragma unroll
  for (int pair = 0; pair < 4; pair++) {
    const int row = pair / 2 * 4 + pair % 2;
    a[row] = __builtin_shufflevector(b[row], b[row + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    a[row + 2] = __builtin_shufflevector(b[row], b[row + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma unroll
  for (int row = 0; row < 4; row++) {
    b[row] = __builtin_shufflevector(a[row], a[row + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    b[row + 4] = __builtin_shufflevector(a[row], a[row + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#pragma unroll
  for (int row = 0; row < 8; row++) __builtin_memcpy(y + row * y_stride, &b[row], sizeof(eight));
}

// y [columns, rows] = the transpose of x [rows, columns].
//
// Two blocks side by side and two below each other fill whole cache lines on both sides while they
// are at hand; with a stride that is a power of two they soon would not be.
MOSAIC_INLINE void transpose(const float *x, long x_stride, float *y, long y_stride, long rows,
                             long columns) {
  const long row_blocks = rows / 8 * 8, column_blocks = columns / 8 * 8;
  for (long top = 0; top < row_blocks; top += 16)
    for (long left = 0; left < column_blocks; left += 16)
      for (long row = top; row < top + 16 && row < row_blocks; row += 8)
        for (long column = left; column < left + 16 && column < column_blocks; column += 8)
          transpose_block(x + row * x_stride + column, x_stride, y + column * y_stride + row,
                          y_stride);
  for (long column = column_blocks; column < columns; column++)
    for (long row = 0; row < row_blocks; row++)
      y[column * y_stride + row] = x[row * x_stride + column];
  for (long row = row_blocks; row < rows; row++)
    for (long column = 0; column < columns; column++)
      y[column * y_stride + row] = x[row * x_stride + column];
}

#endif
