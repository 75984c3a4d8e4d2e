// Compiled in (the library is header-only this way), so that the runtime gains no dependency.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "CXXHash.h"

uint64_t mosaic_xxh64(const void *bytes, size_t length) { return XXH64(bytes, length, 0); }
