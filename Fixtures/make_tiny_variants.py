#!/usr/bin/env python3
"""Makes the forms a small DiT checkpoint comes in, and PyTorch's results for them.

usage: make_tiny_variants.py CHECKPOINT OUT

CHECKPOINT is a class-conditional DiT as a diffusers directory in float32, with the inputs of a
forward in `golden.safetensors` and `golden3.safetensors`. OUT receives `tiny-dit` (the same
checkpoint, other scheduler configurations and DDIM trajectories under each), `tiny-dit-sharded`
and `tiny-dit-bf16`. The same checkpoint gives the same files again, also when it is
OUT/tiny-dit itself.
"""

import argparse
from pathlib import Path

import torch
from diffusers import DDIMScheduler
from safetensors.torch import load_file, save_file

from references import (
    WEIGHTS,
    cast_weights,
    copy_configs,
    load_scheduler,
    load_transformer,
    sample_ddim,
    save_tensors,
)

SEED = 5
STEPS = 8
GUIDANCE = 2.0
LABELS = (0, 4, 9)
GOLDENS = ("golden.safetensors", "golden3.safetensors")
SHARD_SIZE = "100KB"

# What each configuration changes in the checkpoint's own.
SCHEDULERS = {
    "linear": {},
    "scaled-linear": {
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "set_alpha_to_one": False,
        "steps_offset": 1,
    },
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "v-prediction": {"prediction_type": "v_prediction"},
    "x0-prediction": {"prediction_type": "sample"},
}


def write_weights(checkpoint: Path, out: Path, dtype: torch.dtype) -> None:
    """Writes a checkpoint with its weights in one file of the given dtype."""
    weights = cast_weights(load_file(checkpoint / WEIGHTS), dtype)
    copy_configs(checkpoint, out)
    save_file(weights, out / WEIGHTS, metadata={"format": "pt"})


def write_shards(checkpoint: Path, out: Path) -> None:
    """Writes a checkpoint with its weights in several files and an index."""
    directory = out / "transformer"
    load_transformer(checkpoint).save_pretrained(directory, max_shard_size=SHARD_SIZE)
    # diffusers adds the path it loaded from to config.json: the copy is without.
    copy_configs(checkpoint, out)


def write_goldens(inputs_from: Path, out: Path) -> None:
    """Writes one forward of the checkpoint in `out` for each recorded set of inputs."""
    model = load_transformer(out)
    for name in GOLDENS:
        tensors = load_file(inputs_from / name)
        with torch.inference_mode():
            tensors["output"] = model(
                tensors["hidden_states"],
                timestep=tensors["timestep"],
                class_labels=tensors["class_labels"],
            ).sample
        save_tensors(tensors, out / name)


def write_schedulers(out: Path) -> None:
    """Writes `schedulers/NAME/scheduler_config.json` for each of `SCHEDULERS`."""
    own = load_scheduler(out / "scheduler")
    for name, changes in SCHEDULERS.items():
        DDIMScheduler.from_config(own.config, **changes).save_pretrained(out / "schedulers" / name)


def write_trajectories(out: Path) -> None:
    """Writes short DDIM trajectories under each scheduler, with and without guidance."""
    model = load_transformer(out)
    size = model.config.sample_size
    generator = torch.Generator().manual_seed(SEED)
    shape = (len(LABELS), model.config.in_channels, size, size)
    noise = torch.randn(shape, generator=generator)
    labels = torch.tensor(LABELS)
    tensors = {"noise": noise, "class_labels": labels}
    for name in SCHEDULERS:
        scheduler = load_scheduler(out / "schedulers" / name)
        timesteps, states = sample_ddim(model, scheduler, noise, labels, STEPS)
        _, guided_states = sample_ddim(model, scheduler, noise, labels, STEPS, GUIDANCE)
        tensors[f"{name}.timesteps"] = timesteps
        tensors[f"{name}.final"] = states[-1]
        tensors[f"{name}.guidance2.final"] = guided_states[-1]
    save_tensors(tensors, out / "trajectories.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="diffusers directory")
    parser.add_argument("out", type=Path, help="directory to write the variants in")
    arguments = parser.parse_args()
    whole, sharded, bf16 = (
        arguments.out / name for name in ("tiny-dit", "tiny-dit-sharded", "tiny-dit-bf16")
    )
    write_weights(arguments.checkpoint, whole, torch.float32)
    write_goldens(arguments.checkpoint, whole)
    write_schedulers(whole)
    write_trajectories(whole)
    write_shards(whole, sharded)
    write_weights(whole, bf16, torch.bfloat16)
    write_goldens(whole, bf16)


if __name__ == "__main__":
    main()
