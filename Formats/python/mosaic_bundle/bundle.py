"""A bundle opened for reading."""

import hashlib
import math
import os
from collections import OrderedDict
from typing import Self

import numpy

from .errors import BundleError, UnsupportedBundle, require
from .frames import decode_chunk, decode_frame
from .header import SIZE as HEADER_SIZE
from .header import parse_header
from .manifest import ELEMENT_SIZES, parse_manifest
from .mosaic_pb2 import CODEC_PLANES, CODEC_RAW, CODEC_ZSTD, Content, Storage, Tensor, WeightSource
from .xxh64 import xxh64

_FLOAT_TYPES = ("F32", "F16", "BF16")
# Types that numpy has not are given as the integers of their bits.
_NUMPY_TYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "F8_E5M2": "u1", "F8_E4M3": "u1",
    "I16": "<i2", "U16": "<u2", "F16": "<f2", "BF16": "<u2",
    "I32": "<i4", "U32": "<u4", "F32": "<f4",
    "I64": "<i8", "U64": "<u8", "F64": "<f8",
}  # fmt: skip
# Small tensors share chunks, so that the last few are wanted again.
_KEPT_CHUNKS = 8


class Bundle:
    """Opening reads the header and the manifest and checks both whole; tensors are read when asked
    for. A context manager, to be used from one thread.

    Attributes:
        path: Of the file.
        content: What the bundle says (`mosaic.Content` of `Formats/mosaic.proto`).
        storage: Where its bytes lie (`mosaic.Storage`).
        content_digest: The bundle's identity, in hexadecimal.
        unknown: By number, what this reader does not know of the variants it cannot use.
    """

    content: Content
    storage: Storage

    def __init__(self, path: str | os.PathLike[str], memory_limit: int | None = None) -> None:
        """Opens and checks a bundle.

        Args:
            path: The file.
            memory_limit: Bytes that one tensor or the weights of one variant may take; the
                machine's memory where not given.

        Raises:
            BundleError: The file breaks a rule of Formats/MOSAIC.md.
            OSError: It cannot be read.
        """
        self.path = os.fspath(path)
        self._memory_limit = memory_limit or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115, closed by close()
        try:
            self._open()
        except BundleError as error:
            self.close()
            raise error.inside(self.path) from None
        self._tensors = {tensor.name: tensor for tensor in self.content.tensors}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    # Opening

    def _open(self) -> None:
        file_size = os.fstat(self._file.fileno()).st_size
        header = parse_header(self._read(0, min(HEADER_SIZE, file_size), "the header"), file_size)
        raw = self._read(header.manifest_offset, header.stored_size, "the manifest")
        require(
            hashlib.sha256(raw).digest() == header.sha256,
            "the manifest does not match its checksum",
        )
        if header.stored_size < header.raw_size:
            raw = decode_frame(raw, header.raw_size, "the manifest")
        manifest, content, self.unknown = parse_manifest(raw, header.manifest_offset)
        self.content, self.storage = manifest.content, manifest.storage
        self.content_digest = hashlib.sha256(content).hexdigest()

    def _read(self, offset: int, size: int, what: str) -> bytes:
        parts = []
        left = size
        while left > 0:
            part = os.pread(self._file.fileno(), left, offset + size - left)
            require(len(part) > 0, f"{what} needs {size} bytes, {left} of them are beyond the end")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    # Variants

    def variant_number(self, logsnr: float) -> int:
        """The number of the variant that serves a log-SNR.

        Raises:
            BundleError: `logsnr` is not a number.
        """
        for number, variant in enumerate(self.content.variants):
            is_last = number == len(self.content.variants) - 1
            if variant.log_snr_lower <= logsnr and (is_last or logsnr < variant.log_snr_upper):
                return number
        raise BundleError(f"{self.path}: no variant serves the log-SNR {logsnr}")

    def load_variant(
        self, number: int | None = None, *, logsnr: float | None = None
    ) -> dict[str, numpy.ndarray]:
        """Reads the weights of one variant, by their names in its program, as float32.

        Args:
            number: Of the variant, from 0, the noisiest.
            logsnr: A noise level, in place of the number.

        Raises:
            UnsupportedBundle: This reader does not know a part of the variant.
            BundleError: The stored bytes are damaged, or there is no such variant.
        """
        if (number is None) == (logsnr is None):
            raise TypeError("load_variant takes a number or a logsnr")
        if number is None:
            assert logsnr is not None
            number = self.variant_number(logsnr)
        try:
            return self._load_variant(number)
        except BundleError as error:
            raise error.inside(self.path) from None

    def _load_variant(self, number: int) -> dict[str, numpy.ndarray]:
        count = len(self.content.variants)
        require(0 <= number < count, f"there is no variant {number}, only 0 to {count - 1}")
        variant = self.content.variants[number]
        what = f"variant {variant.name!r}"
        if number in self.unknown:
            raise UnsupportedBundle(f"{what}: {self.unknown[number]}")
        size = 4 * sum(math.prod(weight.shape) for weight in variant.program.weights)
        self._check_memory(size, what)
        weights: dict[str, numpy.ndarray] = {}
        for weight, source in zip(variant.program.weights, variant.weights):
            require(weight.name not in weights, f"{what} has two weights named {weight.name!r}")
            weights[weight.name] = self._gather(source)
        return weights

    def _gather(self, source: WeightSource) -> numpy.ndarray:
        tensor = self.content.tensors[source.tensor]
        if tensor.data_type not in _FLOAT_TYPES:
            raise UnsupportedBundle(f"tensor {tensor.name!r} holds {tensor.data_type}, no weights")
        array = self._load(tensor)
        if source.runs:
            chosen = [numpy.arange(run.start, run.start + run.count) for run in source.runs]
            array = array.take(numpy.concatenate(chosen), axis=source.axis)
        if tensor.data_type == "BF16":
            # The upper half of a float32.
            return (array.astype("<u4") << 16).view("<f4")
        return array.astype("<f4")

    # Tensors

    def load_tensor(self, name: str) -> numpy.ndarray:
        """Reads a stored tensor as it is: bfloat16 and float8 as the integers of their bits."""
        try:
            require(name in self._tensors, f"holds no tensor {name!r}")
            return self._load(self._tensors[name])
        except BundleError as error:
            raise error.inside(self.path) from None

    def _load(self, tensor: Tensor) -> numpy.ndarray:
        size = math.prod(tensor.shape) * ELEMENT_SIZES[tensor.data_type]
        self._check_memory(size, f"tensor {tensor.name!r}")
        parts = []
        for piece in tensor.pieces:
            raw = memoryview(self._chunk(piece.chunk))
            parts.append(raw[piece.offset : piece.offset + piece.byte_count])
        data = numpy.frombuffer(b"".join(parts), _NUMPY_TYPES[tensor.data_type])
        return data.reshape(tuple(tensor.shape))

    def _check_memory(self, size: int, what: str) -> None:
        require(
            size <= self._memory_limit,
            f"{what} needs {size} bytes of memory, {self._memory_limit} are allowed",
        )

    def _chunk(self, number: int) -> bytes:
        if number not in self._chunks:
            self._chunks[number] = self._decode(number)
            if len(self._chunks) > _KEPT_CHUNKS:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(number)
        return self._chunks[number]

    def _decode(self, number: int) -> bytes:
        chunk = self.storage.chunks[number]
        what = f"chunk {number}"
        if chunk.codec not in (CODEC_RAW, CODEC_ZSTD, CODEC_PLANES):
            raise UnsupportedBundle(f"{what}: codec {chunk.codec} is unknown to this reader")
        stored = self._read(chunk.offset, chunk.stored_size, what)
        require(xxh64(stored) == chunk.xxh64, f"{what} does not match its checksum")
        return decode_chunk(stored, chunk, self.content.chunks[number].raw_size, what)

    # Verifying

    def verify(self) -> None:
        """Reads the whole file: every chunk against its hashes, the padding, every variant.

        Raises:
            BundleError: At the first that does not match.
        """
        try:
            self._verify()
        except BundleError as error:
            raise error.inside(self.path) from None

    def _verify(self) -> None:
        for number, problem in self.unknown.items():
            raise UnsupportedBundle(f"variant {self.content.variants[number].name!r}: {problem}")
        position = HEADER_SIZE
        for number, chunk in enumerate(self.storage.chunks):
            padding = self._read(position, chunk.offset - position, "the padding")
            require(not any(padding), f"the padding before chunk {number} is not zero")
            require(
                hashlib.sha256(self._decode(number)).digest() == self.content.chunks[number].sha256,
                f"chunk {number}'s content is not what its SHA-256 names",
            )
            position = chunk.offset + chunk.stored_size


def load_variant(
    path: str | os.PathLike[str], number: int | None = None, *, logsnr: float | None = None
) -> dict[str, numpy.ndarray]:
    """Reads the weights of one variant of a file: see `Bundle.load_variant`."""
    with Bundle(path) as bundle:
        return bundle.load_variant(number, logsnr=logsnr)
