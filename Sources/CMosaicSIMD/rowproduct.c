#include "CMosaicSIMD.h"
#include "vector.h"

// y[row, output] = x[row] · w[output] + bias[output] for up to four rows and outputs, both counts
// constants where this is inlined.
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
      for (int row = 0; row < rows; row++)
        sums[row][output] += load(x + row * x_stride + i) * weight;
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

// All rows with a few outputs, whose weights stay in the first-level cache meanwhile.
MOSAIC_INLINE void dot_rows(int outputs, const float *x, long x_stride, const float *w,
                            const float *bias, float *y, long y_stride, long m, long k) {
  for (; m >= 4; m -= 4, x += 4 * x_stride, y += 4 * y_stride)
    dot_block(4, outputs, x, x_stride, w, bias, y, y_stride, k);
  if (m == 3) dot_block(3, outputs, x, x_stride, w, bias, y, y_stride, k);
  if (m == 2) dot_block(2, outputs, x, x_stride, w, bias, y, y_stride, k);
  if (m == 1) dot_block(1, outputs, x, x_stride, w, bias, y, y_stride, k);
}

MOSAIC_INLINE void row_product(int level, const float *x, long x_stride, const float *w,
                               const float *bias, float *y, long y_stride, long m, long n, long k) {
  long output = 0;
  for (; output + 4 <= n; output += 4)
    dot_rows(4, x, x_stride, w + output * k, bias ? bias + output : 0, y + output, y_stride, m, k);
  for (; output < n; output++)
    dot_rows(1, x, x_stride, w + output * k, bias ? bias + output : 0, y + output, y_stride, m, k);
}

MOSAIC_DISPATCH(mosaic_row_product, row_product,
                (const float *x, long x_stride, const float *w, const float *bias, float *y,
                 long y_stride, long m, long n, long k),
                x, x_stride, w, bias, y, y_stride, m, n, k)
