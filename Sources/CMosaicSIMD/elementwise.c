#include "CMosaicSIMD.h"
#include "functions.h"

// y[i] = value(x[i]); a block is read before it is written, so y may be x.
#define MOSAIC_MAP(name, value)                                                      \
  MOSAIC_INLINE void name##_map(int level, const float *x, float *y, long count) {   \
    long i = 0;                                                                      \
    for (; i + LANES <= count; i += LANES) store(y + i, value(load(x + i)));         \
    const long part = count - i;                                                     \
    if (part) store_part(y + i, value(load_part(x + i, part, 0.0f)), part);          \
  }                                                                                  \
  MOSAIC_DISPATCH(name, name##_map, (const float *x, float *y, long count), x, y, count)

MOSAIC_MAP(mosaic_silu, silu)
MOSAIC_MAP(mosaic_gelu_tanh, gelu_tanh)
MOSAIC_MAP(mosaic_gelu_erf, gelu_erf)

MOSAIC_INLINE void add(int level, const float *a, const float *b, float *y, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, load(a + i) + load(b + i));
  for (; i < count; i++) y[i] = a[i] + b[i];
}

MOSAIC_DISPATCH(mosaic_add, add,
                (const float *a, const float *b, float *y, long count),
                a, b, y, count)

MOSAIC_INLINE void gated_add(int level, const float *x, const float *branch, const float *gate,
                             float *y, long rows, long width) {
  for (long row = 0; row < rows; row++) {
    long i = 0;
    for (; i + LANES <= width; i += LANES)
      store(y + i, load(x + i) + load(gate + i) * load(branch + i));
    for (; i < width; i++) y[i] = x[i] + gate[i] * branch[i];
    x += width;
    branch += width;
    y += width;
  }
}

MOSAIC_DISPATCH(mosaic_gated_add, gated_add,
                (const float *x, const float *branch, const float *gate, float *y, long rows,
                 long width),
                x, branch, gate, y, rows, width)
