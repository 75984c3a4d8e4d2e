#!/usr/bin/env python3
"""Writes an ONNX model laid out as SDXL's UNet, whose weights take no room: 2.6 B parameters in a sparse file.

usage: make_large_unet.py DIRECTORY

Made are model.onnx (opset 21: Conv, GroupNormalization, LayerNormalization, Gelu, attention in parts) and
model.onnx.data, of which each tensor's first element alone is not zero. Import, simplification and the
search for pruning groups can be measured with it:

    /usr/bin/time -v mosaic inspect DIRECTORY/model.onnx --groups
"""
import struct
import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS = [320, 640, 1280]
TRANSFORMERS = [0, 2, 10]
HEAD, CONTEXT, TIME, TOKENS, IMAGE = 64, 2048, 1280, 77, 128


class Network:
    def __init__(self):
        self.nodes, self.weights, self.starts, self.offset, self.count = [], [], [], 0, 0

    def weight(self, *shape):
        name, size = f"w{len(self.weights)}", 4
        for extent in shape:
            size *= extent
        tensor = TensorProto(
            name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", "model.onnx.data"), ("offset", self.offset), ("length", size)):
            tensor.external_data.add(key=key, value=str(value))
        self.starts.append(self.offset)
        self.weights.append(tensor)
        self.offset += -(-size // 64) * 64
        return name

    def shape(self, *extents):
        name = "shape_" + "_".join(str(extent) for extent in extents).replace("-", "m")
        if all(weight.name != name for weight in self.weights):
            self.weights.append(numpy_helper.from_array(numpy.array(extents, numpy.int64), name))
        return name

    def scalar(self, value):
        name = f"scalar_{value}"
        if all(weight.name != name for weight in self.weights):
            self.weights.append(numpy_helper.from_array(numpy.array(value, numpy.float32), name))
        return name

    def add(self, kind, *inputs, outputs=1, **attributes):
        names = [f"v{self.count + index}" for index in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"{kind}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, x, inner, outer, bias=True):
        y = self.add("MatMul", x, self.weight(inner, outer))
        return self.add("Add", y, self.weight(outer)) if bias else y

    def convolution(self, x, inner, outer, kernel=3, stride=1):
        pad = kernel // 2
        return self.add(
            "Conv", x, self.weight(outer, inner, kernel, kernel), self.weight(outer),
            kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4)

    def silu(self, x):
        return self.add("Mul", x, self.add("Sigmoid", x))

    def group_norm(self, x, channels):
        return self.add(
            "GroupNormalization", x, self.weight(channels), self.weight(channels), num_groups=32,
            epsilon=1e-5)

    def layer_norm(self, x, width):
        return self.add("LayerNormalization", x, self.weight(width), self.weight(width), axis=-1)

    def resnet(self, x, time, inner, outer):
        y = self.convolution(self.silu(self.group_norm(x, inner)), inner, outer)
        shift = self.add("Gemm", time, self.weight(outer, TIME), self.weight(outer), transB=1)
        shift = self.add("Reshape", shift, self.shape(0, outer, 1, 1))
        y = self.silu(self.group_norm(self.add("Add", y, shift), outer))
        y = self.convolution(y, outer, outer)
        return self.add("Add", self.convolution(x, inner, outer, 1) if inner != outer else x, y)

    def attention(self, x, context, width, inner):
        heads = [
            self.add(
                "Transpose", self.add("Reshape", part, self.shape(0, -1, width // HEAD, HEAD)),
                perm=order)
            for part, order in (
                (self.linear(x, width, width, False), [0, 2, 1, 3]),
                (self.linear(context, inner, width, False), [0, 2, 3, 1]),
                (self.linear(context, inner, width, False), [0, 2, 1, 3]))
        ]
        scores = self.add("Mul", self.add("MatMul", heads[0], heads[1]), self.scalar(HEAD**-0.5))
        mixed = self.add("MatMul", self.add("Softmax", scores, axis=-1), heads[2])
        rows = self.add("Transpose", mixed, perm=[0, 2, 1, 3])
        return self.linear(self.add("Reshape", rows, self.shape(0, -1, width)), width, width)

    def transformer(self, x, context, width, size, layers):
        y = self.add("Transpose", self.group_norm(x, width), perm=[0, 2, 3, 1])
        y = self.linear(self.add("Reshape", y, self.shape(0, size * size, width)), width, width)
        for _ in range(layers):
            norm = self.layer_norm(y, width)
            y = self.add("Add", y, self.attention(norm, norm, width, width))
            y = self.add("Add", y, self.attention(self.layer_norm(y, width), context, width, CONTEXT))
            wide = self.linear(self.layer_norm(y, width), width, 8 * width)
            value, gate = self.add("Split", wide, outputs=2, axis=-1, num_outputs=2)
            y = self.add(
                "Add", y, self.linear(self.add("Mul", value, self.add("Gelu", gate)), 4 * width, width))
        y = self.add("Reshape", self.linear(y, width, width), self.shape(0, size, size, width))
        return self.add("Add", x, self.add("Transpose", y, perm=[0, 3, 1, 2]))


def main():
    directory = Path(sys.argv[1])
    net = Network()
    time = net.add("Gemm", "timestep_embedding", net.weight(TIME, 320), net.weight(TIME), transB=1)
    time = net.add("Gemm", net.silu(time), net.weight(TIME, TIME), net.weight(TIME), transB=1)
    time = net.silu(time)
    x, size, width, skips = net.convolution("sample", 4, 320), IMAGE, 320, []
    skips.append((x, width))
    for level, channels in enumerate(CHANNELS):
        for _ in range(2):
            x = net.resnet(x, time, width, channels)
            width = channels
            if TRANSFORMERS[level]:
                x = net.transformer(x, "encoder_hidden_states", width, size, TRANSFORMERS[level])
            skips.append((x, width))
        if level < 2:
            x, size = net.convolution(x, width, width, 3, 2), size // 2
            skips.append((x, width))
    x = net.resnet(x, time, width, width)
    x = net.transformer(x, "encoder_hidden_states", width, size, 10)
    x = net.resnet(x, time, width, width)
    for level in (2, 1, 0):
        for _ in range(3):
            skip, more = skips.pop()
            x = net.resnet(net.add("Concat", x, skip, axis=1), time, width + more, CHANNELS[level])
            width = CHANNELS[level]
            if TRANSFORMERS[level]:
                x = net.transformer(x, "encoder_hidden_states", width, size, TRANSFORMERS[level])
        if level:
            scales = "scales"
            if all(weight.name != scales for weight in net.weights):
                net.weights.append(
                    numpy_helper.from_array(numpy.array([1, 1, 2, 2], numpy.float32), scales))
            x = net.add(
                "Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric",
                nearest_mode="floor")
            size *= 2
            x = net.convolution(x, width, width)
    x = net.convolution(net.silu(net.group_norm(x, width)), width, 4)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        net.nodes, "large", [
            value("sample", TensorProto.FLOAT, ["batch", 4, IMAGE, IMAGE]),
            value("timestep_embedding", TensorProto.FLOAT, ["batch", 320]),
            value("encoder_hidden_states", TensorProto.FLOAT, ["batch", TOKENS, CONTEXT]),
        ], [value(x, TensorProto.FLOAT, ["batch", 4, IMAGE, IMAGE])], net.weights)
    model = helper.make_model(
        graph, producer_name="make_large_unet", opset_imports=[helper.make_opsetid("", 21)])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(model.SerializeToString())
    with open(directory / "model.onnx.data", "wb") as data:
        data.truncate(net.offset)
        for number, start in enumerate(net.starts):
            data.seek(start)
            data.write(struct.pack("<f", number + 1))
    print(f"{len(net.nodes)} nodes, {net.offset // 4} parameters")


main()
