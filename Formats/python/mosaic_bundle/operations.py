"""What the operations of a program take and give: the table of Formats/MOSAIC.md.

Nothing here computes them: this reader runs no program.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import general, limits
from .errors import UnsupportedBundle, require
from .mosaic_pb2 import Attribute, Instruction

ACTIVATIONS = ("none", "silu", "gelu_tanh", "gelu_erf")

FLOATS, INTEGERS, WEIGHT = "a computed value or float input", "an integer input", "a weight"


@dataclass(frozen=True)
class Operand:
    """A shape, or, where only their number matters, a count of elements; and what it may be."""

    shape: tuple[int, ...] | int
    kinds: tuple[str, ...] = (FLOATS,)

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether a value of this shape fits."""
        if isinstance(self.shape, int):
            return math.prod(shape) == self.shape
        return shape == self.shape


@dataclass(frozen=True)
class Signature:
    """Of an instruction."""

    operands: list[Operand]
    result: Operand


def signature(instruction: Instruction) -> Signature:
    """Raises `UnsupportedBundle` where the operation, or an attribute of it, is not known."""
    name = instruction.operation
    if name not in _OPERATIONS:
        raise UnsupportedBundle(f"operation {name!r} is unknown to this reader")
    kinds, make = _OPERATIONS[name]
    given: dict[str, Attribute] = {}
    for attribute in instruction.attributes:
        if attribute.name not in kinds or attribute.name in given:
            raise UnsupportedBundle(f"attribute {name}.{attribute.name} is unknown to this reader")
        given[attribute.name] = attribute
    values = {}
    for key, read in kinds.items():
        require(key in given, f"{name} lacks {key!r}")
        values[key] = read(given[key], f"{name}.{key}")
    result = make(len(instruction.inputs), **values)
    require(
        len(result.operands) == len(instruction.inputs),
        f"{name} takes {len(result.operands)} operands but has {len(instruction.inputs)}",
    )
    return result


def _integers(attribute: Attribute, what: str) -> list[int]:
    require(
        len(attribute.integers) > 0 and not attribute.numbers and not attribute.text,
        f"{what} is not integers",
    )
    return list(attribute.integers)


def _integer(attribute: Attribute, what: str) -> int:
    values = _integers(attribute, what)
    require(len(values) == 1, f"{what} is not one integer")
    return values[0]


def _size(attribute: Attribute, what: str) -> int:
    value = _integer(attribute, what)
    require(1 <= value <= limits.SIZE, f"{what} is {value}")
    return value


def _padding(attribute: Attribute, what: str) -> int:
    value = _integer(attribute, what)
    require(0 <= value <= limits.SIZE, f"{what} is {value}")
    return value


def _flag(attribute: Attribute, what: str) -> bool:
    value = _integer(attribute, what)
    require(value in (0, 1), f"{what} is neither 0 nor 1")
    return value == 1


def _number(attribute: Attribute, what: str) -> float:
    require(
        len(attribute.numbers) == 1 and not attribute.integers and not attribute.text,
        f"{what} is not a number",
    )
    try:
        value = struct.unpack("<f", struct.pack("<f", attribute.numbers[0]))[0]
    except OverflowError:
        value = math.inf
    require(math.isfinite(value), f"{what} is not a finite number")
    return value


def _word(attribute: Attribute, what: str, kind: str, known: tuple[str, ...]) -> str:
    require(
        attribute.text != "" and not attribute.integers and not attribute.numbers,
        f"{what} is not a text",
    )
    if attribute.text not in known:
        raise UnsupportedBundle(f"{kind} {attribute.text!r} is unknown to this reader")
    return attribute.text


def _function(attribute: Attribute, what: str) -> str:
    return _word(attribute, what, "activation", ACTIVATIONS)


def _unary_function(attribute: Attribute, what: str) -> str:
    return _word(attribute, what, "function", general.UNARY)


def _binary_function(attribute: Attribute, what: str) -> str:
    return _word(attribute, what, "function", general.BINARY)


def _reduction(attribute: Attribute, what: str) -> str:
    return _word(attribute, what, "function", general.REDUCTIONS)


def _pairs(attribute: Attribute, what: str) -> str:
    return _word(attribute, what, "function", general.PAIRS)


def _weight(*shape: int) -> Operand:
    return Operand(shape, (WEIGHT,))


def _product(*sizes: int) -> int:
    product = math.prod(sizes)
    require(product <= limits.SIZE, f"has the sizes {list(sizes)}")
    return product


def _check_sides(name: str, *sides: int) -> None:
    for side in sides:
        require(
            side <= limits.MATRIX_SIDE,
            f"{name} has a matrix of {side} rows or columns, more than {limits.MATRIX_SIDE}",
        )


def _linear(operands: int, rows: int, inner: int, outer: int, activation: str) -> Signature:
    _check_sides("linear", rows, inner, outer)
    bias = [_weight(outer)] if operands > 2 else []
    return Signature([Operand((rows, inner)), _weight(outer, inner), *bias], Operand((rows, outer)))


def _convolution(
    operands: int, channels: int, height: int, width: int, outer: int, kernel: int, stride: int,
    padding: int,
) -> Signature:  # fmt: skip
    columns = _product(channels, kernel, kernel)
    _check_sides("convolution", outer, columns, _product(height, width))
    require(
        min(height, width) + 2 * padding >= kernel, "convolution's kernel is larger than its input"
    )
    bias = [_weight(outer)] if operands > 2 else []
    sides = tuple((side + 2 * padding - kernel) // stride + 1 for side in (height, width))
    return Signature(
        [Operand((channels, height, width)), _weight(outer, channels, kernel, kernel), *bias],
        Operand((outer, *sides)),
    )


def _attention(
    operands: int, heads: int, size: int, queries: int, keys: int, scale: float
) -> Signature:
    width = _product(heads, size)
    _check_sides("attention", queries, keys, width)
    # The scores, which an implementation may hold.
    _product(heads, queries, keys)
    return Signature(
        [Operand((queries, width)), Operand((keys, width)), Operand((keys, width))],
        Operand((queries, width)),
    )


def _layer_norm(
    operands: int, rows: int, width: int, epsilon: float, affine: bool, modulated: bool
) -> Signature:
    require(epsilon >= 0, f"layer_norm.epsilon is {epsilon}")
    weights = [_weight(width)] * 2 if affine else []
    modulation = [Operand((width,))] * 2 if modulated else []
    x = Operand((rows, width))
    return Signature([x, *weights, *modulation], x)


def _gated_add(operands: int, rows: int, width: int) -> Signature:
    x = Operand((rows, width))
    return Signature([x, x, Operand((width,))], x)


def _add_row(operands: int, rows: int, width: int) -> Signature:
    x = Operand((rows, width))
    gate = [Operand((width,))] if operands > 2 else []
    return Signature([x, _weight(width), *gate], x)


def _add(operands: int, count: int) -> Signature:
    return Signature([Operand(count), Operand(count, (FLOATS, WEIGHT))], Operand(count))


def _activation(operands: int, function: str, count: int) -> Signature:
    return Signature([Operand(count)], Operand(count))


def _timestep_embedding(
    operands: int, width: int, max_period: float, frequency_shift: float, cosine_first: bool
) -> Signature:
    require(
        width % 2 == 0 and max_period > 0 and width // 2 > frequency_shift,
        f"timestep_embedding has no frequencies for the width {width}",
    )
    return Signature([Operand((1,))], Operand((width,)))


def _gather(operands: int, rows: int, width: int) -> Signature:
    return Signature([Operand((1,), (INTEGERS,)), _weight(rows, width)], Operand((width,)))


def _permute(operands: int, shape: list[int], order: list[int]) -> Signature:
    require(
        len(shape) <= limits.RANK and sorted(order) == list(range(len(shape))),
        f"permute's {order} is no order of the axes of {shape}",
    )
    return Signature([Operand(tuple(shape))], Operand(tuple(shape[axis] for axis in order)))


def _any(count: int) -> Operand:
    return Operand(count, (FLOATS, WEIGHT))


def _unary(operands: int, function: str, count: int) -> Signature:
    return Signature([Operand(count)], Operand(count))


def _binary(operands: int, function: str, a: list[int], b: list[int]) -> Signature:
    count = general.broadcast(a, b)
    return Signature([_any(math.prod(shape)) for shape in (a, b)], Operand(count))


def _choose(operands: int, condition: list[int], a: list[int], b: list[int]) -> Signature:
    count = general.broadcast(condition, a, b)
    return Signature([_any(math.prod(shape)) for shape in (condition, a, b)], Operand(count))


def _modulate(operands: int, rows: int, width: int) -> Signature:
    x = Operand(_product(rows, width))
    return Signature([x, Operand(width), Operand(width)], x)


def _group_norm(
    operands: int, groups: int, channels: int, pixels: int, epsilon: float, affine: bool,
    activation: str,
) -> Signature:  # fmt: skip
    require(epsilon >= 0, f"group_norm.epsilon is {epsilon}")
    require(channels % groups == 0, f"group_norm has {channels} channels in {groups} groups")
    x = Operand(_product(channels, pixels))
    return Signature([x, *([_weight(channels)] * 2 if affine else [])], x)


def _rms_norm(operands: int, rows: int, width: int, epsilon: float) -> Signature:
    require(epsilon >= 0, f"rms_norm.epsilon is {epsilon}")
    x = Operand(_product(rows, width))
    return Signature([x, _weight(width)], x)


def _softmax(operands: int, rows: int, width: int) -> Signature:
    x = Operand(_product(rows, width))
    return Signature([x], x)


def _matmul(
    operands: int, batches: int, a_batches: int, b_batches: int, rows: int, inner: int,
    columns: int,
) -> Signature:  # fmt: skip
    _check_sides("matmul", rows, inner, columns)
    general.matrices(batches, a_batches)
    general.matrices(batches, b_batches)
    return Signature(
        [_any(_product(a_batches, rows, inner)), _any(_product(b_batches, inner, columns))],
        Operand(_product(batches, rows, columns)),
    )


def _pick(operands: int, outer: int, extent: int, inner: int, indices: list[int]) -> Signature:
    count = general.picked(outer, extent, inner, indices)
    return Signature([_any(_product(outer, extent, inner))], Operand(count))


def _join(operands: int, outer: int, widths: list[int]) -> Signature:
    parts = [_any(general.product(outer, width)) for width in widths]
    return Signature(parts, Operand(general.product(outer, sum(widths))))


def _reduce(operands: int, reduction: str, outer: int, extent: int, inner: int) -> Signature:
    return Signature([Operand(_product(outer, extent, inner))], Operand(_product(outer, inner)))


def _masked_attention(
    operands: int, heads: int, size: int, queries: int, keys: int, scale: float,
    mask_heads: int, mask_queries: int,
) -> Signature:  # fmt: skip
    width = _product(heads, size)
    _check_sides("masked_attention", queries, keys, width)
    _product(heads, queries, keys)
    general.masks(heads, mask_heads)
    general.masks(queries, mask_queries)
    q, k = Operand(_product(queries, width)), Operand(_product(keys, width))
    return Signature([q, k, k, _any(_product(mask_heads, mask_queries, keys))], q)


def _rotate(
    operands: int, pairs: str, outer: int, length: int, inner: int, size: int
) -> Signature:
    require(size % 2 == 0, f"rotate turns {size} coordinates in pairs")
    x, table = Operand(_product(outer, length, inner, size)), _any(_product(length, size))
    return Signature([x, table, table], x)


_Reader = Callable[[Attribute, str], Any]
_OPERATIONS: dict[str, tuple[dict[str, _Reader], Callable[..., Signature]]] = {
    "linear": (
        {"rows": _size, "inner": _size, "outer": _size, "activation": _function}, _linear,
    ),
    "convolution": (
        {
            "channels": _size, "height": _size, "width": _size, "outer": _size, "kernel": _size,
            "stride": _size, "padding": _padding,
        },
        _convolution,
    ),
    "attention": (
        {"heads": _size, "size": _size, "queries": _size, "keys": _size, "scale": _number},
        _attention,
    ),
    "layer_norm": (
        {"rows": _size, "width": _size, "epsilon": _number, "affine": _flag, "modulated": _flag},
        _layer_norm,
    ),
    "gated_add": ({"rows": _size, "width": _size}, _gated_add),
    "add_row": ({"rows": _size, "width": _size}, _add_row),
    "add": ({"count": _size}, _add),
    "activation": ({"function": _function, "count": _size}, _activation),
    "timestep_embedding": (
        {
            "width": _size, "max_period": _number, "frequency_shift": _number,
            "cosine_first": _flag,
        },
        _timestep_embedding,
    ),
    "gather": ({"rows": _size, "width": _size}, _gather),
    "permute": ({"shape": _integers, "order": _integers}, _permute),
    "unary": ({"function": _unary_function, "count": _size}, _unary),
    "binary": ({"function": _binary_function, "a": _integers, "b": _integers}, _binary),
    "choose": ({"condition": _integers, "a": _integers, "b": _integers}, _choose),
    "modulate": ({"rows": _size, "width": _size}, _modulate),
    "group_norm": (
        {
            "groups": _size, "channels": _size, "pixels": _size, "epsilon": _number,
            "affine": _flag, "activation": _function,
        },
        _group_norm,
    ),
    "rms_norm": ({"rows": _size, "width": _size, "epsilon": _number}, _rms_norm),
    "softmax": ({"rows": _size, "width": _size}, _softmax),
    "matmul": (
        {
            "batches": _size, "a_batches": _size, "b_batches": _size, "rows": _size,
            "inner": _size, "columns": _size,
        },
        _matmul,
    ),
    "pick": (
        {"outer": _size, "extent": _size, "inner": _size, "indices": _integers}, _pick,
    ),
    "join": ({"outer": _size, "widths": _integers}, _join),
    "reduce": (
        {"reduction": _reduction, "outer": _size, "extent": _size, "inner": _size}, _reduce,
    ),
    "masked_attention": (
        {
            "heads": _size, "size": _size, "queries": _size, "keys": _size, "scale": _number,
            "mask_heads": _size, "mask_queries": _size,
        },
        _masked_attention,
    ),
    "rotate": (
        {"pairs": _pairs, "outer": _size, "length": _size, "inner": _size, "size": _size}, _rotate,
    ),
}  # fmt: skip
