"""What the scripts that make reference files share: loading, sampling with diffusers, saving."""

import shutil
from pathlib import Path

import diffusers
import safetensors
import torch
from diffusers import DDIMScheduler, DiTTransformer2DModel
from safetensors.torch import save_file

WEIGHTS = Path("transformer") / "diffusion_pytorch_model.safetensors"
CONFIGS = ("model_index.json", "scheduler/scheduler_config.json", "transformer/config.json")

# One thread, so that sums have one order however many cores the machine has.
torch.set_num_threads(1)


def load_transformer(checkpoint: Path) -> DiTTransformer2DModel:
    """The checkpoint's network for inference, its weights upcast to float32."""
    return DiTTransformer2DModel.from_pretrained(
        checkpoint, subfolder="transformer", torch_dtype=torch.float32
    ).eval()


def load_scheduler(directory: Path) -> DDIMScheduler:
    """The DDIM scheduler of the `scheduler_config.json` in a directory."""
    return DDIMScheduler.from_pretrained(directory)


def copy_configs(checkpoint: Path, out: Path) -> None:
    """Copies the JSON files of a diffusers directory, byte for byte."""
    for name in CONFIGS:
        source, target = checkpoint / name, out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (target.exists() and source.samefile(target)):
            shutil.copyfile(source, target)


def save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Writes tensors with the versions that made them.

    One metadata key holds all versions: safetensors does not fix the order of several.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    versions = {
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "safetensors": safetensors.__version__,
    }
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, path, metadata={"made_with": made_with})


def cast_weights(weights: dict[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The weights in another dtype; refuses values that do not fit it."""
    cast = {name: tensor.to(dtype) for name, tensor in weights.items()}
    overflowing = [name for name, tensor in cast.items() if not tensor.isfinite().all()]
    if overflowing:
        raise SystemExit(f"{overflowing[0]} has values outside {dtype}: keep it in float32")
    return cast


@torch.inference_mode()
def predict(
    model: DiTTransformer2DModel, sample: torch.Tensor, timestep: int, labels: torch.Tensor
) -> torch.Tensor:
    """The network's whole output at one timestep."""
    timesteps = torch.full((len(sample),), timestep)
    return model(sample, timestep=timesteps, class_labels=labels).sample


def guided(
    model: DiTTransformer2DModel,
    sample: torch.Tensor,
    timestep: int,
    labels: torch.Tensor,
    scale: float | None,
) -> torch.Tensor:
    """The part of the output that drives the sampler, guided where `scale` is given.

    As diffusers' DiTPipeline: the last class is "no label", and channels after the first
    `in_channels` (a learned variance) are dropped.
    """
    channels = model.config.in_channels
    conditional = predict(model, sample, timestep, labels)[:, :channels]
    if scale is None:
        return conditional
    null = torch.full_like(labels, model.config.num_embeds_ada_norm)
    unconditional = predict(model, sample, timestep, null)[:, :channels]
    return unconditional + scale * (conditional - unconditional)


def sample_ddim(
    model: DiTTransformer2DModel,
    scheduler: DDIMScheduler,
    noise: torch.Tensor,
    labels: torch.Tensor,
    steps: int,
    scale: float | None = None,
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The timesteps of a DDIM trajectory (eta 0), and the sample after each of its steps."""
    scheduler.set_timesteps(steps)
    states = [noise]
    for timestep in scheduler.timesteps:
        output = guided(model, states[-1], int(timestep), labels, scale)
        states.append(scheduler.step(output, timestep, states[-1]).prev_sample)
    return scheduler.timesteps.float(), states[1:]
