#include "CMosaicSIMD.h"
#include "packing.h"
#include "softmax.h"
#include "tile.h"
#include "transpose.h"

// One head. Keys are transposed into panels [size, width] once, values copied to where they lie
// close; then a block of queries at a time has its scores, their softmax and its result, so no more
// than a block's scores are ever in memory.
enum { QUERIES = 16 };

long mosaic_attention_scratch(long size, long keys) {
  return padded(keys) * (size + QUERIES) + (keys + QUERIES) * padded(size);
}

MOSAIC_INLINE void pack_keys(const float *k, long k_stride, float *panels, long keys, long size) {
  for (long first = 0; first < keys; first += PANEL) {
    const long count = keys - first < PANEL ? keys - first : PANEL, width = padded(count);
    float *panel = panels + first * size;
    transpose(k + first * k_stride, k_stride, panel, width, count, size);
    if (count < width)
      for (long i = 0; i < size; i++)
        __builtin_memset(panel + i * width + count, 0, (width - count) * sizeof(float));
  }
}

MOSAIC_INLINE void pack_values(const float *v, long v_stride, float *values, long keys, long size,
                               long padded_size) {
  for (long i = 0; i < keys; i++) {
    __builtin_memcpy(values + i * padded_size, v + i * v_stride, size * sizeof(float));
    if (size < padded_size)
      __builtin_memset(values + i * padded_size + size, 0, (padded_size - size) * sizeof(float));
  }
}

MOSAIC_INLINE void attention_head(int level, const float *q, long q_stride, const float *k,
                                  long k_stride, const float *v, long v_stride, const float *mask,
                                  long mask_stride, float *y, long y_stride, long size,
                                  long queries, long keys, float scale, float *scratch) {
  const long padded_keys = padded(keys), padded_size = padded(size);
  float *panels = scratch;
  float *values = panels + size * padded_keys;
  float *scores = values + keys * padded_size;
  float *result = scores + QUERIES * padded_keys;
  pack_keys(k, k_stride, panels, keys, size);
  pack_values(v, v_stride, values, keys, size, padded_size);
  for (long first = 0; first < queries; first += QUERIES) {
    const long rows = queries - first < QUERIES ? queries - first : QUERIES;
    for (long column = 0; column < keys; column += PANEL) {
      const long width = padded(keys - column < PANEL ? keys - column : PANEL);
      tile_all(level, rows, q + first * q_stride, q_stride, panels + column * size, width,
               starts_of(0), scores + column, padded_keys, size, width);
    }
    float sums[QUERIES];
    for (long row = 0; row < rows; row++)
      sums[row] = weights_row(scores + row * padded_keys,
                              mask ? mask + (first + row) * mask_stride : 0, keys, scale);
    const int is_direct = padded_size == size;
    float *to = is_direct ? y + first * y_stride : result;
    tile_all(level, rows, scores, padded_keys, values, padded_size, starts_of(0), to,
             is_direct ? y_stride : padded_size, keys, padded_size);
    // A head is narrower than its keys are many, so the result is scaled in the weights' place.
    for (long row = 0; row < rows; row++) {
      float *from = to + row * (is_direct ? y_stride : padded_size);
      scale_row(from, size, 1.0f / sums[row]);
      if (!is_direct) __builtin_memcpy(y + (first + row) * y_stride, from, size * sizeof(float));
    }
  }
}

MOSAIC_DISPATCH(mosaic_attention_head, attention_head,
                (const float *q, long q_stride, const float *k, long k_stride, const float *v,
                 long v_stride, const float *mask, long mask_stride, float *y, long y_stride,
                 long size, long queries, long keys, float scale, float *scratch),
                q, q_stride, k, k_stride, v, v_stride, mask, mask_stride, y, y_stride, size,
                queries, keys, scale, scratch)
