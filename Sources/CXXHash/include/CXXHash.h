#ifndef CXXHASH_H
#define CXXHASH_H

#include <stddef.h>
#include <stdint.h>

/// XXH64 of `length` bytes with seed 0: the chunk checksum of the bundle format.
uint64_t mosaic_xxh64(const void *bytes, size_t length);

#endif
