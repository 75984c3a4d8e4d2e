#!/usr/bin/env python3
"""Prints the table of schedules.sh from the files it left.

usage: schedules_table.py OUTDIR BUDGET...

OUTDIR holds `dense.safetensors` and, for each setting and budget, `SETTING-BUDGET.safetensors`
(samples from the same noise) and `SETTING-BUDGET.json` (`mosaic inspect BUNDLE --json`). The bounds
beside the ratios are the project's own: solved against uniform at the same budget, and uniform with
refit against magnitude. Exit status 1 where one of them is missed. Needs numpy and safetensors.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paired_error import BAD_DATA, NotComparable, PairedError, paired_error

SETTINGS = ("solved", "uniform", "magnitude")

# Where `mosaic inspect --json` has the figures: keys from the outermost object inwards.
PREDICTED_KEY = "proof.predicted_mse"
MACS_KEY = "proof.macs"

SOLVED_OVER_UNIFORM = {0.875: 0.10, 0.75: 0.25, 0.625: 0.45, 0.5: 0.65}
UNIFORM_OVER_MAGNITUDE = 0.25


@dataclass
class Row:
    """One bundle: what it is, what it costs and what it errs."""

    setting: str
    budget: float
    macs: float
    predicted: float
    error: PairedError


def look_up(report: Any, key: str) -> float:
    """The number at a dotted key, or NaN where a report has none."""
    for part in key.split("."):
        report = report.get(part) if isinstance(report, dict) else None
    return float(report) if isinstance(report, (int, float)) else math.nan


def load_row(directory: Path, setting: str, budget: str) -> Row:
    """One bundle's figures."""
    stem = f"{setting}-{budget}"
    report = json.loads((directory / f"{stem}.json").read_text())
    return Row(
        setting,
        float(budget),
        look_up(report, MACS_KEY),
        look_up(report, PREDICTED_KEY),
        paired_error(directory / "dense.safetensors", directory / f"{stem}.safetensors"),
    )


def bound_of(row: Row, rows: dict[str, Row]) -> tuple[float, float] | None:
    """The ratio of a row's error that the project has a bound for, and the bound."""
    if row.setting == "solved" and row.budget in SOLVED_OVER_UNIFORM:
        return row.error.mean / rows["uniform"].error.mean, SOLVED_OVER_UNIFORM[row.budget]
    if row.setting == "uniform":
        return row.error.mean / rows["magnitude"].error.mean, UNIFORM_OVER_MAGNITUDE
    return None


def print_row(row: Row, rows: dict[str, Row]) -> bool:
    """Prints one line of the table; false where the row misses its bound."""
    error, bound = row.error, bound_of(row, rows)
    to_uniform = error.mean / rows["uniform"].error.mean
    line = (
        f"{row.budget:6.3f} {row.setting:10} {row.macs:11.4g} {error.mean:10.3e} "
        f"{error.standard_error:8.1e} {error.median:10.3e} {row.predicted:10.3e} "
        f"{row.predicted / error.mean:9.2f} {to_uniform:10.3f}"
    )
    if bound is None:
        print(line)
        return True
    ratio, limit = bound
    other = "uniform" if row.setting == "solved" else "magnitude"
    verdict = "holds" if ratio <= limit else "MISSED"
    print(f"{line}   {ratio:.3f} of {other} <= {limit:.2f}: {verdict}")
    return ratio <= limit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="what schedules.sh wrote")
    parser.add_argument("budgets", nargs="+", help="as in the names of the files")
    arguments = parser.parse_args()
    try:
        tables = [
            {setting: load_row(arguments.directory, setting, budget) for setting in SETTINGS}
            for budget in arguments.budgets
        ]
    except NotComparable as error:
        print(error, file=sys.stderr)
        return BAD_DATA
    print(
        f"{'budget':>6} {'setting':10} {'MACs':>11} {'mse':>10} {'s.e.':>8} {'median':>10} "
        f"{'predicted':>10} {'pred/meas':>9} {'of uniform':>10}   bound"
    )
    held = [print_row(rows[setting], rows) for rows in tables for setting in SETTINGS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
