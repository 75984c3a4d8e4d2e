#include "transpose.h"

#include "CMosaicSIMD.h"

MOSAIC_CLONES
void mosaic_transpose(const float *x, long x_stride, float *y, long y_stride, long rows,
                      long columns) {
  transpose(x, x_stride, y, y_stride, rows, columns);
}
