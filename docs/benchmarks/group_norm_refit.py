#!/usr/bin/env python3
"""How to refit a convolution behind a group norm that loses channels.

The second convolution of every ResBlock of a UNet is refitted three ways after channels before its norm
are gone, equally many from each norm group: by the moments of what it read in the dense network; the
same with its mean taken again behind the norm over the channels that stay; and by moments taken again
altogether (docs/method.md 5). Prints the error of each convolution's output, relative to its variance,
and of the network's output with all of them refitted, on held-out samples.

    group_norm_refit.py MODEL

MODEL is a diffusers directory with `unet`, `scheduler` and `prompt_embeds.safetensors` (text_time
conditioning). Needs torch, diffusers and safetensors; some minutes on two cores.
"""

import sys

import diffusers
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

SAMPLES = 48
STEPS = [2, 7, 12, 17]
DAMP = 0.01

torch.set_grad_enabled(False)
path = sys.argv[1]
unet = diffusers.UNet2DConditionModel.from_pretrained(f"{path}/unet").eval()
texts = load_file(f"{path}/prompt_embeds.safetensors")
scheduler = diffusers.DDIMScheduler.from_pretrained(path, subfolder="scheduler")
scheduler.set_timesteps(20)
letters = torch.arange(SAMPLES) % 26
condition = {
    "encoder_hidden_states": texts["prompt_embeds"][letters],
    "added_cond_kwargs": {
        "text_embeds": texts["pooled_prompt_embeds"][letters],
        "time_ids": texts["time_ids"].reshape(1, 6).repeat(SAMPLES, 1),
    },
}
blocks = [
    (name, block)
    for name, block in unet.named_modules()
    if type(block).__name__ == "ResnetBlock2D"
]


def trajectory(seed):
    """State, timestep and output of every step."""
    shape = (SAMPLES, unet.config.in_channels, unet.config.sample_size, unet.config.sample_size)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    steps = []
    for t in scheduler.timesteps:
        y = unet(x, t, **condition).sample
        steps.append((x, t, y))
        x = scheduler.step(y, t, x).prev_sample
    return steps


def norm_inputs(steps):
    """What the second norm of every block reads, at the chosen steps."""
    found = {name: [] for name, _ in blocks}
    hooks = [
        block.norm2.register_forward_pre_hook(
            lambda module, args, name=name: found[name].append(args[0])
        )
        for name, block in blocks
    ]
    for step in STEPS:
        unet(steps[step][0], steps[step][1], **condition)
    for hook in hooks:
        hook.remove()
    return {name: torch.cat(values) for name, values in found.items()}


def normed(norm, h, kept):
    return F.silu(
        F.group_norm(h[:, kept], norm.num_groups, norm.weight[kept], norm.bias[kept], norm.eps)
    )


def rows(x):
    patches = F.unfold(x, 3, padding=1)
    return patches.permute(0, 2, 1).reshape(-1, patches.shape[1]).double()


def ridge(c):
    return c + DAMP * c.diag().mean() * torch.eye(len(c)).double()


def kept_channels(block, weight, inverse, level):
    """Of each norm group those whose removal alone would cost most."""
    channels, groups = block.norm2.num_channels, block.norm2.num_groups
    length = channels // groups
    costs = []
    for channel in range(channels):
        own = slice(9 * channel, 9 * channel + 9)
        w = weight[:, own]
        costs.append((w @ torch.linalg.inv(inverse[own, own]) * w).sum().item())
    kept = []
    for first in range(0, channels, length):
        order = sorted(range(first, first + length), key=lambda channel: -costs[channel])
        kept += sorted(order[: max(1, length - max(1, round(length * level)))])
    return torch.tensor(kept)


def refits(block, h, level):
    """Kept channels, and weight and bias by each way."""
    weight = block.conv2.weight.flatten(1).double()
    bias = block.conv2.bias.double()
    x = rows(F.silu(block.norm2(h)))
    mean = x.mean(0)
    x = x - mean
    dense = ridge(x.T @ x / len(x))
    kept = kept_channels(block, weight, torch.linalg.inv(dense), level)
    columns = (9 * kept[:, None] + torch.arange(9)).flatten()
    by_dense = weight @ dense[:, columns] @ torch.linalg.inv(dense[columns][:, columns])
    masked = rows(normed(block.norm2, h, kept))
    masked_mean = masked.mean(0)
    masked = masked - masked_mean
    own, joint = masked.T @ masked / len(x), x.T @ masked / len(x)
    old = weight[:, columns]
    again = old + (weight @ joint - old @ own) @ torch.linalg.inv(ridge(own))
    return kept, {
        "dense": (by_dense, bias + weight @ mean - by_dense @ mean[columns]),
        "mean": (by_dense, bias + weight @ mean - by_dense @ masked_mean),
        "again": (again, bias + weight @ mean - again @ masked_mean),
    }


class Refitted(torch.nn.Module):
    """In place of a block's second convolution, with the norm and activation before it."""

    def __init__(self, norm, kept, weight, bias):
        super().__init__()
        self.norm, self.kept, self.own_weight, self.own_bias = norm, kept, weight, bias

    def forward(self, h):
        y = rows(normed(self.norm, h, self.kept)) @ self.own_weight.T + self.own_bias
        size = (h.shape[0], h.shape[2], h.shape[3], -1)
        return y.float().reshape(size).permute(0, 3, 1, 2)


class Alternating(torch.nn.Module):
    """A block's activation, left out the third time of each forward: behind the second norm."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x if self.calls % 3 == 0 else F.silu(x)


def network_error(steps, found, way):
    saved = [(block, block.norm2, block.conv2, block.nonlinearity) for _, block in blocks]
    for name, block in blocks:
        kept, ways = found[name]
        convolution = Refitted(block.norm2, kept, *ways[way])
        block.norm2, block.conv2 = torch.nn.Identity(), convolution
        block.nonlinearity = Alternating()
    errors = []
    for step in STEPS:
        x, t, y = steps[step]
        errors.append((((unet(x, t, **condition).sample - y) ** 2).mean() / (y**2).mean()).item())
    for block, norm, convolution, activation in saved:
        block.norm2, block.conv2, block.nonlinearity = norm, convolution, activation
    return errors


calibration, held_out = trajectory(1), trajectory(2)
inputs, fresh = norm_inputs(calibration), norm_inputs(held_out)
for level in (0.25, 0.5):
    found = {}
    for name, block in blocks:
        kept, ways = found[name] = refits(block, inputs[name], level)
        target = rows(F.silu(block.norm2(fresh[name]))) @ block.conv2.weight.flatten(1).double().T
        target += block.conv2.bias.double()
        masked = rows(normed(block.norm2, fresh[name], kept))
        variance = target.var(0).sum()
        shown = "  ".join(
            f"{way} {((masked @ w.T + b - target) ** 2).sum(1).mean() / variance:.4f}"
            for way, (w, b) in ways.items()
        )
        print(f"{level} {name}: {block.norm2.num_channels} to {len(kept)}  {shown}", flush=True)
    for way in ("dense", "mean", "again"):
        errors = "  ".join(f"{error:.4f}" for error in network_error(held_out, found, way))
        print(f"{level} network at steps {[step + 1 for step in STEPS]}, {way}: {errors}", flush=True)
