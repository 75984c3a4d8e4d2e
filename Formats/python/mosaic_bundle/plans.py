"""What a plan must satisfy to be followed."""

import math
from collections.abc import Collection

from . import limits
from .errors import UnsupportedBundle, require
from .mosaic_pb2 import STORAGE_OUTPUT, STORAGE_VIEW, Content, Plan, PlanError, Program

_BETA_SAMPLERS = ("ddim", "ddpm", "euler", "dpmpp2m")
_MANNERS = 7
# Bytes above it are corrected by the input of the unit's branch.
_PLAIN = 3


def check_plans(content: Content, unknown: dict[int, str]) -> None:
    """Raises `BundleError` where a step would take a value that was not computed before it.

    Args:
        content: With variants that have been checked.
        unknown: By number, the variants whose programs this reader does not know.
    """
    if not content.plans:
        return
    _check_shapes(content, unknown)
    runs: dict[tuple[str, float, float, int], int] = {}
    for number, plan in enumerate(content.plans):
        what = f"plan {number}"
        _check_fields(content, plan, what)
        _check_steps(content, plan, what)
        _check_values(content, plan, unknown, what)
        _check_forecasts(content, plan, unknown, what)
        _check_maps(content, plan, unknown, what)
        run = (plan.sampler, plan.eta, plan.guidance, len(plan.plan_steps))
        require(run not in runs, f"{what} is for the same run as plan {runs.get(run)}")
        runs[run] = number


def computed_units(
    program: Program, reused: set[str], corrected: Collection[str] = ()
) -> tuple[set[str], set[str]]:
    """The units that a step computes, and those of `reused` whose earlier values it takes."""
    roots = _roots(program)
    units = {unit.instruction: unit.name for unit in program.reusable_units}
    inputs = {unit.name: unit.input - 1 for unit in program.reusable_units if unit.input > 0}
    asked = {
        number for number, value in enumerate(program.values) if value.storage == STORAGE_OUTPUT
    }
    computed: set[str] = set()
    taken: set[str] = set()
    for number in reversed(range(len(program.instructions))):
        instruction = program.instructions[number]
        if roots[instruction.output] not in asked:
            continue
        name = units.get(number)
        if name is not None and name in reused:
            taken.add(name)
            if name in corrected and name in inputs:
                asked.add(roots[program.instructions[inputs[name]].output])
            continue
        if name is not None:
            computed.add(name)
        asked.update(roots[operand] for operand in instruction.inputs)
    return computed, taken


def _roots(program: Program) -> list[int]:
    """By value the one that holds its memory."""
    roots = list(range(len(program.values)))
    for value in roots[:]:
        chain = []
        root = value
        while roots[root] == root and program.values[root].storage == STORAGE_VIEW:
            chain.append(root)
            root = program.values[root].index
        for view in chain:
            roots[view] = roots[root]
    return roots


def _check_shapes(content: Content, unknown: dict[int, str]) -> None:
    shapes: dict[str, tuple[list[int], list[int] | None]] = {}
    for number, variant in enumerate(content.variants):
        for name, shape in _unit_shapes(variant.program) if number not in unknown else ():
            require(
                shapes.setdefault(name, shape) == shape,
                f"reusable unit {name!r} or its input has another shape in variant "
                f"{variant.name!r}",
            )


def _unit_shapes(program: Program) -> list[tuple[str, tuple[list[int], list[int] | None]]]:
    """By name, the shape of a unit's value and of its input, if it has one."""

    def shape(instruction: int) -> list[int]:
        return list(program.values[program.instructions[instruction].output].shape)

    return [
        (unit.name, (shape(unit.instruction), shape(unit.input - 1) if unit.input > 0 else None))
        for unit in program.reusable_units
    ]


def _channels(content: Content, unknown: dict[int, str]) -> dict[str, tuple[int, int]]:
    """By unit, the channels of its value and of its input; 0 where it has none."""

    def count(shape: list[int] | None) -> int:
        if shape is None:
            return 0
        return shape[0 if len(shape) > 2 else -1] if shape else 1

    return {
        name: (count(value), count(branch))
        for number, variant in enumerate(content.variants)
        if number not in unknown
        for name, (value, branch) in _unit_shapes(variant.program)
    }


def _order(manner: int) -> int:
    """How many values a byte that is not 0 takes."""
    return (manner - 1) % _PLAIN + 1


def _check_fields(content: Content, plan: Plan, what: str) -> None:
    if plan.sampler not in (*_BETA_SAMPLERS, "flow"):
        raise UnsupportedBundle(f"{what}: sampler {plan.sampler!r} is unknown to this reader")
    scheduler = content.scheduler
    own = scheduler.sampler or ("ddpm" if scheduler.class_name == "DDPMScheduler" else "ddim")
    allowed = (own,) if scheduler.HasField("flow") else _BETA_SAMPLERS
    require(
        plan.sampler in allowed,
        f"{what}: {plan.sampler} does not sample the process of the scheduler",
    )
    is_stochastic = plan.sampler in ("ddim", "ddpm")
    # Written so that NaN fails, here and below.
    require(
        0 <= plan.eta <= (1 if is_stochastic else 0),
        f"{what}: {plan.sampler} does not take eta {plan.eta}",
    )
    require(
        math.isfinite(plan.guidance)
        and 0 <= plan.budget < math.inf
        and 0 <= plan.mac_share < math.inf,
        f"{what} has the guidance {plan.guidance}, the budget {plan.budget} and the share "
        f"{plan.mac_share}",
    )
    for field in ("predicted", "measured"):
        if plan.HasField(field):
            _check_error(getattr(plan, field), what)
    for unit in plan.units:
        require(
            0 < len(unit.encode()) <= limits.NAME_BYTES,
            f"{what}: a unit's name has {len(unit.encode())} bytes",
        )
    require(
        len(plan.units) <= limits.REUSABLE_UNITS and len(set(plan.units)) == len(plan.units),
        f"{what} names {len(plan.units)} units, some of them twice or too many",
    )


def _check_error(error: PlanError, what: str) -> None:
    require(
        0 <= error.lower <= error.mean <= error.upper < math.inf,
        f"{what}: its error {error.mean} is not in {error.lower} to {error.upper}",
    )


def _check_steps(content: Content, plan: Plan, what: str) -> None:
    count = len(plan.plan_steps)
    require(
        count == plan.steps and 0 < count <= limits.PLAN_STEPS,
        f"{what} says what {count} steps do, for {plan.steps} steps",
    )
    for number, step in enumerate(plan.plan_steps):
        require(
            step.variant < len(content.variants),
            f"{what}, step {number} names variant {step.variant} of {len(content.variants)}",
        )
        units = 0 if step.unneeded else len(plan.units)
        require(
            len(step.orders) == units,
            f"{what}, step {number} says of {len(step.orders)} units what they do, of {units}",
        )
        if any(order >= _MANNERS for order in step.orders):
            raise UnsupportedBundle(
                f"{what}, step {number}: manner of reuse {max(step.orders)} is unknown to this reader"
            )


def _check_values(content: Content, plan: Plan, unknown: dict[int, str], what: str) -> None:
    used = {step.variant for step in plan.plan_steps}
    if used & set(unknown):
        return
    known = {
        unit.name for number in used for unit in content.variants[number].program.reusable_units
    }
    for unit in plan.units:
        require(unit in known, f"{what}: none of its variants has the reusable unit {unit!r}")
    counts = dict.fromkeys(plan.units, 0)
    for number, step in enumerate(plan.plan_steps):
        if step.unneeded:
            continue
        manners = {unit: manner for unit, manner in zip(plan.units, step.orders) if manner > 0}
        orders = {unit: _order(manner) for unit, manner in manners.items()}
        corrected = {unit for unit, manner in manners.items() if manner > _PLAIN}
        program = content.variants[step.variant].program
        computed, taken = computed_units(program, set(orders), corrected)
        for unit in taken:
            require(
                counts[unit] >= orders[unit],
                f"{what}, step {number}: makes unit {unit!r} of {orders[unit]} earlier values "
                f"where {counts[unit]} are computed before it",
            )
        for unit in computed & counts.keys():
            counts[unit] += 1


def _check_forecasts(content: Content, plan: Plan, unknown: dict[int, str], what: str) -> None:
    if plan.forecasts == 0:
        return
    index = plan.forecasts - 1
    require(
        index < len(content.tensors),
        f"{what} takes its forecasts from tensor {index} of {len(content.tensors)}",
    )
    channels = _channels(content, unknown)
    if not channels.keys() >= set(plan.units):
        return
    count = sum(
        _order(manner) * (2 if manner > _PLAIN else 1) + channels[unit][0]
        for step in plan.plan_steps
        for unit, manner in zip(plan.units, step.orders)
        if manner > 0
    )
    tensor = content.tensors[index]
    require(
        tensor.data_type == "F32" and list(tensor.shape) == [count],
        f"{what}: its {count} forecasts are not the numbers that tensor {tensor.name!r} holds",
    )


def _check_maps(content: Content, plan: Plan, unknown: dict[int, str], what: str) -> None:
    corrected = [
        unit
        for step in plan.plan_steps
        for unit, manner in zip(plan.units, step.orders)
        if manner > _PLAIN
    ]
    if plan.maps == 0:
        require(not corrected, f"{what} corrects values without maps")
        return
    index = plan.maps - 1
    require(
        index < len(content.tensors)
        and len(corrected) > 0
        and plan.forecasts > 0
        and 1 <= plan.rank <= limits.MAP_RANK,
        f"{what} takes maps of rank {plan.rank} from tensor {index} of {len(content.tensors)}, "
        f"corrects {len(corrected)} values and has {'' if plan.forecasts else 'no '}forecasts",
    )
    channels = _channels(content, unknown)
    if not channels.keys() >= set(plan.units):
        return
    for unit in corrected:
        require(channels[unit][1] > 0, f"{what} corrects unit {unit!r}, whose input is missing")
    count = sum(plan.rank * sum(channels[unit]) for unit in corrected)
    tensor = content.tensors[index]
    require(
        tensor.data_type in ("F32", "BF16") and list(tensor.shape) == [count],
        f"{what}: its {count} elements of maps are not those of tensor {tensor.name!r}",
    )
