#!/usr/bin/env python3
"""Makes a diffusers directory with float16 weights, and PyTorch's results for those weights.

usage: make_glyph_references.py CHECKPOINT OUT

CHECKPOINT is a class-conditional DiT as a diffusers directory, in float32 or already in float16;
OUT receives the same network in float16, `golden.safetensors` and `check.T.safetensors`
(Fixtures/README.md lists the tensors). Everything is computed in float32 from the weights as
stored in OUT. The same checkpoint gives the same files again, also when it is OUT itself.
"""

import argparse
from pathlib import Path

import torch
from diffusers import DiTTransformer2DModel
from safetensors.torch import load_file, save_file

from references import (
    WEIGHTS,
    cast_weights,
    copy_configs,
    load_scheduler,
    load_transformer,
    predict,
    sample_ddim,
    save_tensors,
)

SEED = 11
FORWARD_TIMESTEPS = (0, 100, 250, 500, 750, 999)
FORWARD_COUNT = 4
SAMPLE_COUNT = 16
STATES_KEPT = (0, 9, 24, 39)

Tensors = dict[str, torch.Tensor]


def write_checkpoint(checkpoint: Path, out: Path) -> None:
    """Writes the network's configuration and its weights in float16."""
    weights = cast_weights(load_file(checkpoint / WEIGHTS), torch.float16)
    copy_configs(checkpoint, out)
    save_file(weights, out / WEIGHTS, metadata={"format": "pt"})


def draw_inputs(model: DiTTransformer2DModel) -> tuple[Tensors, Tensors]:
    """The inputs of the single forwards, and those of the trajectories."""
    generator = torch.Generator().manual_seed(SEED)
    config = model.config
    shape = (config.in_channels, config.sample_size, config.sample_size)
    null = config.num_embeds_ada_norm
    forward = {
        "sample": torch.randn((FORWARD_COUNT, *shape), generator=generator),
        "class_labels": torch.tensor([0, min(7, null), null - 1, null]),
    }
    start = {
        "noise": torch.randn((SAMPLE_COUNT, *shape), generator=generator),
        "class_labels": torch.arange(SAMPLE_COUNT) % null,
    }
    return forward, start


def forward_outputs(model: DiTTransformer2DModel, inputs: Tensors) -> dict[int, torch.Tensor]:
    """One forward at each of the timesteps."""
    return {
        timestep: predict(model, inputs["sample"], timestep, inputs["class_labels"])
        for timestep in FORWARD_TIMESTEPS
    }


def trajectories(out: Path, model: DiTTransformer2DModel, start: Tensors) -> Tensors:
    """DDIM results by the names of `golden.safetensors`."""
    noise, labels = start["noise"], start["class_labels"]
    scheduler = load_scheduler(out / "scheduler")
    tensors = {}
    for name, steps, scale in (
        ("ddim50", 50, None),
        ("ddim20", 20, None),
        ("ddim50_guidance2", 50, 2.0),
    ):
        timesteps, states = sample_ddim(model, scheduler, noise, labels, steps, scale)
        tensors[f"{name}.timesteps"] = timesteps
        tensors[f"{name}.final"] = states[-1]
        if name == "ddim50":
            tensors |= {f"{name}.after_step.{step}": states[step] for step in STATES_KEPT}
    return tensors


def write_references(out: Path) -> None:
    """Writes PyTorch's results for the checkpoint in a directory beside it."""
    model = load_transformer(out)
    forward, start = draw_inputs(model)
    outputs = forward_outputs(model, forward)
    for timestep, output in outputs.items():
        check = {
            "hidden_states": forward["sample"],
            "timestep": torch.full((FORWARD_COUNT,), timestep),
            "class_labels": forward["class_labels"],
            "output": output,
        }
        save_tensors(check, out / f"check.{timestep}.safetensors")
    golden = {f"forward.{name}": tensor for name, tensor in forward.items()}
    golden["forward.timesteps"] = torch.tensor(FORWARD_TIMESTEPS)
    golden |= {f"forward.output.{timestep}": output for timestep, output in outputs.items()}
    golden |= {f"sample.{name}": tensor for name, tensor in start.items()}
    golden |= trajectories(out, model, start)
    save_tensors(golden, out / "golden.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="diffusers directory")
    parser.add_argument("out", type=Path, help="directory to write")
    arguments = parser.parse_args()
    write_checkpoint(arguments.checkpoint, arguments.out)
    write_references(arguments.out)


if __name__ == "__main__":
    main()
