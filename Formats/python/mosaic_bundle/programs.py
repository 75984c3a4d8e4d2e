"""Checks that a program reads and writes only memory that is its own."""

import heapq
import math
from bisect import bisect_left
from dataclasses import dataclass

from . import limits
from .errors import BundleError, UnsupportedBundle, require
from .mosaic_pb2 import (
    STORAGE_ARENA,
    STORAGE_INPUT,
    STORAGE_OUTPUT,
    STORAGE_VIEW,
    STORAGE_WEIGHT,
    Program,
)
from .operations import FLOATS, INTEGERS, WEIGHT, Signature, signature

_STORAGES = (STORAGE_INPUT, STORAGE_OUTPUT, STORAGE_WEIGHT, STORAGE_ARENA, STORAGE_VIEW)


def check_program(program: Program) -> None:
    """Raises `UnsupportedBundle` where the program holds what this reader does not know."""
    for what, count, limit in (
        ("instructions", len(program.instructions), limits.INSTRUCTIONS),
        ("values", len(program.values), limits.VALUES),
        ("reusable units", len(program.reusable_units), limits.REUSABLE_UNITS),
    ):
        require(count <= limit, f"its program has {count} {what}, more than {limit}")
    _check_known(program)
    signatures = [signature(instruction) for instruction in program.instructions]
    _check_declarations(program)
    _Walk(program, _places(program)).run(signatures)
    _check_units(program)


def _check_known(program: Program) -> None:
    for port in program.inputs:
        if port.element not in ("f32", "i32"):
            raise UnsupportedBundle(f"element type {port.element!r} is unknown to this reader")
    for value in program.values:
        if value.storage not in _STORAGES:
            raise UnsupportedBundle(f"storage {value.storage} is unknown to this reader")


def _check_declarations(program: Program) -> None:
    require(
        program.arena_size <= limits.SIZE // 4,
        f"its program asks for an arena of {program.arena_size} elements",
    )
    names = [port.name for port in program.inputs]
    for name in names:
        require(
            0 < len(name.encode()) <= limits.NAME_BYTES,
            f"an input's name has {len(name.encode())} bytes",
        )
    require(len(set(names)) == len(names), "two inputs of its program have one name")
    shapes = [program.output_shape]
    for parts in (program.inputs, program.weights, program.values):
        shapes += [part.shape for part in parts]
    for shape in shapes:
        require(
            len(shape) <= limits.RANK and all(shape) and math.prod(shape) <= limits.SIZE,
            f"its program has the impossible shape {list(shape)}",
        )


def _places_of(shape: list[int]) -> tuple[int, int]:
    """How many elements lie before and behind the axis of channels."""
    axis = 0 if len(shape) > 2 else max(len(shape) - 1, 0)
    return math.prod(shape[:axis]), math.prod(shape[axis + 1 :])


def _check_units(program: Program) -> None:
    least = 0
    for unit in program.reusable_units:
        what = f"reusable unit {unit.name!r}"
        require(
            0 < len(unit.name.encode()) <= limits.NAME_BYTES,
            f"a reusable unit's name has {len(unit.name.encode())} bytes",
        )
        require(
            least <= unit.instruction < len(program.instructions),
            f"{what} is instruction {unit.instruction}, "
            f"which is not one of {least} to {len(program.instructions) - 1}",
        )
        require(
            unit.input <= unit.instruction,
            f"{what} is instruction {unit.instruction}, but its input instruction {unit.input - 1}",
        )
        value, branch = (
            list(program.values[program.instructions[number].output].shape)
            for number in (unit.instruction, max(unit.input, 1) - 1)
        )
        require(
            unit.input == 0 or _places_of(value) == _places_of(branch),
            f"{what} has the shape {value}, but its input {branch}, which has other places",
        )
        least = unit.instruction + 1
    names = {unit.name for unit in program.reusable_units}
    require(len(names) == len(program.reusable_units), "two of its reusable units have one name")


@dataclass(frozen=True)
class _Place:
    """Where a value's elements lie: a range of a value that is no view."""

    root: int
    start: int
    end: int


def _places(program: Program) -> list[_Place]:
    places: list[_Place | None] = [None] * len(program.values)
    for first in range(len(places)):
        chain: list[int] = []
        index = first
        # Down the chain of views to one whose place is known, then back up.
        while places[index] is None and program.values[index].storage == STORAGE_VIEW:
            chain.append(index)
            require(len(chain) <= len(places), f"value {first}: its views lead in a circle")
            index = program.values[index].index
            require(index < len(places), f"value {chain[-1]} views value {index}")
        base = places[index] or _root(program, index)
        places[index] = base
        for view in reversed(chain):
            base = places[view] = _part(program, view, base)
    return [place for place in places if place is not None]


def _root(program: Program, index: int) -> _Place:
    value = program.values[index]
    count = math.prod(value.shape)
    if value.storage in (STORAGE_INPUT, STORAGE_WEIGHT):
        owners = program.inputs if value.storage == STORAGE_INPUT else program.weights
        require(
            value.index < len(owners) and list(owners[value.index].shape) == list(value.shape),
            f"value {index} is not the whole of an input or weight",
        )
    elif value.storage == STORAGE_ARENA:
        require(
            value.offset + count <= program.arena_size,
            f"value {index}: {count} elements at {value.offset} leave the arena",
        )
    return _Place(index, 0, count)


def _part(program: Program, index: int, base: _Place) -> _Place:
    value = program.values[index]
    require(program.values[base.root].storage != STORAGE_WEIGHT, f"value {index} views a weight")
    start = base.start + value.offset
    end = start + math.prod(value.shape)
    require(end <= base.end, f"value {index} leaves what it views")
    return _Place(base.root, start, end)


class _Walk:
    """Goes through the instructions, with what has been written so far."""

    def __init__(self, program: Program, places: list[_Place]) -> None:
        self._program = program
        self._places = places
        # By value, disjoint ranges in order, those that touch made one.
        self._written: dict[int, list[tuple[int, int]]] = {}
        self._lifetimes: dict[int, tuple[int, int]] = {}

    def run(self, signatures: list[Signature]) -> None:
        for index, expected in enumerate(signatures):
            instruction = self._program.instructions[index]
            try:
                for value, operand in zip(instruction.inputs, expected.operands):
                    self._check_value(value, operand.accepts(self._shape(value)))
                    kind = self._kind(value)
                    require(kind in operand.kinds, f"value {value} is {kind}")
                    self._read(value, index)
                output = instruction.output
                self._check_value(output, expected.result.accepts(self._shape(output)))
                self._write(output, index)
            except BundleError as error:
                raise BundleError(f"instruction {index}: {error.message}") from None
        self._check_output()
        self._check_arena()

    def _shape(self, value: int) -> tuple[int, ...]:
        require(value < len(self._places), f"there is no value {value}")
        return tuple(self._program.values[value].shape)

    def _check_value(self, value: int, is_accepted: bool) -> None:
        shape = list(self._program.values[value].shape)
        require(is_accepted, f"value {value} has the shape {shape}, not the operation's")

    def _kind(self, value: int) -> str:
        root = self._program.values[self._places[value].root]
        if root.storage == STORAGE_WEIGHT:
            return WEIGHT
        is_input = root.storage == STORAGE_INPUT
        is_integer = is_input and self._program.inputs[root.index].element == "i32"
        return INTEGERS if is_integer else FLOATS

    def _is_computed(self, root: int) -> bool:
        return self._program.values[root].storage in (STORAGE_ARENA, STORAGE_OUTPUT)

    def _is_written(self, place: _Place) -> bool:
        ranges = self._written.get(place.root, [])
        return any(start <= place.start and place.end <= end for start, end in ranges)

    def _read(self, value: int, index: int) -> None:
        place = self._places[value]
        if self._is_computed(place.root):
            require(self._is_written(place), f"value {value} is read before it is written")
            self._touch(place.root, index)

    def _write(self, value: int, index: int) -> None:
        place = self._places[value]
        require(self._is_computed(place.root), f"writes an input or a weight (value {value})")
        ranges = self._written.setdefault(place.root, [])
        position = bisect_left(ranges, place.end, key=lambda written: written[0])
        start, end = place.start, place.end
        if position > 0:
            before = ranges[position - 1]
            require(before[1] <= start, f"value {value} is written twice")
            if before[1] == start:
                position -= 1
                start = ranges.pop(position)[0]
        if position < len(ranges) and ranges[position][0] == end:
            end = ranges.pop(position)[1]
        ranges.insert(position, (start, end))
        require(len(ranges) <= limits.WRITTEN_PARTS, f"value {value} is written in too many parts")
        self._touch(place.root, index)

    def _touch(self, root: int, index: int) -> None:
        first, _ = self._lifetimes.get(root, (index, index))
        self._lifetimes[root] = (first, index)

    def _check_output(self) -> None:
        values = self._program.values
        outputs = [index for index, value in enumerate(values) if value.storage == STORAGE_OUTPUT]
        require(len(outputs) == 1, f"its program has {len(outputs)} outputs instead of one")
        output = outputs[0]
        require(
            list(values[output].shape) == list(self._program.output_shape),
            f"value {output}, the output, has the shape {list(values[output].shape)}",
        )
        require(self._is_written(self._places[output]), "the output is not written whole")

    def _check_arena(self) -> None:
        """Blocks in use at one time, kept in order of their offsets, must be disjoint."""
        blocks = []
        for value, (first, last) in self._lifetimes.items():
            if self._program.values[value].storage == STORAGE_ARENA:
                offset = self._program.values[value].offset
                blocks.append((first, last, offset, offset + self._places[value].end, value))
        blocks.sort()
        in_use: list[tuple[int, int]] = []
        ending: list[tuple[int, tuple[int, int]]] = []
        for first, last, start, end, value in blocks:
            # Operands are still in use while the result is written.
            while ending and ending[0][0] < first:
                in_use.pop(bisect_left(in_use, heapq.heappop(ending)[1]))
            position = bisect_left(in_use, (start, end))
            is_free = (position == 0 or in_use[position - 1][1] <= start) and (
                position == len(in_use) or end <= in_use[position][0]
            )
            require(is_free, f"value {value} shares memory with another while both are in use")
            in_use.insert(position, (start, end))
            heapq.heappush(ending, (last, (start, end)))
