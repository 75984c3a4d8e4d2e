"""XXH64 with seed 0.

Each lane of XXH64 needs its own last value, so that numpy cannot do the steps of one hash side by
side, and plain Python reaches some 10 MB/s. Where the `xxhash` package is installed it is used;
without it everything works, slowly.

Source: the XXH64 specification of the xxHash project, doc/xxhash_spec.md, version 0.1.1.
"""

import struct

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def _rotate(value: int, count: int) -> int:
    return (value << count | value >> 64 - count) & MASK


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * P2) & MASK, 31) * P1 & MASK


def _merge_lanes(data: bytes) -> int:
    lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
    whole = len(data) // 32 * 32
    for words in struct.iter_unpack("<4Q", memoryview(data)[:whole]):
        lanes = [_round(lane, word) for lane, word in zip(lanes, words)]
    value = sum(_rotate(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
    for lane in lanes:
        value = ((value ^ _round(0, lane)) * P1 + P4) & MASK
    return value


def xxh64_in_python(data: bytes) -> int:
    """The hash by this file alone."""
    value = _merge_lanes(data) if len(data) >= 32 else P5
    value = (value + len(data)) & MASK
    position = len(data) // 32 * 32
    while position + 8 <= len(data):
        word = int.from_bytes(data[position : position + 8], "little")
        value = (_rotate(value ^ _round(0, word), 27) * P1 + P4) & MASK
        position += 8
    if position + 4 <= len(data):
        word = int.from_bytes(data[position : position + 4], "little")
        value = (_rotate(value ^ word * P1 & MASK, 23) * P2 + P3) & MASK
        position += 4
    for byte in data[position:]:
        value = _rotate(value ^ byte * P5 & MASK, 11) * P1 & MASK
    value = (value ^ value >> 33) * P2 & MASK
    value = (value ^ value >> 29) * P3 & MASK
    return value ^ value >> 32


try:
    from xxhash import xxh64_intdigest as xxh64
except ImportError:
    xxh64 = xxh64_in_python
