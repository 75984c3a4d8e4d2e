"""Comparing tensors, and saying the outcome in the one form that `.ci/python` counts."""

import torch


def relative_error(actual: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference by the largest expected value.

    Infinite where the shapes differ or a value is not a number.
    """
    if actual.shape != expected.shape or actual.isnan().any() or expected.isnan().any():
        return float("inf")
    difference = (actual.double() - expected.double()).abs().max().item()
    scale = expected.double().abs().max().item()
    return difference if scale == 0 else difference / scale


def report(name: str, error: float, tolerance: float) -> bool:
    """Prints one line for a check, and returns whether it passed."""
    passed = error <= tolerance
    print(f"{'ok    ' if passed else 'FAILED'} {name}: {error:.1e}, at most {tolerance:.0e}")
    return passed
