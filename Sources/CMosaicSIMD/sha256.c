#include "CMosaicSIMD.h"

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
// Source of all constants and functions here: FIPS 180-4, sections 4.1.2, 4.2.2 and 6.2.
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

void mosaic_sha256_plain(uint32_t *state, const uint8_t *blocks, long count) {
  for (; count > 0; count--, blocks += 64) {
    uint32_t w[64];
    for (int t = 0; t < 16; t++)
      w[t] = (uint32_t)blocks[4 * t] << 24 | (uint32_t)blocks[4 * t + 1] << 16 |
             (uint32_t)blocks[4 * t + 2] << 8 | blocks[4 * t + 3];
    for (int t = 16; t < 64; t++) {
      const uint32_t early = w[t - 15], late = w[t - 2];
      w[t] = (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10) + w[t - 7] +
             (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) + w[t - 16];
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
#pragma unroll 8
    for (int t = 0; t < 64; t++) {
      const uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                             (g ^ (e & (f ^ g))) + round_constants[t] + w[t];
      const uint32_t second =
          (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (c & (a ^ b)));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// Four rounds a step; the instructions keep the state as the words a b e f and c d g h.
__attribute__((target("sha,sse4.1"))) static void with_instructions(uint32_t *state,
                                                                    const uint8_t *blocks,
                                                                    long count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, hgfe, 8);
  __m128i cdgh = _mm_blend_epi16(hgfe, cdab, 0xf0);
  for (; count > 0; count--, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), big_endian);
#pragma unroll
    for (int step = 0; step < 16; step++) {
      const int now = step % 4;
      const __m128i next = w[(step + 1) % 4], later = w[(step + 2) % 4], last = w[(step + 3) % 4];
      const __m128i input = _mm_add_epi32(
          w[now], _mm_loadu_si128((const __m128i *)(round_constants + 4 * step)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0e));
      if (step < 12)
        w[now] = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(w[now], next), _mm_alignr_epi8(last, later, 4)),
            last);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static int has_instructions(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

#elif defined(__aarch64__)

#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_SHA2
#define HWCAP_SHA2 (1 << 6)
#endif
#endif

__attribute__((target("sha2"))) static void with_instructions(uint32_t *state,
                                                              const uint8_t *blocks, long count) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; count > 0; count--, blocks += 64) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t w[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
      w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks + 16 * i)));
#pragma unroll
    for (int step = 0; step < 16; step++) {
      const int now = step % 4;
      const uint32x4_t input = vaddq_u32(w[now], vld1q_u32(round_constants + 4 * step));
      if (step < 12)
        w[now] = vsha256su1q_u32(vsha256su0q_u32(w[now], w[(step + 1) % 4]), w[(step + 2) % 4],
                                 w[(step + 3) % 4]);
      const uint32x4_t abcd_now = abcd;
      abcd = vsha256hq_u32(abcd, efgh, input);
      efgh = vsha256h2q_u32(efgh, abcd_now, input);
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

static int has_instructions(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0;
#else
  return 1;  // every Apple processor of this kind
#endif
}

#else

#define with_instructions mosaic_sha256_plain
static int has_instructions(void) { return 0; }

#endif

int mosaic_has_sha256_instructions(void) {
  // Asked once: under a hypervisor the answer takes microseconds. Threads that ask at the same time
  // write the same.
  static _Atomic int known;  // 1: no, 2: yes
  int answer = __c11_atomic_load(&known, __ATOMIC_RELAXED);
  if (answer == 0) {
    answer = has_instructions() ? 2 : 1;
    __c11_atomic_store(&known, answer, __ATOMIC_RELAXED);
  }
  return answer == 2;
}

void mosaic_sha256(uint32_t *state, const uint8_t *blocks, long count) {
  if (mosaic_has_sha256_instructions())
    with_instructions(state, blocks, count);
  else
    mosaic_sha256_plain(state, blocks, count);
}
