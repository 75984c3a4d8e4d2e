// How one source becomes a version for each instruction set, and how a call finds its version.
#ifndef CMOSAICSIMD_DISPATCH_H
#define CMOSAICSIMD_DISPATCH_H

#include "CMosaicSIMD.h"

#define MOSAIC_INLINE static inline __attribute__((always_inline))

// Defines the function `name`, which calls `body` as compiled for the kernel level in force. What
// `body` calls must be inlined into it, or it would be compiled for the baseline. Its first
// argument is the level, a constant in each version.
#if defined(__x86_64__)
#define MOSAIC_DISPATCH(name, body, parameters, ...)                                     \
  static void name##_plain parameters { body(MOSAIC_LEVEL_PLAIN, __VA_ARGS__); }         \
  __attribute__((target("arch=x86-64-v3"))) static void name##_avx2 parameters {         \
    body(MOSAIC_LEVEL_AVX2, __VA_ARGS__);                                                \
  }                                                                                      \
  __attribute__((target("arch=x86-64-v4"))) static void name##_avx512 parameters {       \
    body(MOSAIC_LEVEL_AVX512, __VA_ARGS__);                                              \
  }                                                                                      \
  void name parameters {                                                                 \
    const int level = mosaic_kernel_level();                                             \
    if (level >= MOSAIC_LEVEL_AVX512)                                                    \
      name##_avx512(__VA_ARGS__);                                                        \
    else if (level == MOSAIC_LEVEL_AVX2)                                                 \
      name##_avx2(__VA_ARGS__);                                                          \
    else                                                                                 \
      name##_plain(__VA_ARGS__);                                                         \
  }
#else
#define MOSAIC_DISPATCH(name, body, parameters, ...) \
  void name parameters { body(MOSAIC_LEVEL_PLAIN, __VA_ARGS__); }
#endif

#endif
