"""Checks protobuf bytes from a stranger before a decoder sees them.

Decoders differ in what they tolerate: some merge a message given twice, some cut text at NUL. What
passes here means the same to all of them.

Source: protobuf.dev/programming-guides/encoding.
"""

from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from . import limits
from .errors import BundleError, require

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
_WIRE_TYPES = {
    FieldDescriptor.TYPE_DOUBLE: FIXED64,
    FieldDescriptor.TYPE_FIXED64: FIXED64,
    FieldDescriptor.TYPE_SFIXED64: FIXED64,
    FieldDescriptor.TYPE_FLOAT: FIXED32,
    FieldDescriptor.TYPE_FIXED32: FIXED32,
    FieldDescriptor.TYPE_SFIXED32: FIXED32,
    FieldDescriptor.TYPE_STRING: LENGTH,
    FieldDescriptor.TYPE_BYTES: LENGTH,
    FieldDescriptor.TYPE_MESSAGE: LENGTH,
}
_UNBOUNDED = ("mosaic.Provenance.seed",)


@dataclass(frozen=True)
class _Field:
    name: str
    wire_type: int
    is_repeated: bool
    is_text: bool
    is_bounded: bool
    message: Descriptor | None


@cache
def _fields(message: Descriptor) -> dict[int, _Field]:
    return {
        field.number: _Field(
            field.full_name,
            _WIRE_TYPES.get(field.type, VARINT),
            _is_repeated(field),
            field.type == FieldDescriptor.TYPE_STRING,
            field.type == FieldDescriptor.TYPE_UINT64 and field.full_name not in _UNBOUNDED,
            field.message_type,
        )
        for field in message.fields
    }


def _is_repeated(field: FieldDescriptor) -> bool:
    # Newer releases of protobuf have the property, older ones only the label.
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return field.label == FieldDescriptor.LABEL_REPEATED


class Scanner:
    """One walk over a document.

    After it, `ranges` holds where the content of each field of the document itself lies.
    """

    def __init__(self, data: bytes, root: Descriptor) -> None:
        self._data = data
        self._offset = 0
        self._unpacked = 0
        self._root = root
        self.ranges: dict[str, tuple[int, int]] = {}
        self._message(root, len(data), 1)

    def _message(self, message: Descriptor, end: int, depth: int) -> None:
        require(depth <= limits.MESSAGE_DEPTH, "the manifest is nested too deeply")
        fields = _fields(message)
        seen: set[int] = set()
        while self._offset < end:
            number, wire_type = self._tag(end)
            field = fields.get(number)
            start = self._skip(wire_type, end)
            if field is None:
                continue
            if not field.is_repeated:
                require(number not in seen, f"the manifest gives {field.name} twice")
                seen.add(number)
            if message is self._root:
                self.ranges[field.name] = (start, self._offset)
            self._known(field, wire_type, start, depth)

    def _known(self, field: _Field, wire_type: int, start: int, depth: int) -> None:
        end = self._offset
        is_packed = wire_type == LENGTH and field.is_repeated and field.wire_type != LENGTH
        require(
            wire_type == field.wire_type or is_packed,
            f"the manifest's {field.name} has the wrong wire type {wire_type}",
        )
        # A decoder's own record of a field; its values follow.
        cost = 64
        if field.message is not None:
            cost += 128
            self._offset = start
            self._message(field.message, end, depth + 1)
        elif is_packed:
            cost += 8 * self._packed_count(field, start, end)
        elif wire_type == LENGTH:
            cost += end - start
            if field.is_text:
                self._check_text(field, start, end)
        elif wire_type == VARINT:
            self._offset = start
            self._value(field, end)
        self._unpacked += cost
        require(self._unpacked <= limits.UNPACKED_BYTES, "the manifest takes too much memory")

    def _check_text(self, field: _Field, start: int, end: int) -> None:
        text = self._data[start:end]
        require(0 not in text, f"the manifest's {field.name} holds a NUL character")
        try:
            text.decode()
        except UnicodeDecodeError:
            raise BundleError(f"the manifest's {field.name} is not UTF-8") from None

    def _packed_count(self, field: _Field, start: int, end: int) -> int:
        if field.wire_type == VARINT:
            self._offset = start
            count = 0
            while self._offset < end:
                self._value(field, end)
                count += 1
            return count
        size = _FIXED_SIZES[field.wire_type]
        require((end - start) % size == 0, f"the manifest's {field.name} ends inside a value")
        return (end - start) // size

    def _value(self, field: _Field, end: int) -> None:
        value = self._varint(end)
        require(
            value <= limits.NUMBER or not field.is_bounded,
            f"the manifest's {field.name} is {value}, more than {limits.NUMBER}",
        )

    def _tag(self, end: int) -> tuple[int, int]:
        value = self._varint(end)
        number, wire_type = value >> 3, value & 7
        require(0 < number < 1 << 29, f"the manifest has a field with the number {number}")
        require(
            wire_type in (VARINT, FIXED64, LENGTH, FIXED32),
            f"the manifest has a field with the wire type {wire_type}",
        )
        return number, wire_type

    def _skip(self, wire_type: int, end: int) -> int:
        """Passes a field's content and returns where it starts, behind a length if any."""
        start = self._offset
        if wire_type == VARINT:
            self._varint(end)
            return start
        size = self._varint(end) if wire_type == LENGTH else _FIXED_SIZES[wire_type]
        start = self._offset
        require(size <= end - start, f"a field of the manifest leaves its message by {size} bytes")
        self._offset = start + size
        return start

    def _varint(self, end: int) -> int:
        value = 0
        for position in range(10):
            require(self._offset < end, "an integer of the manifest is cut off")
            byte = self._data[self._offset]
            self._offset += 1
            # The tenth byte has one bit left to give.
            if position == 9 and byte > 1:
                break
            value |= (byte & 0x7F) << 7 * position
            if byte < 0x80:
                return value
        raise BundleError("an integer of the manifest is longer than 64 bits")
