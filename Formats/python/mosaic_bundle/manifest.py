"""What a manifest must satisfy, its variants aside (Formats/MOSAIC.md)."""

import math
from collections.abc import Iterable

from . import limits
from .errors import BundleError, UnsupportedBundle, require
from .frames import check_codec
from .header import SIZE as HEADER_SIZE
from .mosaic_pb2 import Content, Flow, Manifest, Model, Scheduler, Solver, Storage, Tensor
from .plans import check_plans
from .variants import check_variant
from .wire import Scanner

# Bytes of an element by safetensors' name of its type.
ELEMENT_SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1,
    "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4,
    "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip

_SCHEDULER_WORDS = {
    "beta_schedule": ("linear", "scaled_linear", "squaredcos_cap_v2"),
    "prediction": ("epsilon", "sample", "v_prediction", "flow_prediction"),
    "spacing": ("leading", "trailing", "linspace"),
    "sampler": ("", "ddim", "ddpm", "euler", "dpmpp2m", "flow"),
    "final_sigmas": ("", "zero", "sigma_min"),
}


def parse_manifest(raw: bytes, end: int) -> tuple[Manifest, bytes, dict[int, str]]:
    """Decodes and checks a manifest.

    Args:
        raw: The protobuf message.
        end: Where the chunks end in the file.

    Returns:
        The manifest, the bytes of its content as stored, and by number what this reader does not
        know of the variants it cannot use.
    """
    ranges = Scanner(raw, Manifest.DESCRIPTOR).ranges
    manifest = Manifest.FromString(raw)
    content = manifest.content
    require(
        manifest.HasField("content")
        and manifest.HasField("storage")
        and all(
            content.HasField(part) for part in ("provenance", "model", "scheduler", "schedule")
        ),
        "the manifest lacks a part that every bundle has",
    )
    _check_counts(content)
    _check_chunks(content, manifest.storage, end)
    _check_tensors(content)
    _check_model(content.model)
    check_scheduler(content.scheduler)
    unknown = _check_variants(content)
    _check_reports(content)
    check_plans(content, unknown)
    start, stop = ranges["mosaic.Manifest.content"]
    return manifest, raw[start:stop], unknown


def _check_counts(content: Content) -> None:
    for what, count, limit in (
        ("chunks", len(content.chunks), limits.CHUNKS),
        ("tensors", len(content.tensors), limits.TENSORS),
        ("variants", len(content.variants), limits.VARIANTS),
        ("plans", len(content.plans), limits.PLANS),
    ):
        require(count <= limit, f"has {count} {what}, more than {limit}")


def _check_chunks(content: Content, storage: Storage, end: int) -> None:
    require(
        len(content.chunks) == len(storage.chunks),
        f"has the content of {len(content.chunks)} chunks and the place of {len(storage.chunks)}",
    )
    position = HEADER_SIZE
    for number, (raw, stored) in enumerate(zip(content.chunks, storage.chunks)):
        what = f"chunk {number}"
        is_large = stored.stored_size >= limits.PAGE_ALIGNED_FROM
        alignment = limits.PAGE if is_large else limits.LINE
        start = -(-position // alignment) * alignment
        require(stored.offset == start, f"{what} starts at {stored.offset} instead of {start}")
        position = start + stored.stored_size
        require(
            stored.stored_size > 0 and position <= end,
            f"{what} has {stored.stored_size} bytes at {start}, the chunks end at {end}",
        )
        require(
            raw.raw_size <= limits.CHUNK_BYTES,
            f"{what} has {raw.raw_size} bytes, more than {limits.CHUNK_BYTES}",
        )
        require(len(raw.sha256) == 32, f"{what}'s SHA-256 has {len(raw.sha256)} bytes")
        check_codec(stored, raw.raw_size, what)
    require(position == end, f"the chunks end at {position}, the manifest starts at {end}")


def _check_tensors(content: Content) -> None:
    names: set[str] = set()
    for tensor in content.tensors:
        what = f"tensor {tensor.name!r}"
        check_name(tensor.name, what)
        require(tensor.name not in names, f"{what} is there twice")
        names.add(tensor.name)
        _check_tensor(content, tensor, what)


def _check_tensor(content: Content, tensor: Tensor, what: str) -> None:
    if tensor.data_type not in ELEMENT_SIZES:
        raise UnsupportedBundle(f"{what}: data type {tensor.data_type!r} is unknown to this reader")
    width = ELEMENT_SIZES[tensor.data_type]
    check_shape(tensor.shape, what)
    for piece in tensor.pieces:
        require(
            piece.chunk < len(content.chunks),
            f"{what} names chunk {piece.chunk} of {len(content.chunks)}",
        )
        size = content.chunks[piece.chunk].raw_size
        require(
            piece.byte_count > 0
            and piece.byte_count % width == 0
            and piece.offset + piece.byte_count <= size,
            f"{what} names {piece.byte_count} bytes at {piece.offset} of a chunk of {size}",
        )
    found = sum(piece.byte_count for piece in tensor.pieces)
    expected = math.prod(tensor.shape) * width
    require(found == expected, f"{what} has {found} bytes instead of {expected}")


def check_name(name: str, what: str) -> None:
    """Bounds the bytes of a name."""
    require(
        0 < len(name.encode()) <= limits.NAME_BYTES,
        f"{what}'s name has {len(name.encode())} bytes instead of 1 to {limits.NAME_BYTES}",
    )


def check_shape(shape: Iterable[int], what: str) -> None:
    """Bounds rank, dimensions and elements."""
    sizes = list(shape)
    require(
        len(sizes) <= limits.RANK
        and all(size <= limits.SIZE for size in sizes)
        and math.prod(sizes) <= limits.SIZE,
        f"{what} has the shape {sizes}, beyond what the format allows",
    )


def _check_model(model: Model) -> None:
    shape = list(model.sample_shape)
    require(
        len(shape) in (2, 3) and min(shape) > 0 and model.output_channels > 0,
        f"the model's samples have the shape {shape}, its output {model.output_channels} channels",
    )
    check_shape(shape, "the model's sample")
    channels = shape[0] if len(shape) == 3 else shape[1]
    require(
        model.output_channels == channels
        or len(shape) == 3 and model.output_channels > channels,
        f"the output has {model.output_channels} channels for samples of {channels}",
    )
    scale = model.timestep_scale or 1
    require(0 < scale < math.inf, f"the timesteps are scaled by {scale}")
    others = {model.sample_input, model.timestep_input, model.class_input}
    names = set(model.conditioning_inputs)
    require(
        len(names) == len(model.conditioning_inputs) and not names & others,
        "an input of the model has two roles",
    )
    require(
        not model.has_null_class or model.null_class <= model.class_count,
        f"the null class {model.null_class} is beyond {model.class_count}",
    )
    require(
        len(model.class_names) <= model.class_count,
        f"names {len(model.class_names)} of {model.class_count} classes",
    )
    require(
        bool(model.class_input) == bool(model.class_count),
        f"has {model.class_count} classes and the input {model.class_input!r} for them",
    )


def check_scheduler(scheduler: Scheduler) -> None:
    for field, words in _SCHEDULER_WORDS.items():
        word = getattr(scheduler, field)
        if word not in words:
            raise UnsupportedBundle(f"the scheduler's {field} {word!r} is unknown to this reader")
    if scheduler.HasField("solver"):
        _check_solver(scheduler.solver)
    is_flow = scheduler.HasField("flow")
    require(
        is_flow == (scheduler.prediction == "flow_prediction")
        and (scheduler.sampler in ("flow", "dpmpp2m") if is_flow else scheduler.sampler != "flow"),
        f"the scheduler's {scheduler.sampler!r} does not sample its {scheduler.prediction!r}",
    )
    if is_flow:
        require(
            not scheduler.karras_sigmas and scheduler.final_sigmas != "sigma_min",
            "the scheduler's flow has noise levels of betas",
        )
        _check_flow(scheduler.flow)
        require(
            scheduler.sampler == "flow" or scheduler.flow == Flow(shift=scheduler.flow.shift),
            "dpmpp2m takes a flow's shift alone",
        )


def _check_solver(solver: Solver) -> None:
    if solver.kind not in ("midpoint", "heun"):
        raise UnsupportedBundle(f"the solver's kind {solver.kind!r} is unknown to this reader")
    require(
        solver.order in (1, 2) and not math.isnan(solver.least_lambda),
        f"the solver has order {solver.order} and starts at {solver.least_lambda}",
    )


def _check_flow(flow: Flow) -> None:
    # Written so that NaN fails.
    require(
        0 < flow.shift < math.inf and 0 <= flow.terminal < 1,
        f"the flow has the shift {flow.shift} and ends at {flow.terminal}",
    )
    if flow.HasField("dynamic_shift"):
        shift = flow.dynamic_shift
        require(
            math.isfinite(shift.base_shift)
            and math.isfinite(shift.max_shift)
            and 0 < shift.base_tokens < shift.max_tokens,
            "the flow's dynamic shift is no line over tokens",
        )


def _check_variants(content: Content) -> dict[int, str]:
    unknown: dict[int, str] = {}
    end = -math.inf
    for number, variant in enumerate(content.variants):
        what = f"variant {variant.name!r}"
        check_name(variant.name, what)
        lower, upper = variant.log_snr_lower, variant.log_snr_upper
        # Written so that NaN fails.
        require(
            lower == end and lower < upper,
            f"{what} serves {lower} to {upper}, the one before ends at {end}",
        )
        end = upper
        try:
            check_variant(content, variant)
        except UnsupportedBundle as error:
            unknown[number] = error.message
        except BundleError as error:
            raise BundleError(f"{what}: {error.message}") from None
    require(end == math.inf, f"no variant serves noise levels from {end} on")
    return unknown


def _check_reports(content: Content) -> None:
    for source in content.provenance.sources:
        require(
            len(source.sha256) == 32,
            f"source {source.name!r} has a SHA-256 of {len(source.sha256)} bytes",
        )
    for step in content.schedule.per_step:
        require(
            step.variant < len(content.variants),
            f"the schedule names variant {step.variant} of {len(content.variants)}",
        )
    for curve in content.sensitivity:
        require(
            len(curve.sparsities) == len(curve.errors),
            f"step {curve.step} has {len(curve.sparsities)} sparsities, {len(curve.errors)} errors",
        )
