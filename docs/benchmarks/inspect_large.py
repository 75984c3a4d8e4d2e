"""Measures what `mosaic inspect` takes for a bundle of 3 GB.

inspect_large.py MOSAIC MOSAIC_FUZZ [--rounds 20] [--directory D]

The bundle holds DiT-XL/2's shapes in f32, uncompressed, with nearly all weights zero: inspect reads
the manifest alone, whose size depends on the number of tensors, chunks and operations. Prints the
manifest's size and medians of whole processes, by the clock and by processor time, beside
`mosaic --version` for what starting one takes.
"""

import argparse
import statistics
import struct
import subprocess
import tempfile
from pathlib import Path

import bundle_speed

CHUNK = 4 << 20


def write_sparse(path):
    """Weights of which each chunk's first element alone is not zero, so that no two are equal."""
    bundle_speed.WIDTH, bundle_speed.DEPTH = 1152, 28
    header, tensors, offset = bundle_speed.header_of("f32")
    with open(path, "wb") as file:
        file.write(header)
        file.truncate(len(header) + offset)
        number = 0
        for start, end in tensors:
            for place in range(start, end, CHUNK):
                number += 1
                file.seek(len(header) + place)
                file.write(struct.pack("<f", number))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mosaic")
    parser.add_argument("fuzz", metavar="mosaic-fuzz")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--directory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        source, bundle = Path(directory) / "weights.safetensors", Path(directory) / "large.mosaic"
        write_sparse(source)
        subprocess.run(
            [arguments.fuzz, "pack", f"tensors={source}", f"path={bundle}", "level=none",
             "threads=2"], check=True, stdout=subprocess.DEVNULL)
        source.unlink()
        with open(bundle, "rb") as file:
            stored, raw = struct.unpack("<QQ", file.read(128)[48:64])
        print(f"bundle {bundle.stat().st_size / 1e9:.2f} GB, "
              f"manifest {raw} bytes, stored in {stored}")
        commands = {
            "mosaic --version": [arguments.mosaic, "--version"],
            "mosaic inspect": [arguments.mosaic, "inspect", bundle],
            "mosaic inspect --tensors": [arguments.mosaic, "inspect", "--tensors", bundle],
            "mosaic inspect --json": [arguments.mosaic, "inspect", "--json", bundle],
        }
        for name, command in commands.items():
            times = [bundle_speed.times_of(command) for _ in range(arguments.rounds)]
            clock = sorted(1000 * time[0] for time in times)
            used = 1000 * statistics.median(time[1] for time in times)
            print(f"  {name:26} {statistics.median(clock):6.1f} ms ({clock[0]:.1f} to "
                  f"{clock[-1]:.1f}); {used:.1f} ms of processors")


if __name__ == "__main__":
    main()
