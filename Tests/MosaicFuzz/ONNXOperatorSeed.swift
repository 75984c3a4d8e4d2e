import MosaicTestSupport

extension ONNXSeed {
  /// A chain of the operators that importers have the most to decide about, each with its attributes
  /// and what shapes are worked out of; "-" is what the one before gives.
  static var operators: WireMessage {
    let list: [(String, [String], [WireMessage])] = [
      ("Conv", ["x", "kernel"], [integers("pads", [1, 0, 1, 2]), integers("strides", [1, 2])]),
      ("Resize", ["-", "", "scales"], [text("mode", "linear")]),
      ("GroupNormalization", ["-", "two", "two"], [integer("num_groups", 2)]),
      ("AveragePool", ["-"], [integers("kernel_shape", [2, 2]), integers("dilations", [1, 1])]),
      ("Slice", ["-", "starts", "ends", "axes", "steps"], []),
      ("Pad", ["-", "pads"], [text("mode", "reflect")]),
      ("Shape", ["-"], [integer("start", -3)]), ("Cast", ["-"], [integer("to", 1)]),
      ("ReduceMean", ["-"], [integer("keepdims", 0)]), ("Expand", ["-", "shape"], []),
      ("Transpose", ["-"], [integers("perm", [1, 0, 2])]), ("Reshape", ["-", "target"], []),
      ("Einsum", ["-", "-"], [text("equation", "ij,kj->ik")]),
      ("Softmax", ["-"], [integer("axis", 0)]), ("Gather", ["-", "starts"], [integer("axis", 1)]),
      ("Tile", ["-", "repeats"], []), ("Gemm", ["-", "square"], [integer("transA", 1)]),
      ("Trilu", ["-", "index"], []), ("MatMul", ["-", "square"], []),
      ("LayerNormalization", ["-", "six"], [integer("axis", -1)]),
      ("Unsqueeze", ["-", "index"], []), ("Squeeze", ["-", "index"], []),
      ("Clip", ["-", "low"], []),
      ("Concat", ["-", "-"], [integer("axis", 0)]),
    ]
    let nodes = list.enumerated().map { index, entry in
      let last = index == 0 ? "x" : "v\(index - 1)"
      return SmallONNX.node(
        entry.0, entry.1.map { $0 == "-" ? last : $0 },
        [index == list.count - 1 ? "y" : "v\(index)"], attributes: entry.2)
    }
    return SmallONNX.model(
      operatorSets: [("", 21)],
      graph: SmallONNX.graph(
        nodes: nodes, initialisers: constants, inputs: [SmallONNX.value("x", shape: [1, 2, 4, 5])],
        outputs: [SmallONNX.value("y", shape: nil)]))
  }

  private static var constants: [WireMessage] {
    let vectors: [(String, [Int])] = [
      ("starts", [0, 1]), ("ends", [9, -1]), ("axes", [1, 2]), ("steps", [1, 1]),
      ("pads", [0, 0, 1, 0, 0, 0, 1, 0]), ("shape", [3, 2, 2]), ("target", [-1, 2]),
      ("repeats", [1, 2]),
    ]
    return vectors.map { name, values in
      SmallONNX.tensor(name, [values.count], type: 7, values.map { .integer(7, $0) })
    } + [
      SmallONNX.tensor("index", [], type: 7, [.integer(7, 0)]),
      SmallONNX.tensor("low", [], raw: [0, 0, 128, 63]),
      floats("scales", [4]), floats("two", [2]), floats("square", [6, 6]), floats("six", [6]),
      floats("kernel", [2, 2, 2, 3]),
    ]
  }

  private static func floats(_ name: String, _ shape: [Int]) -> WireMessage {
    let ones = [[UInt8]](repeating: [0, 0, 128, 63], count: shape.reduce(1, *))
    return SmallONNX.tensor(name, shape, raw: ones.flatMap { $0 })
  }

  static func integer(_ name: String, _ value: Int) -> WireMessage {
    SmallONNX.attribute(name, type: 2, [.integer(3, value)])
  }

  static func integers(_ name: String, _ values: [Int]) -> WireMessage {
    SmallONNX.attribute(name, type: 7, values.map { .integer(8, $0) })
  }

  private static func text(_ name: String, _ value: String) -> WireMessage {
    SmallONNX.attribute(name, type: 3, [.text(4, value)])
  }
}
