"""The first 128 bytes of a bundle."""

import struct
from dataclasses import dataclass

from . import limits
from .errors import BundleError, UnsupportedBundle, require
from .xxh64 import xxh64

SIZE = 128
MAGIC = b"\x89MOSAIC\r\n\x1a\n" + bytes(5)
MAJOR = 1
# Major and minor version, features, manifest, its SHA-256, file size, reserved, checksum.
LAYOUT = struct.Struct("<16s2I2Q3Q32sQ16sQ")


@dataclass(frozen=True)
class Header:
    """Where the manifest lies, and what vouches for it."""

    minor: int
    manifest_offset: int
    stored_size: int
    raw_size: int
    sha256: bytes


def parse_header(data: bytes, file_size: int) -> Header:
    """Reads and checks the first `SIZE` bytes, or all of a shorter file."""
    _check_magic(data)
    require(len(data) == SIZE, f"the header needs {SIZE} bytes but {len(data)} are left")
    (
        _, major, minor, incompatible, _, offset, stored, raw, sha256, declared, reserved, checksum,
    ) = LAYOUT.unpack(data)  # fmt: skip
    # Before the version: damage is told from a newer format.
    require(xxh64(data[:120]) == checksum, "the header does not match its checksum")
    if major != MAJOR:
        raise UnsupportedBundle(f"format {major} is not {MAJOR}, the one this reader knows")
    if incompatible:
        bit = (incompatible & -incompatible).bit_length() - 1
        raise UnsupportedBundle(f"needs feature bit {bit}, which this reader does not know")
    require(not any(reserved), "the header's reserved bytes are not zero")
    require(
        declared == file_size, f"the header gives the file {declared} bytes, it has {file_size}"
    )
    require(
        raw <= limits.MANIFEST_BYTES,
        f"the manifest has {raw} bytes, more than {limits.MANIFEST_BYTES}",
    )
    require(
        SIZE <= offset and offset + stored == file_size,
        f"the manifest of {stored} bytes at {offset} does not end with the file of {file_size}",
    )
    require(0 < stored <= raw, f"the manifest has {stored} bytes stored for {raw}")
    require(
        raw // stored <= limits.MANIFEST_RATIO,
        f"the manifest's {raw} bytes are stored in {stored}, fewer than readers accept",
    )
    return Header(minor, offset, stored, raw, sha256)


def _check_magic(data: bytes) -> None:
    if data[: len(MAGIC)] == MAGIC:
        return
    if MAGIC.startswith(data[: len(MAGIC)]):
        raise BundleError(f"the header needs {SIZE} bytes but {len(data)} are left")
    is_named = len(data) > 7 and data[1:7] == MAGIC[1:7] and data[0] & 0x7F == MAGIC[0] & 0x7F
    require(not is_named, "was changed by a text-mode transfer; copy it again in binary mode")
    raise BundleError("is not a mosaic bundle")
