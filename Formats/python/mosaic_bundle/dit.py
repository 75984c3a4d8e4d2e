"""A variant of a DiT for diffusers.

Program weights keep the names of the checkpoint, so that a variant of a `DiTTransformer2DModel` is
a state dict of that class, with fewer rows and columns where units were removed. The class itself
has one number of heads for all blocks, a width of that number times the head's size, and four
times that width in its feed-forward networks. So `Dit.config` gives a configuration only where a
variant is of that form: all blocks agree, and keep everything. Others are loaded into the dense
model by `Dit.resize`, which gives every block its own sizes.
"""

import os
import re
from dataclasses import dataclass, field
from typing import Any

import numpy

from .bundle import Bundle
from .errors import require

ARCHITECTURE = "DiTTransformer2DModel"
# A buffer that diffusers computes and keeps out of its state dicts.
_POSITIONS = "pos_embed.pos_embed"
_ACTIVATIONS = {"gelu_tanh": "gelu-approximate", "gelu_erf": "gelu"}
# Norms without a setting of their own.
_FIXED_EPSILON = float(numpy.float32(1e-6))


@dataclass(frozen=True)
class Block:
    """What a variant keeps of a transformer block; 0 where the whole sub-layer is gone."""

    heads: int
    neurons: int


@dataclass(frozen=True)
class Dit:
    """A variant of a `DiTTransformer2DModel`.

    Attributes:
        state: The state dict, as numpy arrays in float32. Of sub-layers that are gone only the
            last bias is in it.
        head_size: Channels of an attention head, the same in all blocks.
        width: Channels of a token.
        blocks: What is kept of each block.
        settings: The configuration but for the number of heads.
    """

    state: dict[str, numpy.ndarray]
    head_size: int
    width: int
    blocks: list[Block]
    settings: dict[str, Any] = field(repr=False)

    def config(self) -> dict[str, Any]:
        """The `config.json` of the variant as a stock `DiTTransformer2DModel`.

        Raises:
            BundleError: The class cannot have the shapes of the variant: blocks differ, or heads
                or neurons were removed. `dense_config` and `resize` load it nevertheless.
        """
        require(
            len(set(self.blocks)) == 1,
            "blocks keep different heads or neurons, which DiTTransformer2DModel cannot have: "
            + ", ".join(f"{block.heads} x {block.neurons}" for block in self.blocks),
        )
        block = self.blocks[0]
        require(
            block.heads * self.head_size == self.width and block.neurons == 4 * self.width,
            f"all blocks keep {block.heads} heads and {block.neurons} neurons, but a "
            f"DiTTransformer2DModel of the width {self.width} has "
            f"{self.width // self.head_size} heads and {4 * self.width} neurons",
        )
        return self.dense_config()

    def dense_config(self) -> dict[str, Any]:
        """The `config.json` of the model that the variant was pruned from."""
        heads = self.width // self.head_size
        return {"_class_name": ARCHITECTURE, "num_attention_heads": heads, **self.settings}

    def resize(self, model: Any) -> None:
        """Gives a model of `dense_config` the shapes and the weights of the variant.

        Needs torch, as the model does. Sub-layers that are gone add what is left of them: their
        last bias.

        Args:
            model: A `diffusers.DiTTransformer2DModel`, changed in place.
        """
        import torch

        for number, block in enumerate(self.blocks):
            layer = model.transformer_blocks[number]
            layer.attn1.heads = max(block.heads, 1)
            inner = max(block.heads, 1) * self.head_size
            layer.attn1.inner_dim = layer.attn1.inner_kv_dim = inner
        modules = {name: module for name, module in model.named_modules()}
        for name, old in list(model.named_parameters()):
            owner, _, leaf = name.rpartition(".")
            new = self.state.get(name)
            if new is None:
                # Of a sub-layer that is gone: its shapes stay but for the heads' own rows.
                new = self._zeros(name, tuple(old.shape))
            tensor = torch.from_numpy(numpy.array(new)).to(old.dtype).to(old.device)
            module = modules[owner]
            setattr(module, leaf, torch.nn.Parameter(tensor, requires_grad=old.requires_grad))
            if isinstance(module, torch.nn.Linear) and leaf == "weight":
                module.out_features, module.in_features = tensor.shape

    def _zeros(self, name: str, shape: tuple[int, ...]) -> numpy.ndarray:
        is_head_row = re.search(r"\.attn1\.to_[qkv]\.", name) is not None
        if is_head_row:
            shape = (self.head_size, *shape[1:])
        elif name.endswith(".attn1.to_out.0.weight"):
            shape = (shape[0], self.head_size)
        return numpy.zeros(shape, numpy.float32)


def load_dit(
    path: str | os.PathLike[str], number: int | None = None, *, logsnr: float | None = None
) -> Dit:
    """Reads one variant of a bundle made from a DiT in diffusers' naming.

    Args:
        path: The bundle.
        number: Of the variant, from 0, the noisiest.
        logsnr: A noise level, in place of the number.

    Raises:
        BundleError: The file is damaged, or of another architecture.
    """
    with Bundle(path) as bundle:
        architecture = bundle.content.model.architecture
        require(
            architecture == ARCHITECTURE,
            f"{bundle.path}: the network is {architecture!r}, not {ARCHITECTURE!r}",
        )
        if number is None and logsnr is not None:
            number = bundle.variant_number(logsnr)
        weights = bundle.load_variant(number)
        return _describe(bundle, number or 0, weights)


def _describe(bundle: Bundle, number: int, weights: dict[str, numpy.ndarray]) -> Dit:
    state = {name: array for name, array in weights.items() if name != _POSITIONS}
    width = state["pos_embed.proj.weight"].shape[0]
    head_size = _head_size(bundle)
    # A block without sub-layers may have no weight at all, so groups of units are counted.
    names = [group.name for group in bundle.content.groups] + list(state)
    found = [re.match(r"transformer_blocks\.(\d+)\.", name) for name in names]
    layers = 1 + max(int(match[1]) for match in found if match)
    blocks = [
        Block(
            heads=_rows(state, f"transformer_blocks.{layer}.attn1.to_q.weight") // head_size,
            neurons=_rows(state, f"transformer_blocks.{layer}.ff.net.0.proj.weight"),
        )
        for layer in range(layers)
    ]
    settings = _settings(bundle, number, state, layers, head_size)
    return Dit(state, head_size, width, blocks, settings)


def _rows(state: dict[str, numpy.ndarray], name: str) -> int:
    return state[name].shape[0] if name in state else 0


def _head_size(bundle: Bundle) -> int:
    sizes = {group.unit_size for group in bundle.content.groups if group.kind == "heads"}
    require(len(sizes) == 1, f"{bundle.path}: has heads of the sizes {sorted(sizes)}")
    return sizes.pop()


def _settings(
    bundle: Bundle, number: int, state: dict[str, numpy.ndarray], layers: int, head_size: int
) -> dict[str, Any]:
    model = bundle.content.model
    activations: set[str] = set()
    epsilons: set[float] = set()
    # A sub-layer may be gone in one variant; the settings are the same in all.
    for variant in bundle.content.variants:
        for instruction in variant.program.instructions:
            for attribute in instruction.attributes:
                if attribute.text in _ACTIVATIONS:
                    activations.add(_ACTIVATIONS[attribute.text])
                if attribute.name == "epsilon" and attribute.numbers[0] != _FIXED_EPSILON:
                    epsilons.add(float(str(numpy.float32(attribute.numbers[0]))))
    require(
        len(activations) <= 1 and len(epsilons) <= 1,
        f"{bundle.path}: has blocks of different settings",
    )
    return {
        "activation_fn": activations.pop() if activations else "gelu-approximate",
        "attention_bias": any(name.endswith("attn1.to_q.bias") for name in state),
        "attention_head_dim": head_size,
        "in_channels": model.sample_shape[0],
        "norm_elementwise_affine": any(name.endswith(".norm3.weight") for name in state),
        "norm_eps": epsilons.pop() if epsilons else 1e-6,
        "norm_type": "ada_norm_zero",
        "num_embeds_ada_norm": model.class_count,
        "num_layers": layers,
        "out_channels": model.output_channels,
        "patch_size": state["pos_embed.proj.weight"].shape[2],
        "sample_size": model.sample_shape[1],
    }
