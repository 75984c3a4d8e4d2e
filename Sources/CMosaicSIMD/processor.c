#include "CMosaicSIMD.h"

#include <stdlib.h>
#include <string.h>

int mosaic_processor_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  if (__builtin_cpu_supports("x86-64-v3")) return 3;
  if (__builtin_cpu_supports("x86-64-v2")) return 2;
  return 1;
#else
  return 0;
#endif
}

static const char *const names[] = {
    [MOSAIC_LEVEL_PLAIN] = "plain",
    [MOSAIC_LEVEL_AVX2] = "avx2",
    [MOSAIC_LEVEL_AVX512] = "avx512",
    [MOSAIC_LEVEL_AVX512_BF16] = "avx512bf16",
};

int mosaic_highest_kernel_level(void) {
#if defined(__x86_64__)
  const int processor = mosaic_processor_level();
  if (processor == 4)
    return __builtin_cpu_supports("avx512bf16") ? MOSAIC_LEVEL_AVX512_BF16 : MOSAIC_LEVEL_AVX512;
  return processor == 3 ? MOSAIC_LEVEL_AVX2 : MOSAIC_LEVEL_PLAIN;
#else
  return MOSAIC_LEVEL_PLAIN;
#endif
}

static int level_named(const char *name) {
  for (int level = MOSAIC_LEVEL_PLAIN; level <= MOSAIC_LEVEL_AVX512_BF16; level++)
    if (strcmp(name, names[level]) == 0) return level;
  return -1;
}

// What MOSAIC_CPU asks for, where it is a level of this processor.
static int chosen_level(void) {
  const int highest = mosaic_highest_kernel_level();
  const char *asked = getenv("MOSAIC_CPU");
  const int level = asked ? level_named(asked) : -1;
  return level >= 0 && level <= highest ? level : highest;
}

static _Thread_local int thread_level;

void mosaic_set_thread_kernel_level(int level) { thread_level = level + 1; }

int mosaic_kernel_level(void) {
  if (thread_level > 0) return thread_level - 1;
  // Threads that ask at the same time write the same.
  static _Atomic int known;  // one more than the level
  int level = __c11_atomic_load(&known, __ATOMIC_RELAXED);
  if (level == 0) {
    level = chosen_level() + 1;
    __c11_atomic_store(&known, level, __ATOMIC_RELAXED);
  }
  return level - 1;
}

const char *mosaic_kernel_level_name(int level) { return names[level]; }

int mosaic_is_kernel_level_refused(void) {
  const char *asked = getenv("MOSAIC_CPU");
  if (!asked || !*asked) return 0;
  const int level = level_named(asked);
  return level < 0 || level > mosaic_highest_kernel_level();
}
