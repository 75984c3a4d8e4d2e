import MosaicCore
import MosaicTestSupport

/// ONNX models that together hold every field the reader knows.
struct ONNXSeed {
  let tree: WireTree
  let file: [UInt8]
  /// Whether it names files beside itself.
  let hasExternalData: Bool

  private init?(_ file: [UInt8], hasExternalData: Bool = false) {
    guard let tree = WireTree(file[...]) else { return nil }
    self.tree = tree
    self.file = file
    self.hasExternalData = hasExternalData
  }

  /// The last two name files beside themselves, and the last of all is an export, and large.
  ///
  /// - Parameter directory: Gets the files of external data.
  static func all(in directory: String) throws -> [ONNXSeed] {
    let name = "model.dynamic.opset18.onnx"
    let export = try bytes("tiny-dit-onnx/\(name)")
    overwrite("\(directory)/\(name).data", with: try bytes("tiny-dit-onnx/\(name).data"))
    overwrite("\(directory)/weights.data", with: [UInt8](repeating: 1, count: 64))
    return [
      ONNXSeed(rich.bytes), ONNXSeed(nestedGraphs.bytes), ONNXSeed(SmallONNX.nested(18).bytes),
      ONNXSeed(operators.bytes), ONNXSeed(patterns.bytes),
      ONNXSeed(external.bytes, hasExternalData: true), ONNXSeed(export, hasExternalData: true),
    ].compactMap { $0 }
  }

  private static func bytes(_ fixture: String) throws -> [UInt8] {
    try MappedFile(path: Fixtures.path(fixture)).withBytes { Array($0) }
  }

  private static var external: WireMessage {
    let entries = [
      ("location", "weights.data"), ("offset", "16"), ("length", "8"), ("checksum", "0"),
    ]
    return SmallONNX.model(
      graph: SmallONNX.graph(initialisers: [SmallONNX.external(entries)]))
  }

  private static var rich: WireMessage {
    let typed: [(Int, WireMessage)] = [
      (1, .float(4, 1)), (1, .data(4, littleEndian(Float(1).bitPattern))), (2, .integer(5, 200)),
      (3, .integer(5, -1)), (6, .data(5, [3])), (7, .data(7, [4])), (9, .integer(5, 1)),
      (10, .integer(5, 0x3C00)), (11, .data(10, littleEndian(Double(1).bitPattern))),
      (12, .integer(11, 7)), (13, .data(11, [9])), (16, .integer(5, 0x3F80)),
    ]
    let numbered = typed.enumerated().map { index, entry in
      SmallONNX.tensor("t\(index)", [1], type: entry.0, [entry.1])
    }
    let extents: WireMessage = .message(1, .text(2, "batch")) + .message(1, .integer(1, 2))
    let graph = SmallONNX.graph(
      nodes: [
        SmallONNX.node(
          "Op", ["x", "w", "", "t0"], ["a"], name: "n", domain: "local", attributes: attributes,
          [.message(9, .text(1, "namespace") + .text(2, "b.0")), .text(8, "o")]),
        SmallONNX.node("Add", ["a", "t1"], ["y"]),
      ],
      initialisers: [
        SmallONNX.tensor("w", [2], raw: [0, 0, 0, 0, 0, 0, 128, 63]),
        SmallONNX.tensor("r", [2, 1], type: 4, raw: [1, 2, 3, 4]),
      ] + numbered,
      inputs: [SmallONNX.typed("x", extents: extents), SmallONNX.value("w")],
      [.message(16, .text(1, "k") + .text(2, "v"))])
    let body = SmallONNX.node(
      "Mul", ["p"], ["q"], attributes: [.text(1, "f") + .text(21, "g") + .integer(20, 1)])
    let function: WireMessage =
      .text(1, "Op") + .text(4, "p") + .text(5, "q") + .text(6, "g") + .message(7, body)
      + .message(9, .text(1, "") + .integer(2, 18)) + .text(10, "local")
    return SmallONNX.model(
      operatorSets: [("", 17), ("local", 1)], graph: graph,
      [
        .text(2, "p"), .text(3, "1"), .message(14, .text(1, "k") + .text(2, "v")),
        .message(25, function),
      ])
  }

  private static var attributes: [WireMessage] {
    let tensor = SmallONNX.tensor("", [1], raw: [0, 0, 128, 63])
    let values: [(Int, WireMessage)] = [
      (1, .float(2, 1.5)), (2, .integer(3, -3)), (3, .text(4, "linear")), (4, .message(5, tensor)),
      (6, .float(7, 1)), (7, .data(8, [1, 2])), (8, .text(9, "a")), (9, .message(10, tensor)),
    ]
    return values.map { SmallONNX.attribute("a\($0.0)", type: $0.0, [$0.1]) }
  }

  /// Branches that read names of the graphs around them, and nodes out of order.
  private static var nestedGraphs: WireMessage {
    let inner = SmallONNX.graph(
      nodes: [SmallONNX.node("Neg", ["late"], ["i"])], inputs: [], outputs: [SmallONNX.value("i")])
    let outer = SmallONNX.graph(
      nodes: [
        SmallONNX.node("If", ["x"], ["o"], attributes: [SmallONNX.subgraph("then_branch", inner)])
      ], inputs: [], outputs: [SmallONNX.value("o")])
    return SmallONNX.model(
      graph: SmallONNX.graph(
        nodes: [
          SmallONNX.node("If", ["x"], ["y"], attributes: [SmallONNX.subgraph("b", outer)]),
          SmallONNX.node("Add", ["c", "b"], ["late"]), SmallONNX.node("Abs", ["b"], ["c"]),
          SmallONNX.node("Abs", ["x"], ["b"]),
        ]))
  }
}
