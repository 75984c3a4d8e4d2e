internal import MosaicCore
internal import MosaicIR

/// Writes a graph from a checkpoint's tensors: names each weight with the shape it must have, and
/// collects what is missing or of another shape.
struct GraphBuilder {
  private(set) var graph = Graph()
  /// Weights that the architecture computes and checkpoints do not store.
  private(set) var computed: [String: TensorView] = [:]
  private(set) var expected: [(name: String, shape: [Int])] = []

  mutating func input(_ name: String, _ type: TensorType) -> ValueID {
    graph.addInput(name, type)
  }

  /// A stored weight.
  mutating func weight(_ name: String, _ shape: [Int]) -> ValueID {
    if graph.weight(named: name) == nil { expected.append((name, shape)) }
    return graph.addWeight(name, shape: shape)
  }

  /// A weight computed here.
  mutating func constant(_ name: String, _ values: [Float], shape: [Int]) -> ValueID {
    computed[name] = TensorView(values, shape: shape)
    return graph.addWeight(name, shape: shape)
  }

  mutating func node(
    _ operation: any Operator, _ operands: ValueID..., name: String
  ) throws(GraphError) -> ValueID {
    try nodes(operation, operands, name: name)[0]
  }

  mutating func nodes(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    try graph.add(operation, operands, name: name)
  }

  /// `x · wᵀ + b` with the weights `name.weight` and, if `hasBias`, `name.bias`.
  mutating func linear(
    _ x: ValueID, _ name: String, inner: Int, outer: Int, hasBias: Bool = true
  ) throws(GraphError) -> ValueID {
    var operands = [x, weight("\(name).weight", [outer, inner])]
    if hasBias { operands.append(weight("\(name).bias", [outer])) }
    return try nodes(Linear(), operands, name: name)[0]
  }

  mutating func finish(output: ValueID) -> Graph {
    graph.outputs = [output]
    return graph
  }
}
