#include "transpose.h"

#include "CMosaicSIMD.h"

MOSAIC_INLINE void transpose_at(int level, const float *x, long x_stride, float *y, long y_stride,
                                long rows, long columns) {
  transpose(x, x_stride, y, y_stride, rows, columns);
}

MOSAIC_DISPATCH(mosaic_transpose, transpose_at,
                (const float *x, long x_stride, float *y, long y_stride, long rows, long columns),
                x, x_stride, y, y_stride, rows, columns)
