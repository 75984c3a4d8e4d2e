"""Stored bytes to raw bytes."""

import numpy
import zstandard

from .errors import BundleError, UnsupportedBundle, require
from .mosaic_pb2 import CODEC_PLANES, CODEC_RAW, CODEC_ZSTD, StoredChunk


def decode_frame(data: bytes, raw_size: int, what: str) -> bytes:
    """The content of exactly one zstd frame, without a dictionary, of a known size."""
    try:
        frame = zstandard.get_frame_parameters(data)
        # Compared first: the decoder allocates what the frame declares.
        if frame.content_size == raw_size and frame.dict_id == 0:
            raw = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
            if len(raw) == raw_size:
                return raw
    except zstandard.ZstdError:
        pass
    raise BundleError(f"{what} is not one zstd frame of {raw_size} bytes")


def decode_chunk(stored: bytes, chunk: StoredChunk, raw_size: int, what: str) -> bytes:
    """The raw bytes of a chunk whose sizes and checksum have been compared."""
    if chunk.codec == CODEC_RAW:
        return stored
    if chunk.codec == CODEC_ZSTD:
        return decode_frame(stored, raw_size, what)
    if chunk.codec == CODEC_PLANES:
        return _join_planes(stored, chunk, raw_size, what)
    raise UnsupportedBundle(f"{what}: codec {chunk.codec} is unknown to this reader")


def _join_planes(stored: bytes, chunk: StoredChunk, raw_size: int, what: str) -> bytes:
    count = raw_size // chunk.element_size
    elements = numpy.empty((count, chunk.element_size), numpy.uint8)
    start = 0
    for number, size in enumerate(chunk.plane_sizes):
        plane = stored[start : start + size]
        if size < count:
            plane = decode_frame(plane, count, f"{what}, plane {number},")
        elements[:, number] = numpy.frombuffer(plane, numpy.uint8)
        start += size
    return elements.tobytes()


def check_codec(chunk: StoredChunk, raw_size: int, what: str) -> None:
    """Compares a chunk's sizes; of an unknown codec nothing is known."""
    sizes = list(chunk.plane_sizes)
    if chunk.codec in (CODEC_RAW, CODEC_ZSTD):
        is_consistent = not sizes and chunk.element_size == 0 and raw_size > 0
        is_consistent &= chunk.codec == CODEC_ZSTD or chunk.stored_size == raw_size
    elif chunk.codec == CODEC_PLANES:
        width = chunk.element_size
        is_consistent = (
            width in (2, 4, 8)
            and len(sizes) == width
            and raw_size > 0
            and raw_size % width == 0
            and all(0 < size <= raw_size // width for size in sizes)
            and sum(sizes) == chunk.stored_size
        )
    else:
        return
    require(
        is_consistent,
        f"{what} stores {raw_size} bytes in {chunk.stored_size}, as its codec cannot",
    )
