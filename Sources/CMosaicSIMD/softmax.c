#include "softmax.h"

#include "CMosaicSIMD.h"

MOSAIC_CLONES
void mosaic_softmax_rows(float *x, long rows, long width, long stride, float scale) {
  for (long row = 0; row < rows; row++) softmax_row(x + row * stride, width, scale);
}
