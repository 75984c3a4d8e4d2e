#!/usr/bin/env python3
"""Compares what `mosaic run` samples with diffusers' recorded trajectories.

usage: check_run.py MOSAIC FIXTURES [--tolerance 1e-4]

Every recorded DDIM trajectory is run from its own noise and labels, under each scheduler
configuration and with guidance where it was recorded so. The default tolerance leaves a factor of
ten over what float32 rounding alone does to the worst of them (1.0e-5 against float64).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import relative_error, report


@dataclass
class Trajectory:
    """A recorded run: the checkpoint and options that make it, its start and its result."""

    name: str
    checkpoint: Path
    scheduler: Path
    steps: int
    guidance: float | None
    noise: torch.Tensor
    labels: torch.Tensor
    final: torch.Tensor


def glyph_trajectories(fixtures: Path) -> list[Trajectory]:
    """Those of the letter model, under its own scheduler."""
    checkpoint = fixtures / "glyph-dit"
    golden = load_file(checkpoint / "golden.safetensors")
    return [
        Trajectory(
            name=f"glyph-dit {name}",
            checkpoint=checkpoint,
            scheduler=checkpoint / "scheduler",
            steps=steps,
            guidance=guidance,
            noise=golden["sample.noise"],
            labels=golden["sample.class_labels"],
            final=golden[f"{name}.final"],
        )
        for name, steps, guidance in (
            ("ddim50", 50, None),
            ("ddim20", 20, None),
            ("ddim50_guidance2", 50, 2.0),
        )
    ]


def tiny_trajectories(fixtures: Path) -> list[Trajectory]:
    """Those of the random-weight model, under each scheduler configuration beside it."""
    checkpoint = fixtures / "tiny-dit"
    recorded = load_file(checkpoint / "trajectories.safetensors")
    return [
        Trajectory(
            name=f"tiny-dit {scheduler.name}{suffix}",
            checkpoint=checkpoint,
            scheduler=scheduler,
            steps=len(recorded[f"{scheduler.name}.timesteps"]),
            guidance=guidance,
            noise=recorded["noise"],
            labels=recorded["class_labels"],
            final=recorded[f"{scheduler.name}{suffix}.final"],
        )
        for scheduler in sorted((checkpoint / "schedulers").iterdir())
        for suffix, guidance in (("", None), (".guidance2", 2.0))
    ]


def run_error(mosaic: Path, trajectory: Trajectory, directory: Path) -> float:
    """The relative error of one run; infinite, with its message shown, where it fails."""
    model, start, output = (directory / name for name in ("model", "start", "output"))
    shutil.copytree(trajectory.checkpoint / "transformer", model / "transformer")
    shutil.copytree(trajectory.scheduler, model / "scheduler")
    shutil.copyfile(trajectory.checkpoint / "model_index.json", model / "model_index.json")
    start, output = start.with_suffix(".safetensors"), output.with_suffix(".safetensors")
    save_file({"noise": trajectory.noise, "labels": trajectory.labels}, start)
    command = [mosaic, "run", model, "--noise", start, "--steps", str(trajectory.steps)]
    command += ["-o", output]
    if trajectory.guidance is not None:
        command += ["--guidance", str(trajectory.guidance)]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        return float("inf")
    return relative_error(load_file(output)["images"], trajectory.final)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mosaic", type=Path, help="the mosaic binary")
    parser.add_argument("fixtures", type=Path, help="the Fixtures directory")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    passed = True
    for trajectory in glyph_trajectories(arguments.fixtures) + tiny_trajectories(
        arguments.fixtures
    ):
        with tempfile.TemporaryDirectory() as directory:
            error = run_error(arguments.mosaic.resolve(), trajectory, Path(directory))
        passed &= report(f"mosaic run, {trajectory.name}", error, arguments.tolerance)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
