import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicImport

/// What a model says of itself, and files that are none.
@Suite struct ONNXModelTests {
  @Test func readsEveryPart() throws {
    let notes: [WireMessage] = [
      .text(2, "pytorch"), .text(3, "2.13"), .message(14, .text(1, "task") + .text(2, "denoise")),
      // Documentation and a field that does not exist yet.
      .text(6, "doc"), .data(99, [1, 2, 3]),
    ]
    let extents: WireMessage =
      .message(1, .text(2, "batch")) + .message(1, .integer(1, 4)) + .message(1, WireMessage())
    let graph = SmallONNX.graph(
      nodes: [
        SmallONNX.node(
          "Add", ["x", "w", ""], ["y"], name: "n",
          [
            .message(9, .text(1, "namespace") + .text(2, "blocks.0")),
            .message(9, .text(1, "pkg.torch.onnx.stack_trace") + .text(2, "File …")),
          ])
      ],
      inputs: [SmallONNX.typed("x", extents: extents, type: 10), SmallONNX.value("w")])
    let model = try readONNX(
      SmallONNX.model(operatorSets: [("ai.onnx", 18), ("ai.onnx.ml", 3)], graph: graph, notes))
    #expect(model.irVersion == 8)
    #expect(model.producer == ("pytorch", "2.13"))
    #expect(
      model.operatorSets == [
        ONNXOperatorSet(domain: "", version: 18), ONNXOperatorSet(domain: "ai.onnx.ml", version: 3),
      ])
    #expect(model.operatorSetVersion == 18)
    #expect(model.metadata.map(\.key) == ["task"])
    #expect(model.graph.name == "main")
    #expect(model.warnings == [])
    // w has a value, so it need not be given.
    #expect(model.graph.inputs.map(\.name) == ["x"])
    #expect(model.graph.inputs[0].type?.shape == [.symbolic("batch"), .fixed(4), .unknown])
    #expect(model.graph.inputs[0].type?.description == "FLOAT16 [batch, 4, ?]")
    #expect(model.graph.outputs.map(\.name) == ["y"])
    let node = try #require(model.graph.nodes.first)
    #expect(node.inputs == ["x", "w", ""])
    #expect(node.metadata == ["namespace": "blocks.0"])
    #expect(node.label == "node 'n' (Add)")
    #expect(try model.tensor("w")?.floats() == [0, 1])
    #expect(model.path(of: "w") == "m.onnx")
    #expect(model.tensor("x") == nil && model.path(of: "x") == nil)
  }

  @Test func readsAttributesOfEveryType() throws {
    let tensor = SmallONNX.tensor("", [1], raw: [0, 0, 128, 63])
    let branch = SmallONNX.graph(nodes: [SmallONNX.node("Neg", ["x"], ["y"])], inputs: [])
    let attributes: [(String, Int, [WireMessage])] = [
      ("f", 1, [.float(2, 1.5)]), ("i", 2, [.integer(3, -3)]), ("s", 3, [.text(4, "linear")]),
      ("t", 4, [.message(5, tensor)]), ("g", 5, [.message(6, branch)]),
      ("fs", 6, [.float(7, 1), .float(7, 2)]), ("is", 7, [.integer(8, 1), .integer(8, -1)]),
      ("ss", 8, [.text(9, "a"), .data(9, [0, 0xFF])]), ("ts", 9, [.message(10, tensor)]),
      ("gs", 10, [.message(11, branch)]), ("zero", 2, []), ("none", 7, []),
      // Packed, as other writers have it.
      ("packed", 7, [.data(8, [1, 2, 0x80, 1])]),
    ]
    let node = SmallONNX.node(
      "Op", ["x"], ["y"],
      attributes: attributes.map { SmallONNX.attribute($0.0, type: $0.1, $0.2) })
    let model = try readONNX(SmallONNX.model(graph: SmallONNX.graph(nodes: [node])))
    let found = try #require(model.graph.nodes.first).attributes
    #expect(found.count == attributes.count)
    guard case .float(1.5)? = found["f"], case .integer(-3)? = found["i"],
      case .tensor(let view)? = found["t"], case .graph(let graph)? = found["g"],
      case .floats([1, 2])? = found["fs"], case .integers([1, -1])? = found["is"],
      case .strings([[0x61], [0, 0xFF]])? = found["ss"], case .tensors(let views)? = found["ts"],
      case .graphs(let graphs)? = found["gs"], case .integer(0)? = found["zero"],
      case .integers([])? = found["none"], case .integers([1, 2, 128])? = found["packed"]
    else { throw Absent(name: "\(found)") }
    #expect(found["s"]?.text == "linear")
    #expect(try view.floats() == [1] && views.count == 1)
    #expect(graph.captures == ["x"] && graphs.map(\.name) == ["main"])
  }

  @Test func keepsFunctionsAndOtherDomains() throws {
    let body = SmallONNX.node(
      "Scale", ["a"], ["b"], domain: "inner",
      attributes: [.text(1, "factor") + .text(21, "alpha") + .integer(20, 1)])
    let function: WireMessage =
      .text(1, "Twice") + .text(4, "a") + .text(5, "b") + .message(7, body) + .text(10, "local")
    let graph = SmallONNX.graph(
      nodes: [SmallONNX.node("Twice", ["x"], ["y"], domain: "local")])
    let model = try readONNX(
      SmallONNX.model(
        operatorSets: [("", 18), ("local", 1)], graph: graph, [.message(25, function)]))
    #expect(model.graph.nodes[0].domain == "local")
    #expect(model.graph.nodes[0].label == "node of 'y' (local.Twice)")
    let found = try #require(model.functions.first)
    #expect(found.name == "Twice" && found.domain == "local")
    #expect(found.inputs == ["a"] && found.outputs == ["b"])
    guard case .reference("alpha")? = found.nodes.first?.attributes["factor"] else {
      throw Absent(name: "factor")
    }
  }

  /// torch 2.13 writes it at opset 17.
  @Test func acceptsTheNumberOfOutputsOfASplitTooEarly() throws {
    let count = SmallONNX.attribute("num_outputs", type: 2, [.integer(3, 2)])
    let graph = SmallONNX.graph(
      nodes: [SmallONNX.node("Split", ["x"], ["y", "z"], attributes: [count])])
    #expect(
      try readONNX(SmallONNX.model(operatorSets: [("", 17)], graph: graph)).warnings == [
        "m.onnx: 1 Split nodes have the attribute num_outputs, which opset 17 does not have;"
          + " export with opset_version=18 or later"
      ])
    #expect(try readONNX(SmallONNX.model(graph: graph)).warnings == [])
  }

  @Test(arguments: 3...14) func acceptsEveryIRVersion(version: Int) throws {
    #expect(try readONNX(SmallONNX.model(irVersion: version)).irVersion == version)
  }

  @Test(arguments: 13...24) func acceptsEveryOperatorSet(version: Int) throws {
    let model = try readONNX(SmallONNX.model(operatorSets: [("", version)]))
    #expect(model.operatorSetVersion == version)
  }

  @Test func refusesVersions() {
    for version in [-1, 2, 15, 99] {
      refusesONNX(
        SmallONNX.model(irVersion: version),
        "has IR version \(version), and 3 to 14 are supported; export it with another version of"
          + " onnx", .unsupported)
    }
    for version in [-1, 9, 12, 25, 99] {
      refusesONNX(
        SmallONNX.model(operatorSets: [("", version)]),
        "has opset \(version), and 13 to 24 are supported; export it with opset_version=18",
        .unsupported)
    }
    refusesONNX(
      SmallONNX.model(operatorSets: [("", 18), ("ai.onnx", 18)]),
      "imports the operators of ai.onnx twice; export it again")
    refusesONNX(
      SmallONNX.model(operatorSets: [("", 18), ("x", 1), ("x", 2)]),
      "imports the operators of 'x' twice; export it again")
    refusesONNX(
      SmallONNX.model(operatorSets: []), "imports no version of ONNX's operators; export it again")
    refusesONNX(
      SmallONNX.model(operatorSets: [("x", 1), ("y", 2)]),
      "has operators of 'x', 'y' alone, and none of them is supported", .unsupported)
  }

  @Test func refusesWhatIsNoModel() {
    refusesONNX([], "is an empty file; copy or export it again")
    refusesONNX(
      SmallONNX.model(irVersion: nil),
      "is no ONNX model: it has no ir_version; export it again")
    refusesONNX(
      SmallONNX.model(graph: nil), "is no ONNX model: it has no graph; export it again")
  }

  @Test(
    arguments: [
      ([0x08, 8, 0x3A, 5, 0], "a field needs 5 bytes but 1 are left, at byte 3"),
      ([0x08], "an integer is cut off, at byte 1"),
      (
        [0x08] + [UInt8](repeating: 0xFF, count: 10) + [1],
        "an integer is longer than 64 bits, at byte 1"
      ),
      ([0x0A, 0], "onnx.ModelProto.ir_version has the wrong wire type 2, at byte 0"),
      ([0x0B], "groups are not supported, at byte 0"),
      ([0x0F], "wire type 7 does not exist, at byte 0"),
      ([0x3A, 0, 0x3A, 0], "onnx.ModelProto.graph is given twice, at byte 2"),
      ([0x08, 8, 0x08, 8], "onnx.ModelProto.ir_version is given twice, at byte 2"),
      ([0x12, 1, 0xFF], "onnx.ModelProto.producer_name is not UTF-8, at byte 2"),
      ([0x3A, 4, 0x12, 2, 0x61, 0], "onnx.GraphProto.name holds a NUL character, at byte 5"),
    ] as [([UInt8], String)])
  func refusesBrokenBytes(bytes: [UInt8], message: String) {
    refusesONNX(bytes, "is no ONNX model, or damaged: \(message); copy or export it again")
  }

  /// Long names and long lists together take no more than their sum.
  @Test(.timeLimit(.minutes(1))) func readsLongLists() throws {
    let count = 50_000
    let node = SmallONNX.node(
      "Op", ["x"], ["y"] + (0..<count).map { "y\($0)" },
      name: String(repeating: "n", count: 1 << 20),
      attributes: (0..<count).map { SmallONNX.attribute("a\($0)", type: 2, []) })
    let model = try readONNX(
      SmallONNX.model(
        operatorSets: [("", 18)] + (0..<count).map { ("d\($0)", 1) },
        graph: SmallONNX.graph(nodes: [node])))
    #expect(model.operatorSets.count == count + 1)
    #expect(model.graph.nodes.first?.attributes.count == count)
  }

  /// A length in more bytes than it needs is right, but protobuf-c reads only five.
  @Test func refusesWhatTheDecoderDoesNotTake() {
    refusesONNX(
      [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 8],
      "its graph cannot be decoded: it is damaged, or larger than memory; export it again")
  }

  /// Protobuf's own limit; the file takes no room.
  @Test func refusesTwoGibibytes() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.file("m.onnx", SmallONNX.model().bytes)
    #expect(truncate(path, 1 << 31) == 0)
    let error = #expect(throws: ONNXError.self) { try ONNXModel(path: path) }
    #expect(
      error?.description
        == "\(path): has 2147483648 bytes, and no ONNX model has 2 GiB or more without external"
        + " data; it is damaged, or another kind of file")
    #expect(error?.exitStatus == .badData)
  }

  @Test func refusesMissingFiles() throws {
    let error = #expect(throws: FileError.self) { try ONNXModel(path: "none.onnx") }
    #expect(error?.reason == .missing)
  }

  /// Where protobuf-c alone would overflow the stack.
  @Test func refusesDeepNesting() throws {
    #expect(try readONNX(SmallONNX.nested(18)).graph.nodes.count == 1)
    for depth in [19, 10_000] {
      let error = #expect(throws: ONNXError.self) { try readONNX(SmallONNX.nested(depth)) }
      guard case .wire(let wire)? = error?.reason else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(wire.reason == .depth(limit: 64))
    }
  }

  @Test func refusesEveryTruncation() {
    let bytes = SmallONNX.model().bytes
    for count in bytes.indices {
      #expect(throws: ONNXError.self, "\(count)") { try readONNX(Array(bytes[..<count])) }
    }
  }
}
