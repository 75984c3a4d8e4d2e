"""Packs and unpacks bundles of random weights beside the zstd command on the same bytes.

bundle_speed.py MOSAIC MOSAIC_FUZZ [--dtype f32,f16,bf16] [--rounds 7] [--level 1] [--directory D]

The weights are normal, of a DiT-B/2's shapes (130 M). A round runs, on two threads each:
  pack      mosaic-fuzz pack: tensors of a mapped safetensors file to a bundle, through the library
            as `mosaic convert` does; beside `zstd -LEVEL -T2` of that file to a file
  unpack    mosaic-fuzz unpack: a bundle opened and the weights of a variant loaded as f32; beside
            `zstd -d -T2` of zstd's file, to a file, and to nowhere
  verify    mosaic verify; beside the same
Prints the medians of the rounds and of the ratios within a round (zstd's time / ours: over 1 we are
faster), by the clock and by processor time, which other programs disturb less. Seconds are those of
whole processes. The files lie in memory by default, so that no disk is
measured: bundles are synced to disk, and zstd's files are not.
"""

import argparse
import json
import math
import resource
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

WIDTH, DEPTH = 768, 12


def shapes():
    yield "embed", (WIDTH, 4, 2, 2)
    for block in range(DEPTH):
        for name in "qkvo":
            yield f"{block}.{name}", (WIDTH, WIDTH)
        yield f"{block}.up", (4 * WIDTH, WIDTH)
        yield f"{block}.down", (WIDTH, 4 * WIDTH)
        yield f"{block}.modulation", (6 * WIDTH, WIDTH)
        yield f"{block}.modulation.bias", (6 * WIDTH,)
    yield "classes", (1001, WIDTH)


def stored(values, dtype):
    if dtype == "bf16":
        return (values.view(np.uint32) >> 16).astype(np.uint16)
    return values.astype({"f32": np.float32, "f16": np.float16}[dtype])


def header_of(dtype):
    """The start of a safetensors file, the tensors' ranges behind it, and where they end."""
    size = {"f32": 4, "f16": 2, "bf16": 2}[dtype]
    header, ranges, offset = {}, [], 0
    for name, shape in shapes():
        end = offset + size * math.prod(shape)
        header[name] = {"dtype": dtype.upper(), "shape": shape, "data_offsets": [offset, end]}
        ranges.append((offset, end))
        offset = end
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text, ranges, offset


def write_weights(path, dtype):
    random = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(header_of(dtype)[0])
        for _, shape in shapes():
            values = random.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
            file.write(stored(values, dtype).tobytes())


def times_of(command, output=None):
    """Seconds of the clock, and of all processors, that a command takes to make a new file."""
    if output:
        output.unlink(missing_ok=True)
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mosaic")
    parser.add_argument("fuzz", metavar="mosaic-fuzz")
    parser.add_argument("--dtype", default="f32,f16,bf16")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--level", type=int, default=1)
    default = "/dev/shm" if Path("/dev/shm").is_dir() else None
    parser.add_argument("--directory", default=default)
    arguments = parser.parse_args()

    for dtype in arguments.dtype.split(","):
        with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
            measure(arguments, dtype, Path(directory))


def measure(arguments, dtype, directory):
    source, bundle = directory / "weights.safetensors", directory / "weights.mosaic"
    packed, unpacked = directory / "weights.zst", directory / "weights.out"
    write_weights(source, dtype)
    fuzz, level = arguments.fuzz, arguments.level
    commands = {
        "zstd": ["zstd", "-qf", f"-{level}", "-T2", source, "-o", packed],
        "pack": [fuzz, "pack", f"tensors={source}", f"path={bundle}", "threads=2",
                 f"level={level}"],
        "zstd -d": ["zstd", "-qfd", "-T2", packed, "-o", unpacked],
        "zstd -d to nowhere": ["zstd", "-qdc", "-T2", packed],
        "unpack": [fuzz, "unpack", f"path={bundle}", "threads=2"],
        "verify": [arguments.mosaic, "verify", "--quiet", "--threads", "2", bundle],
    }
    outputs = {"zstd": packed, "pack": bundle, "zstd -d": unpacked}
    rounds = [{name: times_of(command, outputs.get(name)) for name, command in commands.items()}
              for _ in range(arguments.rounds + 1)][1:]
    size = source.stat().st_size
    print(f"{dtype}: {size / 1e6:.0f} MB; bundle {bundle.stat().st_size / size:.3f}, "
          f"zstd -{level} {packed.stat().st_size / size:.3f} of it; "
          f"medians of {len(rounds)} rounds")
    for name in commands:
        clock, used = (statistics.median(times[name][kind] for times in rounds)
                       for kind in (0, 1))
        print(f"  {name:20} {clock:6.3f} s {size / clock / 1e9:6.2f} GB/s; "
              f"{used:.3f} s of processors")
    pairs = [("pack", "zstd"), ("unpack", "zstd -d"), ("unpack", "zstd -d to nowhere"),
             ("verify", "zstd -d"), ("verify", "zstd -d to nowhere")]
    for ours, theirs in pairs:
        clock, used = (sorted(times[theirs][kind] / times[ours][kind] for times in rounds)
                       for kind in (0, 1))
        print(f"  {ours} / {theirs}: {statistics.median(clock):.2f} of its speed "
              f"({clock[0]:.2f} to {clock[-1]:.2f}); by processor time "
              f"{statistics.median(used):.2f}")


if __name__ == "__main__":
    main()
