#include "CMosaicSIMD.h"
#include "vector.h"

// y[row, output] = x[row] · w[output] + bias[output] for a few rows and outputs, both constants
// where this is inlined: each weight is read once for all rows.
MOSAIC_INLINE void dot_block(int rows, int outputs, const float *x, long x_stride, const float *w,
                             const float *bias, float *y, long y_stride, long k) {
  floats sums[4][4];
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int output = 0; output < outputs; output++) sums[row][output] = 0.0f;
  const long whole = k / LANES * LANES, part = k - whole;
  for (long i = 0; i < whole; i += LANES) {
#pragma unroll
    for (int output = 0; output < outputs; output++) {
      const floats weight = load(w + output * k + i);
#pragma unroll
      for (int row = 0; row < rows; row++) sums[row][output] += load(x + row * x_stride + i) * weight;
    }
  }
  if (part) {
#pragma unroll
    for (int output = 0; output < outputs; output++) {
      const floats weight = load_part(w + output * k + whole, part, 0.0f);
#pragma unroll
      for (int row = 0; row < rows; row++)
        sums[row][output] += load_part(x + row * x_stride + whole, part, 0.0f) * weight;
    }
  }
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int output = 0; output < outputs; output++)
      y[row * y_stride + output] = sum_of(sums[row][output]) + (bias ? bias[output] : 0.0f);
}

MOSAIC_INLINE void dot_rows(int rows, const float *x, long x_stride, const float *w,
                            const float *bias, float *y, long y_stride, long n, long k) {
  long output = 0;
  for (; output + 4 <= n; output += 4)
    dot_block(rows, 4, x, x_stride, w + output * k, bias ? bias + output : 0, y + output, y_stride,
              k);
  for (; output < n; output++)
    dot_block(rows, 1, x, x_stride, w + output * k, bias ? bias + output : 0, y + output, y_stride,
              k);
}

MOSAIC_CLONES
void mosaic_row_product(const float *x, long x_stride, const float *w, const float *bias, float *y,
                        long y_stride, long m, long n, long k) {
  for (; m >= 4; m -= 4, x += 4 * x_stride, y += 4 * y_stride)
    dot_rows(4, x, x_stride, w, bias, y, y_stride, n, k);
  if (m == 3) dot_rows(3, x, x_stride, w, bias, y, y_stride, n, k);
  if (m == 2) dot_rows(2, x, x_stride, w, bias, y, y_stride, n, k);
  if (m == 1) dot_rows(1, x, x_stride, w, bias, y, y_stride, n, k);
}
