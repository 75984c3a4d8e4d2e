#!/usr/bin/env python3
"""Prints the error of samples against dense ones made from the same noise and labels.

usage: paired_error.py DENSE.safetensors OTHER.safetensors...

The files are what `mosaic run -o FILE.safetensors` writes: `images` [N,C,H,W], `labels` [N] and
`noise` [N,C,H,W]. The error of a sample is the mean squared difference of its elements; printed are
the mean over the samples with its standard error, and the median, because the mean is heavy-tailed.

Exit status 65 where the noise or the labels differ, or a tensor is missing or not finite: such
files cannot be compared. Needs numpy and safetensors.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

BAD_DATA = 65
TENSORS = ("images", "labels", "noise")


class NotComparable(Exception):
    """Why two files of samples cannot be compared, in one line."""


@dataclass
class PairedError:
    """The squared error of paired samples."""

    count: int
    mean: float
    standard_error: float
    median: float


def load_samples(path: Path) -> dict[str, np.ndarray]:
    """The three tensors of a samples file."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise NotComparable(f"{path}: {error}") from error
    for name in TENSORS:
        if name not in tensors:
            raise NotComparable(f"{path}: no tensor '{name}', found {sorted(tensors)}")
    if not np.isfinite(tensors["images"]).all():
        raise NotComparable(f"{path}: 'images' has values that are not finite")
    return {name: tensors[name] for name in TENSORS}


def paired_error(dense_path: Path, other_path: Path) -> PairedError:
    """The error of one file's samples against another's."""
    dense, other = load_samples(dense_path), load_samples(other_path)
    for name in ("noise", "labels"):
        if not np.array_equal(dense[name], other[name]):
            raise NotComparable(
                f"{other_path}: '{name}' differs from that of {dense_path}: not the same draw"
            )
    if dense["images"].shape != other["images"].shape:
        raise NotComparable(
            f"{other_path}: 'images' is {other['images'].shape}, "
            f"that of {dense_path} is {dense['images'].shape}"
        )
    difference = other["images"].astype(np.float64) - dense["images"].astype(np.float64)
    errors = (difference**2).reshape(len(difference), -1).mean(axis=1)
    spread = errors.std(ddof=1) / len(errors) ** 0.5 if len(errors) > 1 else float("nan")
    return PairedError(len(errors), errors.mean(), spread, float(np.median(errors)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dense", type=Path, help="samples taken as correct")
    parser.add_argument("others", type=Path, nargs="+", help="samples to compare with them")
    arguments = parser.parse_args()
    try:
        results = {path: paired_error(arguments.dense, path) for path in arguments.others}
    except NotComparable as error:
        print(error, file=sys.stderr)
        return BAD_DATA
    width = max(len(str(path)) for path in results)
    print(f"{'samples':{width}}  {'n':>5}  {'mse':>10}  {'s.e.':>9}  {'median':>10}")
    for path, error in results.items():
        print(
            f"{str(path):{width}}  {error.count:5d}  {error.mean:10.3e}  "
            f"{error.standard_error:9.1e}  {error.median:10.3e}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
