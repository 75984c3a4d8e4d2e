"""Runs the ONNX project's own node tests through `mosaic check`.

Takes those that consist of operators which torch's exporters emit for denoisers, at opsets 13 to 24,
with one output and dense tensors of numbers. Prints what passed, what was refused by name (exit
status 69), what was wrong (1) and what ended otherwise; exits 0 only if nothing was wrong or ended
otherwise and at least 95 % passed.

    onnx_node_tests.py MOSAIC [NAME...]

Needs onnx (1.23.2), numpy and safetensors.
"""

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import onnx
from onnx.backend.test.case.node import collect_testcases
from safetensors.numpy import save_file

OPERATORS = set(
    """Add Attention Cast Clip Concat Constant ConstantOfShape Conv Cos Div Einsum Equal Erf Expand
    Gather Gelu Gemm GroupNormalization Identity If InstanceNormalization LayerNormalization MatMul
    Mul Neg Pow RMSNormalization Reciprocal ReduceMean Reshape Resize Shape Sigmoid Sin Slice Softmax
    Split Sqrt Squeeze Sub Tanh Tile Transpose Unsqueeze Where""".split()
)
TYPES = {
    onnx.TensorProto.DataType.Value(name)
    for name in """FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 BOOL FLOAT16 DOUBLE UINT32
    UINT64""".split()
}
# Share of the largest element. A half has 11 bits, and sums of halves lose a few of them.
TOLERANCES = {"float16": 4e-3, "float32": 1e-4, "float64": 1e-5}


def is_wanted(case):
    model = case.model
    if model is None or len(model.graph.output) != 1:
        return False
    values = [*model.graph.input, *model.graph.output]
    return (
        {node.op_type for node in model.graph.node} <= OPERATORS
        and all(not node.domain for node in model.graph.node)
        and all(not s.domain and 13 <= s.version <= 24 for s in model.opset_import)
        and all(v.type.HasField("tensor_type") for v in values)
        and all(v.type.tensor_type.elem_type in TYPES for v in values)
    )


def run(mosaic, case, folder):
    """The exit status of `mosaic check`, and what it said."""
    inputs, outputs = case.data_sets[0]
    names = [value.name for value in case.model.graph.input]
    tensors = {name: numpy.array(array, order="C") for name, array in zip(names, inputs)}
    tensors["output"] = numpy.array(outputs[0], order="C")
    model = folder / "model.onnx"
    reference = folder / "reference.safetensors"
    onnx.save(case.model, model)
    save_file(tensors, reference)
    tolerance = TOLERANCES.get(tensors["output"].dtype.name, 0)
    result = subprocess.run(
        [mosaic, "check", model, "--reference", reference, "--tolerance", str(tolerance)],
        capture_output=True, text=True, timeout=60,
    )
    return result.returncode, (result.stdout + result.stderr).strip()


def main():
    mosaic, *names = sys.argv[1:]
    warnings.simplefilter("ignore")
    cases = [case for case in collect_testcases(None) if is_wanted(case)]
    if names:
        cases = [case for case in cases if case.name in names]
    found = {"passed": 0, "refused": 0, "wrong": 0, "broken": 0}
    kinds = {0: "passed", 69: "refused", 1: "wrong"}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            status, message = run(mosaic, case, Path(folder))
            kind = kinds.get(status, "broken")
            found[kind] += 1
            if kind != "passed":
                print(f"{kind} ({status}): {case.name}: {message}")
    counts = ", ".join(f"{count} {kind}" for kind, count in found.items())
    print(f"{len(cases)} ONNX node tests: {counts}")
    isGood = found["passed"] >= 0.95 * len(cases) and not found["wrong"] and not found["broken"]
    sys.exit(0 if isGood else 1)


if __name__ == "__main__":
    main()
