#!/usr/bin/env python3
"""Writes an ONNX model of SDXL's size whose weights take no room: 2.6 B parameters in a sparse file.

usage: make_large_onnx.py DIRECTORY [NODES [PARAMETERS]]

Made are model.onnx (opset 18, a chain of MatMul and Add in f32) and model.onnx.data, all zeros, with
which time and memory of `mosaic inspect` can be measured:

    /usr/bin/time -v mosaic inspect DIRECTORY/model.onnx
"""
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper


def external(name, shape, offset):
    """A tensor whose bytes lie in the data file from `offset` on, and where the next may begin."""
    size = 4
    for extent in shape:
        size *= extent
    tensor = TensorProto(
        name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "model.onnx.data"), ("offset", offset), ("length", size)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor, offset + size


def main():
    directory = Path(sys.argv[1])
    count = int(sys.argv[2]) // 2 if len(sys.argv) > 2 else 1000
    parameters = int(float(sys.argv[3])) if len(sys.argv) > 3 else 2_600_000_000
    width = int((parameters / count) ** 0.5)
    nodes, weights, offset, last = [], [], 0, "x"
    for index in range(count):
        scope = f"down_blocks.{index}.attentions.0.transformer_blocks.0.attn1.to_q"
        weight, offset = external(f"{scope}.weight", [width, width], offset)
        bias, offset = external(f"{scope}.bias", [width], offset)
        weights += [weight, bias]
        nodes += [
            helper.make_node("MatMul", [last, weight.name], [f"m{index}"], name=f"MatMul_{index}"),
            helper.make_node("Add", [f"m{index}", bias.name], [f"a{index}"], name=f"Add_{index}"),
        ]
        for node in nodes[-2:]:
            # What dynamo writes beside every node.
            node.metadata_props.add(key="namespace", value=scope)
            node.metadata_props.add(key="pkg.torch.onnx.stack_trace", value="File …\n" * 200)
        last = f"a{index}"
    shape = ["batch", width]
    graph = helper.make_graph(
        nodes, "large", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, shape)], weights)
    model = helper.make_model(
        graph, producer_name="make_large_onnx", opset_imports=[helper.make_opsetid("", 18)])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(model.SerializeToString())
    with open(directory / "model.onnx.data", "wb") as data:
        data.truncate(offset)
    print(f"{2 * count} nodes, {offset // 4} parameters, {offset} bytes of weights")


main()
