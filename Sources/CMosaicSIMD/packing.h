// What packed products of all precisions have in common.
#ifndef CMOSAICSIMD_PACKING_H
#define CMOSAICSIMD_PACKING_H

#include "functions.h"
#include "tile.h"

// Packed rows of a weight [n, k] lie in panels of PANEL of them, the last one of a multiple of
// LANES: within a panel [k, width], so that a tile reads straight ahead.
enum { PANEL = MOST_VECTORS * LANES };

MOSAIC_INLINE long padded(long count) { return (count + LANES - 1) / LANES * LANES; }

// Columns whose panels stay in the second-level cache while all rows pass; `row_bytes` of each.
MOSAIC_INLINE long cached_columns(long row_bytes) {
  const long columns = (600 << 10) / (row_bytes > 0 ? row_bytes : 1) / PANEL * PANEL;
  return columns > PANEL ? columns : PANEL;
}

MOSAIC_INLINE void activate(int activation, float *y, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) {
    const floats x = load(y + i);
    store(y + i, activation == MOSAIC_SILU        ? silu(x)
                 : activation == MOSAIC_GELU_TANH ? gelu_tanh(x)
                                                  : gelu_erf(x));
  }
  const long part = count - i;
  if (part) {
    const floats x = load_part(y + i, part, 0.0f);
    store_part(y + i,
               activation == MOSAIC_SILU        ? silu(x)
               : activation == MOSAIC_GELU_TANH ? gelu_tanh(x)
                                                : gelu_erf(x),
               part);
  }
}

#endif
