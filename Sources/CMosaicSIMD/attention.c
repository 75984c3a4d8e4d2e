#include "CMosaicSIMD.h"
#include "softmax.h"
#include "transpose.h"

// c = a · b for a few rows of a, b [k, LANES · vectors]; both counts are constants where inlined.
MOSAIC_INLINE void tile(int rows, int vectors, const float *a, long a_stride, const float *b,
                        long b_stride, float *c, long c_stride, long k) {
  floats sums[4][2];
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++) sums[row][v] = 0.0f;
  for (long i = 0; i < k; i++, b += b_stride) {
    floats right[2];
#pragma unroll
    for (int v = 0; v < vectors; v++) right[v] = load(b + v * LANES);
#pragma unroll
    for (int row = 0; row < rows; row++)
#pragma unroll
      for (int v = 0; v < vectors; v++) sums[row][v] += a[row * a_stride + i] * right[v];
  }
#pragma unroll
  for (int row = 0; row < rows; row++)
#pragma unroll
    for (int v = 0; v < vectors; v++) store(c + row * c_stride + v * LANES, sums[row][v]);
}

// c = a · b for a few rows; n is a multiple of LANES.
MOSAIC_INLINE void product(int rows, const float *a, long a_stride, const float *b, long b_stride,
                           float *c, long c_stride, long k, long n) {
  long column = 0;
  for (; column + 2 * LANES <= n; column += 2 * LANES)
    tile(rows, 2, a, a_stride, b + column, b_stride, c + column, c_stride, k);
  if (column < n) tile(rows, 1, a, a_stride, b + column, b_stride, c + column, c_stride, k);
}

struct head {
  const float *keys_transposed, *values;
  float *scores, *result;
  long value_stride, padded_keys, padded_size, size, keys;
  float scale;
};

MOSAIC_INLINE void attend(int rows, const float *q, long q_stride, float *y, long y_stride,
                          const struct head *head) {
  product(rows, q, q_stride, head->keys_transposed, head->padded_keys, head->scores,
          head->padded_keys, head->size, head->padded_keys);
#pragma unroll
  for (int row = 0; row < rows; row++)
    softmax_row(head->scores + row * head->padded_keys, head->keys, head->scale);
  if (head->padded_size == head->size) {
    product(rows, head->scores, head->padded_keys, head->values, head->value_stride, y, y_stride,
            head->keys, head->size);
    return;
  }
  product(rows, head->scores, head->padded_keys, head->values, head->value_stride, head->result,
          head->padded_size, head->keys, head->padded_size);
  for (int row = 0; row < rows; row++)
    __builtin_memcpy(y + row * y_stride, head->result + row * head->padded_size,
                     head->size * sizeof(float));
}

MOSAIC_INLINE long padded(long count) { return (count + LANES - 1) / LANES * LANES; }

long mosaic_attention_scratch(long size, long keys) {
  return padded(keys) * (size + 4) + (keys + 4) * padded(size);
}

MOSAIC_CLONES
void mosaic_attention_head(const float *q, long q_stride, const float *k, long k_stride,
                           const float *v, long v_stride, float *y, long y_stride, long size,
                           long queries, long keys, float scale, float *scratch) {
  const long padded_keys = padded(keys), padded_size = padded(size);
  float *keys_transposed = scratch;
  float *values = keys_transposed + size * padded_keys;
  float *scores = values + keys * padded_size;
  transpose(k, k_stride, keys_transposed, padded_keys, keys, size);
  if (keys < padded_keys)
    for (long i = 0; i < size; i++)
      __builtin_memset(keys_transposed + i * padded_keys + keys, 0,
                       (padded_keys - keys) * sizeof(float));
  struct head head = {
      .keys_transposed = keys_transposed,
      .values = v,
      .scores = scores,
      .result = scores + 4 * padded_keys,
      .value_stride = v_stride,
      .padded_keys = padded_keys,
      .padded_size = padded_size,
      .size = size,
      .keys = keys,
      .scale = scale,
  };
  if (size < padded_size) {
    for (long i = 0; i < keys; i++) {
      __builtin_memcpy(values + i * padded_size, v + i * v_stride, size * sizeof(float));
      __builtin_memset(values + i * padded_size + size, 0, (padded_size - size) * sizeof(float));
    }
    head.values = values;
    head.value_stride = padded_size;
  }
  for (; queries >= 4; queries -= 4, q += 4 * q_stride, y += 4 * y_stride)
    attend(4, q, q_stride, y, y_stride, &head);
  for (; queries > 0; queries--, q += q_stride, y += y_stride)
    attend(1, q, q_stride, y, y_stride, &head);
}
