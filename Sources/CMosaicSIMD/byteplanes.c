#include "CMosaicSIMD.h"
#include "vector.h"

// Sixty-four bytes of each plane at a time: in and out go whole cache lines.
typedef uint8_t bytes __attribute__((ext_vector_type(64)));
typedef uint16_t halves __attribute__((ext_vector_type(64)));
typedef uint32_t words __attribute__((ext_vector_type(64)));
enum { BLOCK = 64 };

MOSAIC_INLINE void split_planes2(int level, const uint8_t *elements, uint8_t *planes, long count) {
  long i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    halves values;
    __builtin_memcpy(&values, elements + 2 * i, sizeof values);
    const bytes low = __builtin_convertvector(values, bytes);
    const bytes high = __builtin_convertvector(values >> 8, bytes);
    __builtin_memcpy(planes + i, &low, sizeof low);
    __builtin_memcpy(planes + count + i, &high, sizeof high);
  }
  for (; i < count; i++)
    for (int plane = 0; plane < 2; plane++) planes[plane * count + i] = elements[2 * i + plane];
}

MOSAIC_DISPATCH(mosaic_split_planes2, split_planes2,
                (const uint8_t *elements, uint8_t *planes, long count),
                elements, planes, count)

MOSAIC_INLINE void split_planes4(int level, const uint8_t *elements, uint8_t *planes, long count) {
  long i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    words values;
    __builtin_memcpy(&values, elements + 4 * i, sizeof values);
#pragma unroll
    for (int plane = 0; plane < 4; plane++) {
      const bytes one = __builtin_convertvector(values >> 8 * plane, bytes);
      __builtin_memcpy(planes + plane * count + i, &one, sizeof one);
    }
  }
  for (; i < count; i++)
    for (int plane = 0; plane < 4; plane++) planes[plane * count + i] = elements[4 * i + plane];
}

MOSAIC_DISPATCH(mosaic_split_planes4, split_planes4,
                (const uint8_t *elements, uint8_t *planes, long count),
                elements, planes, count)

MOSAIC_INLINE void join_planes2(int level, const uint8_t *const planes[2], uint8_t *elements,
                                long count) {
  const uint8_t *p0 = planes[0], *p1 = planes[1];
  long i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    bytes low, high;
    __builtin_memcpy(&low, p0 + i, sizeof low);
    __builtin_memcpy(&high, p1 + i, sizeof high);
    const halves values =
        __builtin_convertvector(low, halves) | __builtin_convertvector(high, halves) << 8;
    __builtin_memcpy(elements + 2 * i, &values, sizeof values);
  }
  for (; i < count; i++) elements[2 * i] = p0[i], elements[2 * i + 1] = p1[i];
}

MOSAIC_DISPATCH(mosaic_join_planes2, join_planes2,
                (const uint8_t *const planes[2], uint8_t *elements, long count),
                planes, elements, count)

MOSAIC_INLINE void join_planes4(int level, const uint8_t *const planes[4], uint8_t *elements,
                                long count) {
  const uint8_t *const p[4] = {planes[0], planes[1], planes[2], planes[3]};
  long i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    words values = 0;
#pragma unroll
    for (int plane = 0; plane < 4; plane++) {
      bytes one;
      __builtin_memcpy(&one, p[plane] + i, sizeof one);
      values |= __builtin_convertvector(one, words) << 8 * plane;
    }
    __builtin_memcpy(elements + 4 * i, &values, sizeof values);
  }
  for (; i < count; i++)
    for (int plane = 0; plane < 4; plane++) elements[4 * i + plane] = p[plane][i];
}

MOSAIC_DISPATCH(mosaic_join_planes4, join_planes4,
                (const uint8_t *const planes[4], uint8_t *elements, long count),
                planes, elements, count)
