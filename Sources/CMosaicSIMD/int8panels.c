#include "CMosaicSIMD.h"
#include "packing.h"

long mosaic_packed_scale_count(long n) { return padded(n); }

MOSAIC_INLINE float largest_magnitude(const float *row, long k) {
  float largest = 0.0f;
  for (long i = 0; i < k; i++) {
    const float magnitude = __builtin_fabsf(row[i]);
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

MOSAIC_INLINE void pack_rows_int8(int level, const float *w, int8_t *codes, float *scales, long n,
                                  long k) {
  for (long first = 0; first < n; first += PANEL) {
    const long rows = n - first < PANEL ? n - first : PANEL, width = padded(rows);
    int8_t *panel = codes + first * k;
    for (long row = 0; row < rows; row++) {
      const float *from = w + (first + row) * k;
      const float largest = largest_magnitude(from, k);
      const float factor = largest > 0.0f ? 127.0f / largest : 0.0f;
      scales[first + row] = largest / 127.0f;
      // Magnitudes are at most 127, so the nearest integer fits.
      for (long i = 0; i < k; i++)
        panel[i * width + row] = (int8_t)__builtin_rintf(from[i] * factor);
    }
    for (long row = rows; row < width; row++) {
      scales[first + row] = 0.0f;
      for (long i = 0; i < k; i++) panel[i * width + row] = 0;
    }
  }
}

MOSAIC_DISPATCH(mosaic_pack_rows_int8, pack_rows_int8,
                (const float *w, int8_t *codes, float *scales, long n, long k), w, codes, scales,
                n, k)

typedef int8_t codes_of __attribute__((ext_vector_type(16)));

MOSAIC_INLINE void unpack_panels_int8(int level, const int8_t *codes, const float *scales,
                                      float *packed, long n, long k) {
  for (long first = 0; first < n; first += PANEL) {
    const long width = padded(n - first < PANEL ? n - first : PANEL);
    for (long column = 0; column < width; column += LANES) {
      const floats scale = load(scales + first + column);
      const int8_t *from = codes + first * k + column;
      float *to = packed + first * k + column;
      for (long i = 0; i < k; i++) {
        codes_of code;
        __builtin_memcpy(&code, from + i * width, sizeof code);
        store(to + i * width, __builtin_convertvector(code, floats) * scale);
      }
    }
  }
}

MOSAIC_DISPATCH(mosaic_unpack_panels_int8, unpack_panels_int8,
                (const int8_t *codes, const float *scales, float *packed, long n, long k), codes,
                scales, packed, n, k)
