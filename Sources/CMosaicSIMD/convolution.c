#include "CMosaicSIMD.h"
#include "packing.h"

// A convolution is a product of the weights as they lie, [outer, channels · kernel²], with a matrix
// of what each of them meets. Of that matrix a block at a time is written straight into the panels
// that tiles read, and stays in the second-level cache while all rows of the weights pass.
enum {
  MOST_PLACES = 10 * PANEL,
  BLOCK_FLOATS = 560 << 8,
  // Wide enough for the four vectors that go as two tiles of two.
  WIDEST = PANEL + LANES,
};

// Sixteen places of y: how far from the first element of the band x lies under the window's first
// tap, and how many of them follow one another at the least.
struct lanes {
  long offsets[LANES];
  int run;
};

// Places of y, and the rows of x below them with the zeros at their ends.
struct block {
  long first, places, top, rows, width;
};

MOSAIC_INLINE long smaller(long a, long b) { return a < b ? a : b; }

MOSAIC_INLINE long places_across(const struct mosaic_convolution *s) {
  return (s->width + 2 * s->padding - s->kernel) / s->stride + 1;
}

MOSAIC_INLINE long places_down(const struct mosaic_convolution *s) {
  return (s->height + 2 * s->padding - s->kernel) / s->stride + 1;
}

// Places of a block: parts of the plane of about one size, smaller where the window is so large that
// a channel alone would fill the block.
MOSAIC_INLINE long block_places(const struct mosaic_convolution *s) {
  const long places = places_across(s) * places_down(s);
  const long parts = (places + MOST_PLACES - 1) / MOST_PLACES;
  const long share = (places + parts * PANEL - 1) / (parts * PANEL) * PANEL;
  const long fitting = BLOCK_FLOATS / (s->kernel * s->kernel) / LANES * LANES;
  return smaller(places, fitting < LANES ? LANES : smaller(fitting, share));
}

// Channels of a block.
MOSAIC_INLINE long block_channels(const struct mosaic_convolution *s) {
  const long fitting = BLOCK_FLOATS / (padded(block_places(s)) * s->kernel * s->kernel);
  return smaller(s->channels, fitting > 1 ? fitting : 1);
}

MOSAIC_INLINE struct block block_at(const struct mosaic_convolution *s, long first, long places) {
  const long across = places_across(s);
  const long top = first / across, bottom = (first + places - 1) / across;
  return (struct block){
      .first = first,
      .places = places,
      .top = top * s->stride,
      .rows = (bottom - top) * s->stride + s->kernel,
      .width = s->width + 2 * s->padding,
  };
}

long mosaic_convolution_scratch(const struct mosaic_convolution *s) {
  const long places = block_places(s), channels = block_channels(s);
  const struct block block = block_at(s, 0, places);
  // A block that begins within a row of y reaches into one row more.
  const long rows = smaller(block.rows + s->stride, s->height + 2 * s->padding);
  const long margins = s->padding ? channels * rows * block.width : 0;
  return margins + channels * s->kernel * s->kernel * padded(places);
}

// The rows of a block of x with zeros around them: [channels, rows, width].
MOSAIC_INLINE void write_margins(const float *x, long channels, struct block block,
                                 const struct mosaic_convolution *s, float *band) {
  for (long channel = 0; channel < channels; channel++, x += s->height * s->width) {
    for (long row = block.top - s->padding; row < block.top - s->padding + block.rows;
         row++, band += block.width) {
      if (row < 0 || row >= s->height) {
        __builtin_memset(band, 0, block.width * sizeof(float));
        continue;
      }
      for (long i = 0; i < s->padding; i++) band[i] = band[block.width - 1 - i] = 0.0f;
      __builtin_memcpy(band + s->padding, x + row * s->width, s->width * sizeof(float));
    }
  }
}

MOSAIC_INLINE struct lanes lanes_at(long place, struct block block,
                                    const struct mosaic_convolution *s) {
  struct lanes lanes = {.run = LANES};
  const long across = places_across(s);
  for (int lane = 0; lane < LANES; lane++) {
    // Lanes behind the last place read what it reads.
    const long at = smaller(place + lane, block.first + block.places - 1);
    lanes.offsets[lane] =
        (at / across * s->stride - block.top) * block.width + at % across * s->stride;
    while (lane % lanes.run && lanes.offsets[lane] != lanes.offsets[lane - 1] + 1) lanes.run /= 2;
  }
  return lanes;
}

MOSAIC_INLINE void copy_lanes(const float *x, const struct lanes *lanes, float *to) {
  const long *offsets = lanes->offsets;
  switch (lanes->run) {
    case 16: store(to, load(x + offsets[0])); break;
    case 8:
#pragma unroll
      for (int i = 0; i < LANES; i += 8)
        __builtin_memcpy(to + i, x + offsets[i], 8 * sizeof(float));
      break;
    case 4:
#pragma unroll
      for (int i = 0; i < LANES; i += 4)
        __builtin_memcpy(to + i, x + offsets[i], 4 * sizeof(float));
      break;
    default:
      for (int i = 0; i < LANES; i++) to[i] = x[offsets[i]];
  }
}

// Columns of the next panel where `rest` are left.
MOSAIC_INLINE long panel_width(long rest) {
  return padded(rest) == WIDEST ? WIDEST : smaller(padded(rest), PANEL);
}

// Panels [channels · kernel², width], one after the other.
MOSAIC_INLINE void write_panels(const float *band, long plane, long channels, struct block block,
                                const struct mosaic_convolution *s, float *panels) {
  for (long column = 0; column < block.places;) {
    const long width = panel_width(block.places - column);
    struct lanes lanes[WIDEST / LANES];
    for (long v = 0; v < width / LANES; v++)
      lanes[v] = lanes_at(block.first + column + v * LANES, block, s);
    for (long channel = 0; channel < channels; channel++)
      for (long i = 0; i < s->kernel; i++)
        for (long j = 0; j < s->kernel; j++)
          for (long v = 0; v < width / LANES; v++, panels += LANES)
            copy_lanes(band + channel * plane + i * block.width + j, &lanes[v], panels);
    column += width;
  }
}

// y += w · panels for `outer` rows of w that lie w_stride apart.
MOSAIC_INLINE void add_product(int level, const float *w, long w_stride, const float *panels,
                               long k, float *y, long y_stride, long outer, long places) {
  const long height = tile_rows(level);
  for (long row = 0; row < outer; row += height) {
    const long rows = smaller(outer - row, height);
    const float *panel = panels;
    for (long column = 0; column < places;) {
      const long width = panel_width(places - column), count = smaller(width, places - column);
      float *c = y + row * y_stride + column;
      if (count == width) {
        tile_all(level, rows, w + row * w_stride, w_stride, panel, width,
                 (struct starts){c, y_stride}, c, y_stride, k, width);
      } else {
        // What lies behind a row's last place is another row's.
        float edge[MOST_ROWS * WIDEST];
        for (long i = 0; i < rows; i++)
          __builtin_memcpy(edge + i * WIDEST, c + i * y_stride, count * sizeof(float));
        tile_all(level, rows, w + row * w_stride, w_stride, panel, width,
                 (struct starts){edge, WIDEST}, edge, WIDEST, k, width);
        for (long i = 0; i < rows; i++)
          __builtin_memcpy(c + i * y_stride, edge + i * WIDEST, count * sizeof(float));
      }
      panel += k * width;
      column += width;
    }
  }
}

MOSAIC_INLINE void fill(float *y, float value, long count) {
  for (long i = 0; i < count; i++) y[i] = value;
}

MOSAIC_INLINE void convolution(int level, const float *x, const float *w, const float *bias,
                               float *y, const struct mosaic_convolution *s, long first, long end,
                               long outer, float *scratch) {
  const long taps = s->kernel * s->kernel, places = places_across(s) * places_down(s);
  const long most = block_channels(s);
  while (first < end) {
    const struct block block = block_at(s, first, smaller(end - first, block_places(s)));
    for (long row = 0; row < outer; row++)
      fill(y + row * places + first, bias ? bias[row] : 0.0f, block.places);
    for (long channel = 0; channel < s->channels; channel += most) {
      const long channels = smaller(s->channels - channel, most);
      const float *planes = x + channel * s->height * s->width;
      const float *band = planes + block.top * s->width;
      long plane = s->height * s->width;
      float *panels = scratch;
      if (s->padding) {
        write_margins(planes, channels, block, s, scratch);
        band = scratch;
        plane = block.rows * block.width;
        panels += channels * plane;
      }
      write_panels(band, plane, channels, block, s, panels);
      add_product(level, w + channel * taps, s->channels * taps, panels, channels * taps,
                  y + first, places, outer, block.places);
    }
    first += block.places;
  }
}

MOSAIC_DISPATCH(mosaic_convolution, convolution,
                (const float *x, const float *w, const float *bias, float *y,
                 const struct mosaic_convolution *s, long first, long end, long outer,
                 float *scratch),
                x, w, bias, y, s, first, end, outer, scratch)
