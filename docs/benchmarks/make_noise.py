#!/usr/bin/env python3
"""Draws the start of sampling runs that are to be compared: noise and class labels.

usage: make_noise.py CHECKPOINT OUT.safetensors [--count 256] [--seed 2024]

Writes what `mosaic run --noise` reads: `noise` [N,C,H,W] of unit variance, in the shape of the DiT
in a diffusers directory, and `labels` [N], drawn from its classes without the null class. The same
numpy gives the same draw for a seed. Needs numpy and safetensors.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="diffusers directory of a DiT")
    parser.add_argument("out", type=Path, help="safetensors file to write")
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--seed", type=int, default=2024)
    arguments = parser.parse_args()
    config = json.loads((arguments.checkpoint / "transformer" / "config.json").read_text())
    generator = np.random.default_rng(arguments.seed)
    shape = (arguments.count, config["in_channels"], config["sample_size"], config["sample_size"])
    noise = generator.standard_normal(shape, dtype=np.float32)
    labels = generator.integers(0, config["num_embeds_ada_norm"], arguments.count, dtype=np.int64)
    save_file({"noise": noise, "labels": labels}, arguments.out)


if __name__ == "__main__":
    main()
