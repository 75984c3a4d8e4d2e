#include "CMosaicSIMD.h"
#include "vector.h"

// What maps a row to mean 0 and variance 1: (x - mean - rest) · inverse.
struct moments {
  float mean, rest, inverse;
};

// The second pass also sums the deviations: their mean, `rest`, is the rounding error of the first
// one, so rows far from zero keep their precision.
MOSAIC_INLINE struct moments moments(const float *x, long width, float epsilon) {
  const long whole = width / LANES * LANES, part = width - whole;
  floats sums[2] = {0.0f, 0.0f};
  long i = 0;
  for (; i + 2 * LANES <= whole; i += 2 * LANES) {
    sums[0] += load(x + i);
    sums[1] += load(x + i + LANES);
  }
  if (i < whole) sums[0] += load(x + i);
  if (part) sums[1] += load_part(x + whole, part, 0.0f);
  const float mean = sum_of(sums[0] + sums[1]) / (float)width;

  floats deviations = 0.0f, squares[2] = {0.0f, 0.0f};
  for (i = 0; i + 2 * LANES <= whole; i += 2 * LANES) {
    const floats first = load(x + i) - mean, second = load(x + i + LANES) - mean;
    deviations += first + second;
    squares[0] += first * first;
    squares[1] += second * second;
  }
  if (i < whole) {
    const floats last = load(x + i) - mean;
    deviations += last;
    squares[0] += last * last;
  }
  if (part) {
    const floats last = load_part(x + whole, part, mean) - mean;
    deviations += last;
    squares[1] += last * last;
  }
  const float rest = sum_of(deviations) / (float)width;
  const float spread = sum_of(squares[0] + squares[1]) / (float)width - rest * rest;
  const float variance = spread < 0.0f ? 0.0f : spread;
  return (struct moments){mean, rest, 1.0f / __builtin_sqrtf(variance + epsilon)};
}

// One row; weight and bias, scale and shift where the flags say so.
MOSAIC_INLINE void normalise(const float *x, float *y, long width, struct moments by, int affine,
                             int modulated, const float *weight, const float *bias,
                             const float *scale, const float *shift) {
  long i = 0;
  for (; i + LANES <= width; i += LANES) {
    floats value = (load(x + i) - by.mean - by.rest) * by.inverse;
    if (affine) value = value * load(weight + i) + load(bias + i);
    if (modulated) value = value * (1.0f + load(scale + i)) + load(shift + i);
    store(y + i, value);
  }
  for (; i < width; i++) {
    float value = (x[i] - by.mean - by.rest) * by.inverse;
    if (affine) value = value * weight[i] + bias[i];
    if (modulated) value = value * (1.0f + scale[i]) + shift[i];
    y[i] = value;
  }
}

MOSAIC_INLINE void layer_norm(int level, const float *x, float *y, long rows, long width,
                              float epsilon, const float *weight, const float *bias,
                              const float *scale, const float *shift) {
  for (long row = 0; row < rows; row++, x += width, y += width) {
    const struct moments by = moments(x, width, epsilon);
    if (weight && scale)
      normalise(x, y, width, by, 1, 1, weight, bias, scale, shift);
    else if (weight)
      normalise(x, y, width, by, 1, 0, weight, bias, scale, shift);
    else
      normalise(x, y, width, by, 0, scale != 0, weight, bias, scale, shift);
  }
}

MOSAIC_DISPATCH(mosaic_layer_norm, layer_norm,
                (const float *x, float *y, long rows, long width, float epsilon,
                 const float *weight, const float *bias, const float *scale, const float *shift),
                x, y, rows, width, epsilon, weight, bias, scale, shift)
