"""What a variant must satisfy: its weights, kept units and the roles of its inputs."""

import math
from collections.abc import Iterable

from . import limits
from .errors import require
from .mosaic_pb2 import Content, KeptUnits, Program, Run, Variant, WeightSource
from .programs import check_program


def check_variant(content: Content, variant: Variant) -> None:
    """Raises `UnsupportedBundle` where the program holds what this reader does not know."""
    program = variant.program
    require(variant.HasField("program"), "has no program")
    check_program(program)
    require(
        len(variant.weights) == len(program.weights),
        f"gives {len(variant.weights)} weights for {len(program.weights)} of its program",
    )
    for source, weight in zip(variant.weights, program.weights):
        shape = _selected_shape(content, source, f"weight {weight.name!r}")
        require(
            shape == list(weight.shape),
            f"weight {weight.name!r} has the shape {list(weight.shape)}, its tensor gives {shape}",
        )
    size = 4 * sum(math.prod(weight.shape) for weight in program.weights)
    require(size <= limits.SIZE, f"its weights take {size} bytes")
    for units in variant.kept:
        _check_kept(content, units)
    _check_roles(content, program)


def _selected_shape(content: Content, source: WeightSource, what: str) -> list[int]:
    require(
        source.tensor < len(content.tensors),
        f"{what} names tensor {source.tensor} of {len(content.tensors)}",
    )
    shape = list(content.tensors[source.tensor].shape)
    if not source.runs:
        return shape
    require(
        source.axis in (0, 1) and source.axis < len(shape),
        f"{what} selects along axis {source.axis} of {shape}",
    )
    length = shape[source.axis]
    _check_runs(source.runs, length, what)
    shape[source.axis] = sum(run.count for run in source.runs)
    # Repeated rows cannot make a weight larger than the tensor it comes from.
    require(shape[source.axis] <= length, f"{what} selects more than its tensor has")
    return shape


def _check_kept(content: Content, units: KeptUnits) -> None:
    require(
        units.group < len(content.groups),
        f"keeps units of group {units.group} of {len(content.groups)}",
    )
    group = content.groups[units.group]
    what = f"group {group.name!r}"
    _check_runs(units.runs, group.unit_count, what)
    for run, after in zip(units.runs, units.runs[1:]):
        require(run.start + run.count <= after.start, f"{what}: its units do not ascend")


def _check_runs(runs: Iterable[Run], length: int, what: str) -> None:
    for run in runs:
        require(
            run.count > 0 and run.start + run.count <= length,
            f"{what}: {run.count} from {run.start} leave the {length} there are",
        )


def _check_roles(content: Content, program: Program) -> None:
    model = content.model
    ports = {port.name: (list(port.shape), port.element) for port in program.inputs}
    sample = list(model.sample_shape)
    roles = [(model.sample_input, [sample], "f32"), (model.timestep_input, [[], [1]], "f32")]
    if model.class_input:
        roles.append((model.class_input, [[], [1]], "i32"))
    for name, shapes, element in roles:
        require(
            name in ports and ports[name][0] in shapes and ports[name][1] == element,
            f"its program has no {element} input {name!r} of the shape {shapes[-1]}",
        )
    for name in model.conditioning_inputs:
        require(name in ports, f"its program has no input {name!r}")
    is_tokens = len(sample) == 2
    expected = (
        [sample[0], model.output_channels] if is_tokens else [model.output_channels, *sample[1:]]
    )
    require(
        list(program.output_shape) == expected,
        f"its output has the shape {list(program.output_shape)} instead of {expected}",
    )
