import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Graphs of a few nodes on inputs of floats, imported and run.
struct ONNXNodes {
  var nodes: [WireMessage]
  var initialisers: [WireMessage] = []
  var inputs: [WireMessage] = [SmallONNX.value("x", shape: [2, 3])]
  var outputs = ["y"]
  var operatorSet = 18

  var model: WireMessage {
    SmallONNX.model(
      operatorSets: [("", operatorSet)],
      graph: SmallONNX.graph(
        nodes: nodes, initialisers: initialisers, inputs: inputs,
        outputs: outputs.map { SmallONNX.value($0, shape: nil) }))
  }

  func network(_ binding: ONNXBinding = ONNXBinding()) throws -> ONNXNetwork {
    try readONNX(model).network(binding)
  }

  func run(_ inputs: [String: Tensor]) throws -> [Tensor] {
    let network = try network(
      ONNXBinding(shapes: inputs.mapValues(\.shape), values: inputs))
    return try network.graph.interpret(inputs: inputs) { id in
      network.weights.tensor(network.graph[id].name).map { Tensor($0) }
    }
  }

  /// Expects the import to end with the whole message.
  func refuses(
    _ message: String, _ status: MosaicCore.ExitStatus,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ONNXError.self, sourceLocation: sourceLocation) { try network() }
    #expect(error?.description == "m.onnx: \(message)", sourceLocation: sourceLocation)
    #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
  }
}

func node(
  _ operation: String, _ inputs: [String], _ outputs: [String] = ["y"], name: String = "",
  domain: String = "", _ attributes: [WireMessage] = []
) -> WireMessage {
  SmallONNX.node(
    operation, inputs, outputs, name: name, domain: domain, attributes: attributes)
}

func integer(_ name: String, _ value: Int) -> WireMessage {
  SmallONNX.attribute(name, type: 2, [.integer(3, value)])
}

func integers(_ name: String, _ values: [Int]) -> WireMessage {
  SmallONNX.attribute(name, type: 7, values.map { .integer(8, $0) })
}

func text(_ name: String, _ value: String) -> WireMessage {
  SmallONNX.attribute(name, type: 3, [.text(4, value)])
}

/// An initialiser of 64-bit integers; a nil shape makes a vector.
func int64s(_ name: String, _ values: [Int], shape: [Int]? = nil) -> WireMessage {
  SmallONNX.tensor(name, shape ?? [values.count], type: 7, values.map { .integer(7, $0) })
}

func bool(_ name: String, _ value: Bool) -> WireMessage {
  SmallONNX.tensor(name, [], type: 9, raw: [value ? 1 : 0])
}

/// An initialiser of ones.
func ones(_ name: String, _ shape: [Int]) -> WireMessage {
  let bytes = [[UInt8]](repeating: [0, 0, 128, 63], count: shape.reduce(1, *)).flatMap { $0 }
  return SmallONNX.tensor(name, shape, raw: bytes)
}

/// An input whose first extent is called `batch`.
func batched(_ name: String, _ rest: [Int], type: Int = 1) -> WireMessage {
  let extents =
    WireMessage.message(1, .text(2, "batch"))
    + WireMessage(rest.map { .message(1, .integer(1, $0)) })
  return SmallONNX.typed(name, extents: extents, type: type)
}

/// A node with the output `y`.
func node(
  _ operation: String, _ inputs: [String], _ attributes: [WireMessage]
) -> WireMessage {
  SmallONNX.node(operation, inputs, ["y"], attributes: attributes)
}
