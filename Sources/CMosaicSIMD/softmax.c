#include "softmax.h"

#include "CMosaicSIMD.h"

MOSAIC_INLINE void softmax_rows(int level, float *x, long rows, long width, long stride,
                                float scale) {
  for (long row = 0; row < rows; row++) softmax_row(x + row * stride, width, scale);
}

MOSAIC_DISPATCH(mosaic_softmax_rows, softmax_rows,
                (float *x, long rows, long width, long stride, float scale), x, rows, width,
                stride, scale)
