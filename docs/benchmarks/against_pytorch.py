#!/usr/bin/env python3
"""Times sampling with mosaic against PyTorch eager, in turn and in one run.

usage: against_pytorch.py MOSAIC CHECKPOINT [--bundle BUNDLE] [--rounds 5] [--threads 2]

Both sides make the same 64 samples with the checkpoint's DDIM scheduler in 50 steps, from the same
noise and labels, on the same cores, with OPENBLAS_* unset. Model load counts on neither side:
PyTorch is timed around its sampling loop, and `mosaic run --json` says `sampling_seconds`. Each
side has one round that is not counted. PyTorch runs all 50 forwards, as diffusers' users do, also
where a scheduler's last one does not reach the sample.

Needs torch, diffusers and safetensors.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

COUNT = 64
STEPS = 50
SECONDS_KEY = "sampling_seconds"
PAUSE = 0.5  # seconds between runs, for the threads of the last one to stop spinning


@dataclass
class Contestant:
    """One side: what it is called, how one timed round is run, and the seconds it took."""

    name: str
    run: Callable[[], float]
    seconds: list[float] = field(default_factory=list)


def prepare_environment(threads: int) -> None:
    """Gives this process and its children the same cores and no inherited OpenBLAS settings."""
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < threads:
            raise SystemExit(f"{threads} threads asked for, but {len(cores)} cores are usable")
        os.sched_setaffinity(0, cores[:threads])


def run_mosaic(mosaic: Path, model: Path, output: Path) -> float:
    """Samples with the command line, and returns the seconds it reports."""
    command = [mosaic, "run", model, "--count", str(COUNT), "--steps", str(STEPS)]
    command += ["--seed", "0", "--json", "-o", output]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"mosaic run {model}: exit status {result.returncode}")
    report = json.loads(result.stdout)
    if SECONDS_KEY not in report:
        raise SystemExit(f"mosaic run {model} --json: no '{SECONDS_KEY}' in {sorted(report)}")
    return float(report[SECONDS_KEY])


class PyTorchSampler:
    """diffusers' network and scheduler, loaded once, from the start mosaic wrote."""

    def __init__(self, checkpoint: Path, start: Path, threads: int):
        import torch
        from diffusers import DDIMScheduler, DiTTransformer2DModel
        from safetensors.torch import load_file

        torch.set_num_threads(threads)
        self.torch = torch
        self.model = DiTTransformer2DModel.from_pretrained(
            checkpoint, subfolder="transformer", torch_dtype=torch.float32
        ).eval()
        self.scheduler = DDIMScheduler.from_pretrained(checkpoint, subfolder="scheduler")
        tensors = load_file(start)
        self.noise, self.labels = tensors["noise"].float(), tensors["labels"].long()
        self.images = self.noise

    def run(self) -> float:
        """Samples once, and returns the seconds it took."""
        began = time.perf_counter()
        with self.torch.inference_mode():
            self.images = self.sample()
        return time.perf_counter() - began

    def sample(self):
        """The DDIM loop of diffusers' DiTPipeline, without guidance."""
        images, channels = self.noise, self.model.config.in_channels
        self.scheduler.set_timesteps(STEPS)
        for timestep in self.scheduler.timesteps:
            timesteps = timestep.expand(len(images))
            output = self.model(images, timestep=timesteps, class_labels=self.labels).sample
            images = self.scheduler.step(output[:, :channels], timestep, images).prev_sample
        return images

    def relative_error(self, samples: Path) -> float:
        """The largest difference of a samples file from the last run, by its largest value."""
        from safetensors.torch import load_file

        difference = load_file(samples)["images"] - self.images
        return (difference.abs().max() / self.images.abs().max()).item()


def describe_machine(threads: int) -> str:
    """The versions and the cores a figure depends on, one line each."""
    import diffusers
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return "\n".join(
        [
            f"machine    {platform.system()} {platform.machine()}, {processor_name()}",
            f"cores      {os.cpu_count()} present, {usable} used, {threads} threads in PyTorch",
            f"versions   torch {torch.__version__}, diffusers {diffusers.__version__}, "
            f"Python {platform.python_version()}",
            f"work       {COUNT} samples, {STEPS} DDIM steps, no guidance, float32 in PyTorch",
        ]
    )


def processor_name() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def take_turns(contestants: list[Contestant], rounds: int) -> None:
    """Runs every contestant once a round."""
    for _ in range(rounds):
        for contestant in contestants:
            time.sleep(PAUSE)
            contestant.seconds.append(contestant.run())


def print_table(contestants: list[Contestant]) -> None:
    """Prints medians, and PyTorch's time over each contestant's with the spread over rounds."""
    baseline = contestants[0]
    print(f"\n{'':16} {'median s':>9} {'min':>8} {'max':>8}   times faster (min-max)")
    for contestant in contestants:
        seconds = contestant.seconds
        ratios = [theirs / ours for theirs, ours in zip(baseline.seconds, seconds, strict=True)]
        print(
            f"{contestant.name:16} {statistics.median(seconds):9.3f} {min(seconds):8.3f} "
            f"{max(seconds):8.3f}   {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f}-{max(ratios):.2f})"
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mosaic", type=Path, help="the mosaic binary")
    parser.add_argument("checkpoint", type=Path, help="diffusers directory of a DiT")
    parser.add_argument("--bundle", type=Path, help="a bundle of the same checkpoint")
    parser.add_argument("--rounds", type=int, default=5, help="counted runs of each side")
    parser.add_argument("--threads", type=int, default=2, help="cores and PyTorch threads")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads must be 1 or more")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    mosaic = arguments.mosaic.resolve()
    prepare_environment(arguments.threads)
    with tempfile.TemporaryDirectory() as directory:
        dense, pruned = Path(directory) / "dense.safetensors", Path(directory) / "b.safetensors"
        run_mosaic(mosaic, arguments.checkpoint, dense)
        pytorch = PyTorchSampler(arguments.checkpoint, dense, arguments.threads)
        pytorch.run()
        contestants = [
            Contestant("PyTorch eager", pytorch.run),
            Contestant("mosaic, dense", lambda: run_mosaic(mosaic, arguments.checkpoint, dense)),
        ]
        if arguments.bundle is not None:
            run_mosaic(mosaic, arguments.bundle, pruned)
            bundle = Contestant(
                "mosaic, bundle", lambda: run_mosaic(mosaic, arguments.bundle, pruned)
            )
            contestants.append(bundle)
        print(describe_machine(arguments.threads))
        print(f"agreement  dense samples within {pytorch.relative_error(dense):.1e} of PyTorch's")
        take_turns(contestants, arguments.rounds)
    print_table(contestants)


if __name__ == "__main__":
    main()
