#!/usr/bin/env python3
"""Compares the reference files under one directory with those made again under another.

usage: compare_references.py COMMITTED MADE_AGAIN [--tolerance 1e-5]

Prints a line a safetensors file with the largest relative error of its tensors; exit status 1 where
one is over the tolerance or missing. A folder that was not made again is not compared.
"""

import argparse
import sys
from pathlib import Path

from safetensors.torch import load_file

from comparison import relative_error, report


def error_between(committed: Path, made_again: Path) -> float:
    """The largest relative error over two files' tensors; infinite where names or types differ."""
    if not (committed.exists() and made_again.exists()):
        return float("inf")
    expected, actual = load_file(committed), load_file(made_again)
    types = {name: tensor.dtype for name, tensor in expected.items()}
    if types != {name: tensor.dtype for name, tensor in actual.items()}:
        return float("inf")
    return max(relative_error(actual[name], expected[name]) for name in expected)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("committed", type=Path)
    parser.add_argument("made_again", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()
    names = {
        path.relative_to(root)
        for folder in arguments.made_again.iterdir()
        for root in (arguments.committed, arguments.made_again)
        for path in (root / folder.name).rglob("*.safetensors")
    }
    outcomes = [
        report(
            f"{name} made again",
            error_between(arguments.committed / name, arguments.made_again / name),
            arguments.tolerance,
        )
        for name in sorted(names)
    ]
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
