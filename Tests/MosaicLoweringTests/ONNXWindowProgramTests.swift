import MosaicCore
import MosaicIR
import MosaicImport
import MosaicLowering
import MosaicRuntime
import MosaicTestSupport
import Testing

/// Networks of operators that few networks have, from the file to the program.
@Suite struct ONNXWindowProgramTests {
  private func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> WireMessage {
    SmallONNX.tensor(name, shape, raw: values.flatMap { littleEndian($0.bitPattern) })
  }

  private func integers(_ name: String, _ values: [Int]) -> WireMessage {
    SmallONNX.attribute(name, type: 7, values.map { .integer(8, $0) })
  }

  private func int64s(_ name: String, _ values: [Int]) -> WireMessage {
    SmallONNX.tensor(name, [values.count], type: 7, values.map { .integer(7, $0) })
  }

  /// A sample [2, 2, 8, 8] through `nodes`, whose last output is `z`, then plus its timestep; the batch
  /// was fixed to 2.
  private func imported(
    _ nodes: [WireMessage], _ initialisers: [WireMessage]
  ) throws -> ImportedModel {
    let model = SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: nodes + [
          SmallONNX.node("Reshape", ["timestep", "column"], ["time"]),
          SmallONNX.node("Add", ["z", "time"], ["y"]),
        ],
        initialisers: initialisers + [int64s("column", [2, 1, 1, 1])],
        inputs: [
          SmallONNX.value("sample", shape: [2, 2, 8, 8]), SmallONNX.value("timestep", shape: [2]),
        ], outputs: [SmallONNX.value("y", shape: nil)]))
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    return try ONNXImporter(path: try directory.file("m.onnx", model.bytes)).load()
  }

  /// The program against the graph as it was imported, at a batch that the file does not have.
  private func expectAgreement(
    _ imported: ImportedModel, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(imported.graph.loweringProblems() == [], sourceLocation: sourceLocation)
    let dense = try DenseNetwork(imported.graph, weights: imported.weights)
    var random = SplitMix64(seed: 6)
    let inputs = [
      "sample": Tensor(random.floats(3 * 128), shape: [3, 2, 8, 8]),
      "timestep": Tensor([1, 0.5, 2] as [Float], shape: [3]),
    ]
    let found = try dense.executor(threads: 1).output(inputs, samples: 3)
    let expected = try dense.interpreted(inputs)
    #expect(found.allSatisfy { $0.isFinite }, sourceLocation: sourceLocation)
    #expect(relativeError(found, expected) <= 1e-5, sourceLocation: sourceLocation)
  }

  @Test func windows() throws {
    var random = SplitMix64(seed: 5)
    let imported = try imported(
      [
        SmallONNX.node(
          "Conv", ["sample", "depthwise"], ["a"],
          attributes: [
            SmallONNX.attribute("group", type: 2, [.integer(3, 2)]), integers("dilations", [2, 2]),
            integers("pads", [2, 2, 2, 2]),
          ]),
        SmallONNX.node(
          "AveragePool", ["a"], ["b"],
          attributes: [
            integers("kernel_shape", [3, 3]), integers("strides", [2, 2]),
            SmallONNX.attribute("ceil_mode", type: 2, [.integer(3, 1)]),
          ]),
        SmallONNX.node(
          "ConvTranspose", ["b", "transposed", "bias"], ["c"],
          attributes: [integers("strides", [2, 2])]),
        SmallONNX.node(
          "MaxPool", ["c"], ["d"],
          attributes: [
            integers("kernel_shape", [3, 3]), integers("strides", [2, 2]),
            integers("pads", [1, 1, 0, 0]),
          ]),
        SmallONNX.node(
          "Resize", ["d", "", "", "sizes"], ["z"],
          attributes: [SmallONNX.attribute("mode", type: 3, [.text(4, "linear")])]),
      ],
      [
        floats("depthwise", [2, 1, 3, 3], random.floats(18)),
        floats("transposed", [2, 2, 2, 2], random.floats(16)),
        floats("bias", [2], random.floats(2)), int64s("sizes", [2, 2, 8, 8]),
      ])
    #expect(imported.graph[imported.graph.outputs[0]].type.isBatched)
    try expectAgreement(imported)
  }

  /// Rows of pixels that attend to those before them, by a constant of -∞; the first hears nothing but
  /// itself, the fourth nothing at all.
  @Test func maskOfInfinities() throws {
    var mask = (0..<64).map { $0 % 8 <= $0 / 8 ? Float(0) : -.infinity }
    for key in 0..<8 { mask[3 * 8 + key] = -.infinity }
    let imported = try imported(
      [
        SmallONNX.node(
          "Transpose", ["sample"], ["keys"], attributes: [integers("perm", [0, 1, 3, 2])]),
        SmallONNX.node("MatMul", ["sample", "keys"], ["scores"]),
        SmallONNX.node("Add", ["scores", "mask"], ["masked"]),
        SmallONNX.node("Softmax", ["masked"], ["shares"]),
        SmallONNX.node("MatMul", ["shares", "sample"], ["z"]),
      ], [floats("mask", [8, 8], mask)])
    #expect(imported.graph.nodes.contains { $0.operation is Attention && $0.inputs.count == 4 })
    try expectAgreement(imported)
  }
}
