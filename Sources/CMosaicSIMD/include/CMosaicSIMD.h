// Loops in a version for each instruction set, chosen when first asked. All
// matrices are row-major f32, strides and counts are in elements; no function allocates, and a
// result may take the place of an operand only where that is said.
#ifndef CMOSAICSIMD_H
#define CMOSAICSIMD_H

#include <stdint.h>

// y = f(x); y may be x.
void mosaic_silu(const float *x, float *y, long count);
void mosaic_gelu_tanh(const float *x, float *y, long count);
void mosaic_gelu_erf(const float *x, float *y, long count);

// y = a + b; y may be a or b.
void mosaic_add(const float *a, const float *b, float *y, long count);

// y = Σ weights · terms + constants over [outer, channels, inner], constants [channels] or NULL; y
// must not overlap a term.
void mosaic_forecast(const float *const *terms, const float *weights, long count,
                     const float *constants, float *y, long outer, long channels, long inner);

// y = x + gate · branch over rows, gate [width]; y may be x or branch.
void mosaic_gated_add(const float *x, const float *branch, const float *gate, float *y, long rows,
                      long width);

// Rows of x [rows, width] to mean 0 and variance 1, then · weight + bias, then
// · (1 + scale) + shift; weight and bias, and scale and shift, come in pairs or are null.
// y may be x.
void mosaic_layer_norm(const float *x, float *y, long rows, long width, float epsilon,
                       const float *weight, const float *bias, const float *scale,
                       const float *shift);

// x = softmax(scale x) of each row, in place.
void mosaic_softmax_rows(float *x, long rows, long width, long stride, float scale);

// y [columns, rows] = the transpose of x [rows, columns].
void mosaic_transpose(const float *x, long x_stride, float *y, long y_stride, long rows,
                      long columns);

// y [m, n] = x [m, k] · wᵀ + bias for w [n, k]; bias may be null. Made for few rows.
void mosaic_row_product(const float *x, long x_stride, const float *w, const float *bias, float *y,
                        long y_stride, long m, long n, long k);

// Rows of w [n, k] rearranged for products, `mosaic_packed_count` floats of them; and one row of
// them as it was.
long mosaic_packed_count(long n, long k);
void mosaic_pack_rows(const float *w, float *packed, long n, long k);
void mosaic_unpack_row(const float *packed, float *row, long index, long n, long k);

enum { MOSAIC_NO_ACTIVATION, MOSAIC_SILU, MOSAIC_GELU_TANH, MOSAIC_GELU_ERF };

// y [m, n] = activation(x [m, k] · wᵀ + bias) for packed rows of w [n, k]; bias may be null. Every
// element is summed in the order of k, so it does not depend on m or n.
void mosaic_packed_product(const float *x, long x_stride, const float *packed, const float *bias,
                           float *y, long y_stride, long m, long n, long k, int activation);

// The same in bf16 with sums in f32. Pairs of neighbours along k lie together, so that
// `mosaic_packed_bf16_count` counts pairs, and x is given as `mosaic_round_rows` writes it:
// [m, (k + 1) / 2] pairs, a zero behind an odd k.
long mosaic_packed_bf16_count(long n, long k);
void mosaic_pack_rows_bf16(const float *w, uint32_t *packed, long n, long k);
void mosaic_unpack_row_bf16(const uint32_t *packed, float *row, long index, long n, long k);
void mosaic_round_rows(const float *x, long x_stride, uint32_t *pairs, long m, long k);
void mosaic_packed_product_bf16(const uint32_t *pairs, const uint32_t *packed, const float *bias,
                                float *y, long y_stride, long m, long n, long k, int activation);

// Rows of w [n, k] as integers of -127 to 127 times a scale a row, in the order of
// `mosaic_pack_rows`: as many codes as that counts floats, and `mosaic_packed_scale_count` scales.
// Back, they are what `mosaic_pack_rows` makes of the rounded rows; from a multiple of 48 rows on
// they may be taken apart.
long mosaic_packed_scale_count(long n);
void mosaic_pack_rows_int8(const float *w, int8_t *codes, float *scales, long n, long k);
void mosaic_unpack_panels_int8(const int8_t *codes, const float *scales, float *packed, long n,
                               long k);

// The sizes of a 2-D convolution of one sample: x [channels, height, width] with `padding` zeros on
// each side, a square window of `kernel` elements a side.
struct mosaic_convolution {
  long channels, height, width, kernel, stride, padding;
};

// y [outer, places] = w [outer, channels · kernel²] · what each of them meets, plus bias [outer],
// which may be null, for the places from `first` to `end`, with scratch of
// `mosaic_convolution_scratch` floats. Every element is summed in the order of w.
void mosaic_convolution(const float *x, const float *w, const float *bias, float *y,
                        const struct mosaic_convolution *s, long first, long end, long outer,
                        float *scratch);
long mosaic_convolution_scratch(const struct mosaic_convolution *s);

// y [queries, size] = softmax(scale q · kᵀ + mask) · v for one head, with scratch of
// `mosaic_attention_scratch` floats; the mask [queries, keys] may be null.
void mosaic_attention_head(const float *q, long q_stride, const float *k, long k_stride,
                           const float *v, long v_stride, const float *mask, long mask_stride,
                           float *y, long y_stride, long size, long queries, long keys,
                           float scale, float *scratch);
long mosaic_attention_scratch(long size, long keys);

// The same with both products in bf16 and sums in f32 where the processor has instructions for
// them, else in f32; with scratch of `mosaic_attention_scratch_bf16` floats.
void mosaic_attention_head_bf16(const float *q, long q_stride, const float *k, long k_stride,
                                const float *v, long v_stride, const float *mask, long mask_stride,
                                float *y, long y_stride, long size, long queries, long keys,
                                float scale, float *scratch);
long mosaic_attention_scratch_bf16(long size, long keys);

// planes [2 or 4, count] = the bytes of `count` elements of 2 or 4 bytes, lowest first; and back,
// from planes that may lie apart.
void mosaic_split_planes2(const uint8_t *elements, uint8_t *planes, long count);
void mosaic_split_planes4(const uint8_t *elements, uint8_t *planes, long count);
void mosaic_join_planes2(const uint8_t *const planes[2], uint8_t *elements, long count);
void mosaic_join_planes4(const uint8_t *const planes[4], uint8_t *elements, long count);

// SHA-256's compression function over `count` blocks of 64 bytes, into state [8]: with the
// processor's instructions for it where there are any, and in plain C.
void mosaic_sha256(uint32_t *state, const uint8_t *blocks, long count);
void mosaic_sha256_plain(uint32_t *state, const uint8_t *blocks, long count);
int mosaic_has_sha256_instructions(void);

// The level of the x86-64 psABI this processor reaches, 1 to 4 (4: AVX-512); 0 elsewhere.
int mosaic_processor_level(void);

// Whose version of a loop runs.
enum {
  MOSAIC_LEVEL_PLAIN,
  MOSAIC_LEVEL_AVX2,
  MOSAIC_LEVEL_AVX512,
  MOSAIC_LEVEL_AVX512_BF16,
};

// The level in force: that named by MOSAIC_CPU (plain, avx2, avx512, avx512bf16) where this
// processor has it, else its highest.
int mosaic_kernel_level(void);
int mosaic_highest_kernel_level(void);
const char *mosaic_kernel_level_name(int level);

// Whether MOSAIC_CPU names no level of this processor.
int mosaic_is_kernel_level_refused(void);

// The level for calls from this thread, in tests; -1 for that of the process.
void mosaic_set_thread_kernel_level(int level);

#endif
