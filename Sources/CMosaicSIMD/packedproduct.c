#include "CMosaicSIMD.h"
#include "packing.h"
#include "tile.h"
#include "transpose.h"

long mosaic_packed_count(long n, long k) { return padded(n) * k; }

MOSAIC_INLINE void pack_rows(int level, const float *w, float *packed, long n, long k) {
  for (long first = 0; first < n; first += PANEL) {
    const long rows = n - first < PANEL ? n - first : PANEL, width = padded(rows);
    float *panel = packed + first * k;
    transpose(w + first * k, k, panel, width, rows, k);
    if (rows < width)
      for (long i = 0; i < k; i++)
        __builtin_memset(panel + i * width + rows, 0, (width - rows) * sizeof(float));
  }
}

MOSAIC_DISPATCH(mosaic_pack_rows, pack_rows, (const float *w, float *packed, long n, long k), w,
                packed, n, k)

void mosaic_unpack_row(const float *packed, float *row, long index, long n, long k) {
  const long first = index / PANEL * PANEL;
  const long width = padded(n - first < PANEL ? n - first : PANEL);
  for (long i = 0; i < k; i++) row[i] = packed[first * k + i * width + index - first];
}

// Up to eight rows against the panels from column `first` to `end`.
MOSAIC_INLINE void row_block(int level, long rows, const float *x, long x_stride,
                             const float *packed, const float *bias, float *y, long y_stride,
                             long first, long end, long n, long k) {
  for (long column = first; column < end; column += PANEL) {
    const long count = n - column < PANEL ? n - column : PANEL, width = padded(count);
    if (count == width) {
      tile_all(level, rows, x, x_stride, packed + column * k, width,
               starts_of(bias ? bias + column : 0), y + column, y_stride, k, width);
      continue;
    }
    // What lies behind y's last column is another's.
    float edge[MOST_ROWS * PANEL], edge_bias[PANEL] = {0};
    if (bias) __builtin_memcpy(edge_bias, bias + column, count * sizeof(float));
    tile_all(level, rows, x, x_stride, packed + column * k, width, starts_of(edge_bias), edge, PANEL,
             k, width);
    for (long row = 0; row < rows; row++)
      __builtin_memcpy(y + row * y_stride + column, edge + row * PANEL, count * sizeof(float));
  }
}

MOSAIC_INLINE void packed_product(int level, const float *x, long x_stride, const float *packed,
                                  const float *bias, float *y, long y_stride, long m, long n,
                                  long k, int activation) {
  const long block = cached_columns(k * sizeof(float));
  const long height = tile_rows(level);
  for (long first = 0; first < n; first += block) {
    const long end = n - first < block ? n : first + block;
    for (long row = 0; row < m; row += height) {
      const long rows = m - row < height ? m - row : height;
      float *to = y + row * y_stride;
      row_block(level, rows, x + row * x_stride, x_stride, packed, bias, to, y_stride, first, end,
                n, k);
      if (activation == MOSAIC_NO_ACTIVATION) continue;
      for (long i = 0; i < rows; i++) activate(activation, to + i * y_stride + first, end - first);
    }
  }
}

MOSAIC_DISPATCH(mosaic_packed_product, packed_product,
                (const float *x, long x_stride, const float *packed, const float *bias, float *y,
                 long y_stride, long m, long n, long k, int activation),
                x, x_stride, packed, bias, y, y_stride, m, n, k, activation)
