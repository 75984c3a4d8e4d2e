import MosaicTestSupport

extension ONNXSeed {
  /// A small network of the composed patterns that simplification looks for, in few elements, so that
  /// whatever survives a mutation soon runs. "-" is what the node before gives.
  static var patterns: WireMessage {
    let list = projections + attention + modulation + activations + norms
    var nodes: [WireMessage] = []
    for (index, entry) in list.enumerated() {
      let last = index == 0 ? "x" : list[index - 1].output
      nodes.append(
        SmallONNX.node(
          entry.operation, entry.inputs.map { $0 == "-" ? last : $0 },
          [index == list.count - 1 ? "y" : entry.output], attributes: entry.attributes))
    }
    return SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: nodes, initialisers: constants,
        inputs: [SmallONNX.value("x", shape: [1, 3, 4])],
        outputs: [SmallONNX.value("y", shape: nil)]))
  }

  private struct Entry {
    var operation: String
    var inputs: [String]
    var output: String
    var attributes: [WireMessage]

    init(
      _ operation: String, _ inputs: [String], _ output: String,
      _ attributes: [WireMessage] = []
    ) {
      self.operation = operation
      self.inputs = inputs
      self.output = output
      self.attributes = attributes
    }
  }

  /// One product that is queries, keys and values; the former two are rotated.
  private static var projections: [Entry] {
    [
      Entry("MatMul", ["x", "square"], "product"), Entry("Add", ["-", "four"], "linear"),
      Entry("Reshape", ["-", "heads"], "parts"),
      Entry("Transpose", ["-"], "q", [ONNXSeed.integers("perm", [0, 2, 1, 3])]),
      Entry("Slice", ["q", "zero", "one", "last"], "even"),
      Entry("Slice", ["q", "one", "two", "last"], "odd"), Entry("Neg", ["-"], "minus"),
      Entry("Concat", ["-", "even"], "turned", [ONNXSeed.integer("axis", -1)]),
      Entry("Mul", ["-", "angles"], "sines"), Entry("Mul", ["q", "angles"], "cosines"),
      Entry("Add", ["-", "sines"], "rotated"),
    ]
  }

  private static var attention: [Entry] {
    [
      Entry("Transpose", ["-"], "keys", [ONNXSeed.integers("perm", [0, 1, 3, 2])]),
      Entry("Mul", ["rotated", "half"], "scaled"), Entry("MatMul", ["-", "keys"], "scores"),
      Entry("Add", ["-", "mask"], "masked"),
      Entry("Softmax", ["-"], "shares", [ONNXSeed.integer("axis", -1)]),
      Entry("MatMul", ["-", "q"], "heard"),
      Entry("Transpose", ["-"], "back", [ONNXSeed.integers("perm", [0, 2, 1, 3])]),
      Entry("Reshape", ["-", "flat"], "attended"),
    ]
  }

  private static var modulation: [Entry] {
    [
      Entry(
        "LayerNormalization", ["-", "four", "zeros"], "norm", [ONNXSeed.integer("axis", -1)]),
      Entry("ReduceMean", ["x", "one"], "pooled"), Entry("Add", ["-", "half"], "scale"),
      Entry("Mul", ["norm", "scale"], "stretched"), Entry("Add", ["-", "pooled"], "modulated"),
    ]
  }

  private static var activations: [Entry] {
    [
      Entry("Sigmoid", ["-"], "gate"), Entry("Mul", ["-", "modulated"], "silu"),
      Entry("Mul", ["-", "half"], "argument"), Entry("Erf", ["-"], "error"),
      Entry("Add", ["-", "half"], "shifted"), Entry("Mul", ["-", "silu"], "gelu"),
    ]
  }

  private static var norms: [Entry] {
    [
      Entry("Pow", ["-", "double"], "squares"),
      Entry("ReduceMean", ["-", "last"], "mean"), Entry("Add", ["-", "half"], "damped"),
      Entry("Sqrt", ["-"], "root"), Entry("Div", ["gelu", "-"], "ratio"),
      Entry("Mul", ["-", "four"], "rms"), Entry("Reshape", ["-", "groups"], "grouped"),
      Entry("InstanceNormalization", ["-", "pair", "pair"], "instances"),
      Entry("Reshape", ["-", "planes"], "normal"), Entry("Mul", ["-", "column"], "weighted"),
      Entry("Add", ["-", "column"], "moved"),
    ]
  }

  private static var constants: [WireMessage] {
    let vectors: [(String, [Int])] = [
      ("heads", [0, 0, 2, 2]), ("flat", [0, 0, 4]), ("groups", [0, 2, -1]),
      ("planes", [0, 4, 3, 1]), ("zero", [0]), ("one", [1]), ("two", [2]), ("last", [-1]),
    ]
    return vectors.map { name, values in
      SmallONNX.tensor(name, [values.count], type: 7, values.map { .integer(7, $0) })
    } + [
      floats("square", [4, 4], 1), floats("four", [4], 1), floats("zeros", [4], 0),
      floats("half", [], 0.5), floats("double", [], 2), floats("angles", [3, 2], 0.25),
      floats("mask", [1, 1, 3, 3], -.infinity), floats("pair", [2], 1),
      floats("column", [4, 1, 1], 2),
    ]
  }

  private static func floats(_ name: String, _ shape: [Int], _ value: Float) -> WireMessage {
    let bytes = [[UInt8]](
      repeating: littleEndian(value.bitPattern), count: shape.reduce(1, *))
    return SmallONNX.tensor(name, shape, raw: bytes.flatMap { $0 })
  }
}
