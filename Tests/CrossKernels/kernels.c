// The kernels in C against plain loops in double, for machines that the Swift tests do not run on:
// .ci/cross builds it for one and runs it. Exits 1 where a result is further off than f32 explains.
#include "CMosaicSIMD.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int failures = 0;

// Uniform in (-1, 1), the same everywhere.
static float draw(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(state >> 32) / 2147483648.0f;
}

static float *drawn(long count) {
  float *values = malloc((count + 1) * sizeof(float));
  for (long i = 0; i < count; i++) values[i] = draw();
  return values;
}

static void expect(const char *what, long n, long k, double worst, double bound) {
  const int passed = worst <= bound;
  failures += !passed;
  printf("%-7s %-14s %4ld x %-4ld off by %.2g, at most %.2g\n", passed ? "passed" : "FAILED", what, n,
         k, worst, bound);
}

static double bf16(double value) {
  const float single = (float)value;
  uint32_t bits;
  __builtin_memcpy(&bits, &single, sizeof bits);
  bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;
  float rounded;
  __builtin_memcpy(&rounded, &bits, sizeof rounded);
  return rounded;
}

static double same(double value) { return value; }

// The largest difference of y [m, n] from x [m, k] · wᵀ + b.
static double product_error(const float *x, const float *w, const float *b, const float *y, long m,
                            long n, long k, double (*round)(double)) {
  double worst = 0;
  for (long row = 0; row < m; row++)
    for (long column = 0; column < n; column++) {
      double sum = b[column];
      for (long i = 0; i < k; i++) sum += round(x[row * k + i]) * round(w[column * k + i]);
      worst = fmax(worst, fabs(sum - y[row * n + column]));
    }
  return worst;
}

static void products(long m, long n, long k) {
  float *x = drawn(m * k), *w = drawn(n * k), *b = drawn(n), *y = drawn(m * n);
  // k + 1 terms below 1, each sum rounding at most half a unit of their total.
  const double bound = (k + 1.0) * (k + 1.0) * 0x1p-24;

  float *packed = malloc(mosaic_packed_count(n, k) * sizeof(float));
  mosaic_pack_rows(w, packed, n, k);
  mosaic_packed_product(x, k, packed, b, y, n, m, n, k, MOSAIC_NO_ACTIVATION);
  expect("packed", n, k, product_error(x, w, b, y, m, n, k, same), bound);
  mosaic_row_product(x, k, w, b, y, n, m, n, k);
  expect("rows", n, k, product_error(x, w, b, y, m, n, k, same), bound);

  uint32_t *pairs = malloc(mosaic_packed_bf16_count(n, k) * sizeof(uint32_t));
  uint32_t *left = malloc(m * ((k + 1) / 2) * sizeof(uint32_t));
  mosaic_pack_rows_bf16(w, pairs, n, k);
  mosaic_round_rows(x, k, left, m, k);
  mosaic_packed_product_bf16(left, pairs, b, y, n, m, n, k, MOSAIC_NO_ACTIVATION);
  expect("bf16", n, k, product_error(x, w, b, y, m, n, k, bf16), 2 * bound);

  int8_t *codes = malloc(mosaic_packed_count(n, k));
  float *scales = malloc(mosaic_packed_scale_count(n) * sizeof(float));
  float *row = malloc(k * sizeof(float));
  mosaic_pack_rows_int8(w, codes, scales, n, k);
  mosaic_unpack_panels_int8(codes, scales, packed, n, k);
  double worst = 0;
  for (long i = 0; i < n; i++) {
    mosaic_unpack_row(packed, row, i, n, k);
    for (long j = 0; j < k; j++) worst = fmax(worst, fabs(row[j] - w[i * k + j]));
  }
  expect("int8", n, k, worst, 0.5 / 127 + 0x1p-20);
  free(x), free(w), free(b), free(y), free(packed), free(pairs), free(left), free(codes);
  free(scales), free(row);
}

static void attention(long size, long queries, long keys) {
  float *q = drawn(queries * size), *k = drawn(keys * size), *v = drawn(keys * size);
  float *y = drawn(queries * size), *scratch = drawn(mosaic_attention_scratch(size, keys));
  double *weights = malloc(keys * sizeof(double)), worst = 0;
  mosaic_attention_head(q, size, k, size, v, size, 0, 0, y, size, size, queries, keys, 0.2f, scratch);
  for (long query = 0; query < queries; query++) {
    double sum = 0;
    for (long key = 0; key < keys; key++) {
      double score = 0;
      for (long i = 0; i < size; i++) score += (double)q[query * size + i] * k[key * size + i];
      sum += weights[key] = exp(0.2f * score);
    }
    for (long i = 0; i < size; i++) {
      double value = 0;
      for (long key = 0; key < keys; key++) value += weights[key] / sum * v[key * size + i];
      worst = fmax(worst, fabs(value - y[query * size + i]));
    }
  }
  expect("attention", size, keys, worst, (2 * 0.2 * size * (size + 2) + 2 * keys + 16) * 0x1p-24);
  free(q), free(k), free(v), free(y), free(scratch), free(weights);
}

static void convolution(long channels, long side, long outer, long kernel, long stride, long padding) {
  const struct mosaic_convolution s = {channels, side, side, kernel, stride, padding};
  const long across = (side + 2 * padding - kernel) / stride + 1, taps = channels * kernel * kernel;
  float *x = drawn(channels * side * side), *w = drawn(outer * taps), *b = drawn(outer);
  float *y = drawn(outer * across * across), *scratch = drawn(mosaic_convolution_scratch(&s));
  double worst = 0;
  mosaic_convolution(x, w, b, y, &s, 0, across * across, outer, scratch);
  for (long o = 0; o < outer; o++)
    for (long place = 0; place < across * across; place++) {
      double sum = b[o];
      for (long tap = 0; tap < taps; tap++) {
        const long row = place / across * stride + tap / kernel % kernel - padding;
        const long column = place % across * stride + tap % kernel - padding;
        if (row < 0 || row >= side || column < 0 || column >= side) continue;
        sum += (double)x[(tap / kernel / kernel * side + row) * side + column] * w[o * taps + tap];
      }
      worst = fmax(worst, fabs(sum - y[o * across * across + place]));
    }
  expect("convolution", outer, taps, worst, (taps + 1.0) * (taps + 1.0) * 0x1p-24);
  free(x), free(w), free(b), free(y), free(scratch);
}

static void elementwise(long count) {
  float *x = drawn(count), *y = drawn(count);
  double worst = 0;
  for (long i = 0; i < count; i++) x[i] *= 20;
  mosaic_silu(x, y, count);
  for (long i = 0; i < count; i++) worst = fmax(worst, fabs(x[i] / (1 + exp(-(double)x[i])) - y[i]));
  expect("silu", 1, count, worst, 20 * 0x1p-21);
  mosaic_layer_norm(x, y, 1, count, 1e-5f, 0, 0, 0, 0);
  double mean = 0, squares = 0;
  worst = 0;
  for (long i = 0; i < count; i++) mean += x[i] / (double)count;
  for (long i = 0; i < count; i++) squares += (x[i] - mean) * (x[i] - mean) / count;
  for (long i = 0; i < count; i++)
    worst = fmax(worst, fabs((x[i] - mean) / sqrt(squares + 1e-5) - y[i]));
  expect("layer norm", 1, count, worst, 0x1p-18);
  free(x), free(y);
}

int main(void) {
  static const long sizes[][2] = {{1, 1}, {15, 3}, {48, 7}, {49, 64}, {100, 33}};
  for (int i = 0; i < 5; i++)
    for (long m = 1; m <= 13; m += 3) products(m, sizes[i][0], sizes[i][1]);
  attention(64, 17, 77), attention(33, 5, 16), attention(8, 40, 300);
  convolution(3, 9, 7, 3, 1, 1), convolution(40, 32, 9, 3, 1, 1), convolution(5, 8, 4, 3, 2, 1);
  convolution(6, 4, 17, 1, 1, 0), elementwise(1000), elementwise(17);
  if (failures) printf("%d FAILED\n", failures);
  return failures != 0;
}
