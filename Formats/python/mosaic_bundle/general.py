"""What the operations that 1.4 adds take and give: the table of Formats/MOSAIC.md."""

import math

from . import limits
from .errors import require

UNARY = (
    "absolute", "ceiling", "cosine", "erf", "exponential", "floor", "logarithm", "negate", "not",
    "reciprocal", "rectify", "round", "sigmoid", "sign", "sine", "softplus", "square_root",
    "tangent", "tanh",
)  # fmt: skip
BINARY = (
    "add", "divide", "maximum", "minimum", "multiply", "power", "subtract", "modulo", "remainder",
    "equal", "greater", "greater_or_equal", "less", "less_or_equal", "and", "or", "xor",
)  # fmt: skip
PAIRS = ("neighbours", "halves")
REDUCTIONS = ("maximum", "mean", "minimum", "product", "sum", "sum_of_squares")


def product(*sizes: int) -> int:
    """The number of elements of these sizes."""
    result = math.prod(sizes)
    require(min(sizes) > 0 and result <= limits.SIZE, f"has the sizes {list(sizes)}")
    return result


def broadcast(*shapes: list[int]) -> int:
    """The number of elements of the shape that all repeat to."""
    for shape in shapes:
        require(0 < len(shape) <= limits.RANK, f"has the shape {shape}")
        product(*shape)
    require(
        len({len(shape) for shape in shapes}) == 1
        and all(len({*sizes} - {1}) <= 1 for sizes in zip(*shapes)),
        f"has shapes that do not repeat to one: {list(shapes)}",
    )
    return product(*(max(sizes) for sizes in zip(*shapes)))


def picked(outer: int, extent: int, inner: int, indices: list[int]) -> int:
    """The number of elements that `pick` gives."""
    require(
        all(-1 <= index < extent for index in indices),
        f"picks elements outside an axis of {extent}",
    )
    return product(outer, len(indices), inner)


def matrices(batches: int, own: int) -> None:
    """Each operand of `matmul` has as many matrices as there are products, or one."""
    require(own in (1, batches), f"has {own} matrices for {batches} products")


def masks(whole: int, own: int) -> None:
    """A mask of `masked_attention` is of every head and every query, or of one."""
    require(own in (1, whole), f"has a mask of {own} for {whole}")
