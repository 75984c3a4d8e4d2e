#!/usr/bin/env python3
"""Times one forward of a network in mosaic, PyTorch, ONNX Runtime and OpenVINO, in turn and in one run.

usage: against_engines.py MOSAIC NETWORK [--batch 2] [--threads 2] [--rounds 7]
                          [--precision f32|bf16] [--keep SHARE --bundle B]

NETWORK is a diffusers directory of a DiT; an ONNX model, which PyTorch then leaves out; or the word
`unet` for a UNet laid out as Stable Diffusion 1.5's at 32x32, with random weights. All engines run the
same graph on the same cores: PyTorch the diffusers network, the others its ONNX export with a fixed
batch (mosaic a DiT's checkpoint itself). A round runs every engine once for some forwards and keeps its
median; ratios are taken within a round, since times drift. Loading counts on no side. With --keep,
heads and FFN neurons of a DiT are cut to that share in PyTorch, so that its export is the network that
a bundle of the same share holds; mosaic is then given that bundle by --bundle.

Needs torch, diffusers, onnx; onnxruntime and openvino are left out where they are not installed.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FORWARDS = 7  # of each engine in a round
PAUSE = 0.5  # seconds between engines, for the threads of the last one to stop spinning


def prepare_environment(threads: int) -> None:
    """The same cores for all, and no inherited OpenBLAS settings."""
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < threads:
            raise SystemExit(f"{threads} threads asked for, but {len(cores)} cores are usable")
        os.sched_setaffinity(0, cores[:threads])


def median_of(forward: Callable[[], object]) -> float:
    """Median milliseconds of a round's forwards, one more of which comes first."""
    times = []
    for _ in range(FORWARDS + 1):
        began = time.perf_counter()
        forward()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[1:])


def mosaic_engine(arguments: argparse.Namespace, model: Path) -> Callable[[], float]:
    """`mosaic bench`, of which the last network is the bundle's first variant or the checkpoint."""
    command = [arguments.mosaic.resolve(), "bench", model, "--json", "--quiet"]
    command += ["--batch", str(arguments.batch), "--threads", str(arguments.threads)]
    command += ["--rounds", str(FORWARDS)]
    if arguments.precision != "f32":
        command += ["--precision", arguments.precision]

    def run() -> float:
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(result.stdout)["networks"][0]["median_milliseconds"]

    return run


def cut(model, share: float) -> None:
    """Cuts heads and FFN neurons of every block to a share, whichever they are."""
    import torch

    def linear(old, rows=None, columns=None):
        rows, columns = rows or old.out_features, columns or old.in_features
        new = torch.nn.Linear(columns, rows, bias=old.bias is not None)
        new.weight.data = old.weight.data[:rows, :columns].clone()
        if old.bias is not None:
            new.bias.data = old.bias.data[:rows].clone()
        return new

    for block in model.transformer_blocks:
        attention, (first, _, second) = block.attn1, block.ff.net
        size = attention.to_q.out_features // attention.heads
        attention.heads = max(1, round(share * attention.heads))
        width = attention.heads * size
        for name in ["to_q", "to_k", "to_v"]:
            setattr(attention, name, linear(getattr(attention, name), rows=width))
        attention.to_out[0] = linear(attention.to_out[0], columns=width)
        neurons = round(share * second.in_features)
        first.proj = linear(first.proj, rows=neurons)
        block.ff.net[2] = linear(second, columns=neurons)


class Network:
    """A network as PyTorch calls it: its tensors by the names of its ONNX inputs."""

    def __init__(self, model, inputs: dict):
        self.model, self.inputs = model.eval(), inputs

    @classmethod
    def dit(cls, arguments: argparse.Namespace):
        import torch
        from diffusers import DiTTransformer2DModel

        model = DiTTransformer2DModel.from_pretrained(
            arguments.network, subfolder="transformer", torch_dtype=torch.float32
        )
        if arguments.keep < 1:
            cut(model, arguments.keep)
        batch, side = arguments.batch, model.config.sample_size
        return cls(model, {
            "hidden_states": torch.randn(batch, model.config.in_channels, side, side),
            "timestep": torch.full((batch,), 500),
            "class_labels": torch.zeros(batch, dtype=torch.long),
        })

    @classmethod
    def unet(cls, arguments: argparse.Namespace):
        """Stable Diffusion 1.5's layout in four tenths of its widths: 142 M parameters."""
        import torch
        from diffusers import UNet2DConditionModel

        model = UNet2DConditionModel(
            sample_size=32, in_channels=4, out_channels=4, layers_per_block=2,
            block_out_channels=(128, 256, 512, 512), attention_head_dim=8, cross_attention_dim=768,
        )
        return cls(model, {
            "sample": torch.randn(arguments.batch, 4, 32, 32),
            "timestep": torch.full((arguments.batch,), 500.0),
            "encoder_hidden_states": torch.randn(arguments.batch, 77, 768),
        })

    def export(self, path: Path) -> None:
        import torch

        model, names = self.model, list(self.inputs)

        class Forward(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = model

            def forward(self, *tensors):
                return self.model(**dict(zip(names, tensors, strict=True))).sample

        torch.onnx.export(
            Forward(), tuple(self.inputs.values()), str(path), input_names=names,
            output_names=["output"], opset_version=18, dynamo=False,
        )

    def engine(self, precision: str) -> Callable[[], float]:
        import torch

        model, inputs = self.model, self.inputs
        if precision == "bf16":
            model = model.to(torch.bfloat16)
            inputs = {
                name: tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor
                for name, tensor in inputs.items()
            }

        def forward():
            with torch.inference_mode():
                return model(**inputs).sample

        return lambda: median_of(forward)


def feeds(path: Path, batch: int) -> dict:
    """Random values of an ONNX model's inputs, whose first axis is the batch."""
    import numpy
    import onnx

    random = numpy.random.default_rng(0)
    values = {}
    for port in onnx.load(str(path), load_external_data=False).graph.input:
        kind = port.type.tensor_type
        shape = [axis.dim_value or batch for axis in kind.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
        if len(shape) < 2:
            value = numpy.full(shape, 500 if port.name == "timestep" else 0)
        else:
            value = random.standard_normal(shape)
        values[port.name] = value.astype(dtype)
    return values


def onnxruntime_engine(path: Path, values: dict, threads: int) -> Callable[[], float]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    known = {port.name: values[port.name] for port in session.get_inputs()}
    return lambda: median_of(lambda: session.run(None, known))


def openvino_engine(path: Path, values: dict, threads: int, precision: str) -> Callable[[], float]:
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    request = compiled.create_infer_request()
    known = {name: values[name] for port in compiled.inputs for name in port.names
             if name in values}
    return lambda: median_of(lambda: request.infer(known))


def build_engines(
    arguments: argparse.Namespace, directory: Path
) -> dict[str, Callable[[], float]]:
    path, model, network = arguments.network, arguments.network, None
    if path.suffix != ".onnx":
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(arguments.threads)
        network = Network.unet(arguments) if str(path) == "unet" else Network.dit(arguments)
        path = directory / "network.onnx"
        network.export(path)
        if str(model) == "unet":
            model = path
    values = feeds(path, arguments.batch)
    makers = {
        "OpenVINO": lambda: openvino_engine(
            path, values, arguments.threads, arguments.precision
        )
    }
    if arguments.precision == "f32":
        makers["ONNX Runtime"] = lambda: onnxruntime_engine(path, values, arguments.threads)
    if network:
        makers["PyTorch eager"] = lambda: network.engine(arguments.precision)
    engines = {"mosaic": mosaic_engine(arguments, arguments.bundle or model)}
    for name, make in makers.items():
        try:
            engines[name] = make()
        except ImportError as error:
            print(f"left out   {name}: {error}")
    return engines


def print_table(times: dict[str, list[float]]) -> None:
    print(f"\n{'':14} {'median ms':>9} {'min':>8} {'max':>8}   their time / ours (min-max)")
    for name, values in times.items():
        ratios = [theirs / ours for theirs, ours in zip(values, times["mosaic"], strict=True)]
        print(
            f"{name:14} {statistics.median(values):9.1f} {min(values):8.1f} {max(values):8.1f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mosaic", type=Path, help="the mosaic binary")
    parser.add_argument("network", type=Path, help="directory of a DiT, an ONNX model, or `unet`")
    parser.add_argument("--bundle", type=Path, help="what mosaic runs in the network's place")
    parser.add_argument("--keep", type=float, default=1.0, help="share of heads and neurons")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    prepare_environment(arguments.threads)
    with tempfile.TemporaryDirectory() as directory:
        engines = build_engines(arguments, Path(directory))
        times: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(arguments.rounds):
            for name, run in engines.items():
                time.sleep(PAUSE)
                times[name].append(run())
    print(
        f"{arguments.network.name}, batch {arguments.batch}, {arguments.threads} threads, "
        f"{arguments.precision}, {arguments.rounds} rounds of {FORWARDS} forwards"
    )
    print_table(times)


if __name__ == "__main__":
    main()
