#include "CMosaicSIMD.h"
#include "pairs.h"
#include "softmax.h"
#include "transpose.h"

// One head in bf16, as attention.c has it in f32: keys become panels of pairs along a head's width,
// values rows of pairs along the keys.
enum { QUERIES = 16 };

// Where the parts of the scratch memory lie.
struct parts {
  long padded_keys, padded_size;
  uint32_t *keys, *values, *queries, *weights, *rows;
  float *scores, *result;
};

MOSAIC_INLINE long align_floats(long count) { return (count + LANES - 1) / LANES * LANES; }

MOSAIC_INLINE struct parts parts_of(float *scratch, long size, long keys, long *count) {
  struct parts parts = {.padded_keys = padded(keys), .padded_size = padded(size)};
  long next = 0;
#define TAKE(field, floats)             \
  parts.field = (void *)(scratch + next); \
  next += align_floats(floats);
  TAKE(keys, parts.padded_keys * pair_count(size))
  TAKE(values, pair_count(keys) * parts.padded_size)
  TAKE(queries, QUERIES * pair_count(size))
  TAKE(weights, QUERIES * pair_count(keys))
  TAKE(rows, PANEL * pair_count(size))
  TAKE(scores, QUERIES * parts.padded_keys)
  TAKE(result, QUERIES * parts.padded_size)
#undef TAKE
  if (count) *count = next;
  return parts;
}

long mosaic_attention_scratch_bf16(long size, long keys) {
  long count;
  parts_of(0, size, keys, &count);
  const long plain = mosaic_attention_scratch(size, keys);
  return count > plain ? count : plain;
}

#if defined(__x86_64__)
MOSAIC_PAIR_TILES(native, MOSAIC_BF16, native_tile, 8, 3)

MOSAIC_BF16 MOSAIC_INLINE void write_keys(const float *k, long k_stride, struct parts to,
                                          long keys, long size) {
  const long pairs = pair_count(size);
  for (long first = 0; first < keys; first += PANEL) {
    const long count = keys - first < PANEL ? keys - first : PANEL, width = padded(count);
    uint32_t *panel = to.keys + first * pairs;
    for (long i = 0; i < count; i++)
      round_row(k + (first + i) * k_stride, to.rows + i * pairs, 1, size);
    // Moved as they are, whatever floats their bits would be.
    transpose((const float *)to.rows, pairs, (float *)panel, width, count, pairs);
    for (long i = 0; count < width && i < pairs; i++)
      __builtin_memset(panel + i * width + count, 0, (width - count) * sizeof(uint32_t));
  }
}

MOSAIC_BF16 MOSAIC_INLINE void write_values(const float *v, long v_stride, struct parts to,
                                            long keys, long size) {
  uint32_t *row = to.values;
  for (long i = 0; i < keys; i += 2, row += to.padded_size) {
    const float *first = v + i * v_stride, *second = i + 1 < keys ? first + v_stride : 0;
    for (long j = 0; second && j < size; j++) row[j] = pair_of(first[j], second[j]);
    for (long j = 0; !second && j < size; j++) row[j] = pair_of(first[j], 0.0f);
    for (long j = size; j < to.padded_size; j++) row[j] = 0;
  }
}

MOSAIC_BF16 static void attention_native(const float *q, long q_stride, const float *k,
                                         long k_stride, const float *v, long v_stride,
                                         const float *mask, long mask_stride, float *y,
                                         long y_stride, long size, long queries, long keys,
                                         float scale, float *scratch) {
  const struct parts to = parts_of(scratch, size, keys, 0);
  const long pairs = pair_count(size), key_pairs = pair_count(keys);
  write_keys(k, k_stride, to, keys, size);
  write_values(v, v_stride, to, keys, size);
  for (long first = 0; first < queries; first += QUERIES) {
    const long rows = queries - first < QUERIES ? queries - first : QUERIES;
    for (long row = 0; row < rows; row++)
      round_row(q + (first + row) * q_stride, to.queries + row * pairs, 1, size);
    for (long column = 0; column < keys; column += PANEL) {
      const long width = padded(keys - column < PANEL ? keys - column : PANEL);
      native_all(rows, to.queries, pairs, to.keys + column * pairs, width, 0, to.scores + column,
                 to.padded_keys, pairs, width);
    }
    float sums[QUERIES];
    for (long row = 0; row < rows; row++) {
      float *scores = to.scores + row * to.padded_keys;
      sums[row] =
          weights_row(scores, mask ? mask + (first + row) * mask_stride : 0, keys, scale);
      round_row(scores, to.weights + row * key_pairs, 1, keys);
    }
    native_all(rows, to.weights, key_pairs, to.values, to.padded_size, 0, to.result,
               to.padded_size, key_pairs, to.padded_size);
    for (long row = 0; row < rows; row++) {
      float *from = to.result + row * to.padded_size;
      scale_row(from, size, 1.0f / sums[row]);
      __builtin_memcpy(y + (first + row) * y_stride, from, size * sizeof(float));
    }
  }
}
#endif

void mosaic_attention_head_bf16(const float *q, long q_stride, const float *k, long k_stride,
                                const float *v, long v_stride, const float *mask, long mask_stride,
                                float *y, long y_stride, long size, long queries, long keys,
                                float scale, float *scratch) {
#if defined(__x86_64__)
  if (mosaic_kernel_level() >= MOSAIC_LEVEL_AVX512_BF16)
    return attention_native(q, q_stride, k, k_stride, v, v_stride, mask, mask_stride, y,
                            y_stride, size, queries, keys, scale, scratch);
#endif
  mosaic_attention_head(q, q_stride, k, k_stride, v, v_stride, mask, mask_stride, y, y_stride,
                        size, queries, keys, scale, scratch);
}
