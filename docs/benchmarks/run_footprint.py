#!/usr/bin/env python3
"""What `mosaic run` takes to begin, and the memory it takes at most, beside its bundle's weights.

usage: run_footprint.py MOSAIC BUNDLE [--rounds 5] [--threads 2] [-- RUN-OPTION...]

Each round samples one image in the bundle's own steps. Time until the first step begins is counted from
the start of the process to the first forward, reading and rearranging the first variant's weights
included; a round before the counted ones warms the page cache. Memory is the largest resident set, beside
the largest sum of two neighbouring variants' weights as f32 (of one where there is but one).
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def run_once(command: list) -> tuple[float, int]:
    """Seconds until the first forward, and bytes of the largest resident set."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - began
    if status != 0:
        raise SystemExit(f"run ended with status {os.waitstatus_to_exitcode(status)}")
    result = json.loads(output)
    # What follows the steps, writing the output, is milliseconds.
    return elapsed - result["sampling_seconds"] + result["switch_seconds"][0], usage.ru_maxrss << 10


def weight_bytes(mosaic: Path, bundle: Path) -> list[int]:
    command = [mosaic, "bench", bundle, "--rounds", "1", "--batch", "1", "--json", "--quiet"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [network["weight_bytes"] for network in json.loads(result.stdout)["networks"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mosaic", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments, options = parser.parse_known_args()
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    mosaic = arguments.mosaic.resolve()
    with tempfile.TemporaryDirectory() as directory:
        command = [mosaic, "run", arguments.bundle, "-o", f"{directory}/o.safetensors", "--json"]
        command += ["--quiet", "--count", "1", "--threads", str(arguments.threads)]
        command += [option for option in options if option != "--"]
        rounds = [run_once(command) for _ in range(arguments.rounds + 1)][1:]
    starts, peaks = [start for start, _ in rounds], [peak for _, peak in rounds]
    weights = weight_bytes(mosaic, arguments.bundle)
    neighbours = max(map(sum, zip(weights, weights[1:]))) if len(weights) > 1 else weights[0]
    mib = 1 << 20
    print(
        f"first step after {statistics.median(starts):.2f} s ({min(starts):.2f}-{max(starts):.2f}), "
        f"{arguments.rounds} rounds, {arguments.threads} threads"
    )
    print(
        f"largest resident set {max(peaks) / mib:.0f} MiB; weights of two neighbouring variants "
        f"{neighbours / mib:.0f} MiB: {max(peaks) / neighbours:.2f} of them"
    )


if __name__ == "__main__":
    main()
