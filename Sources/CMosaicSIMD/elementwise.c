#include <stddef.h>

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

// One row of a forecast; the constant is one for each element, or the same for all.
MOSAIC_INLINE void forecast_row(const float *const *terms, const float *weights, long count,
                                const float *constants, float constant, float *y, long first,
                                long width) {
  long i = 0;
  for (; i + LANES <= width; i += LANES) {
    floats sum = constants ? load(constants + i) : (floats)constant;
    for (long k = 0; k < count; k++) sum += weights[k] * load(terms[k] + first + i);
    store(y + first + i, sum);
  }
  for (; i < width; i++) {
    float sum = constants ? constants[i] : constant;
    for (long k = 0; k < count; k++) sum += weights[k] * terms[k][first + i];
    y[first + i] = sum;
  }
}

MOSAIC_INLINE void forecast(int level, const float *const *terms, const float *weights, long count,
                            const float *constants, float *y, long outer, long channels,
                            long inner) {
  const long width = channels * inner;
  for (long block = 0; block < outer; block++) {
    const long first = block * width;
    if (!constants || inner == 1) {
      forecast_row(terms, weights, count, constants, 0.0f, y, first, width);
    } else {
      for (long channel = 0; channel < channels; channel++)
        forecast_row(terms, weights, count, NULL, constants[channel], y, first + channel * inner,
                     inner);
    }
  }
}

MOSAIC_DISPATCH(mosaic_forecast, forecast,
                (const float *const *terms, const float *weights, long count,
                 const float *constants, float *y, long outer, long channels, long inner),
                terms, weights, count, constants, y, outer, channels, inner)
