import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

/// Weights in memory.
struct MemoryWeights: WeightSource {
  var tensors: [String: Tensor] = [:]
  func tensor(_ name: String) -> TensorView? { tensors[name]?.view }
}

/// A graph on the way, and what simplification makes of it.
struct PatternBuilder {
  var graph = Graph()
  var weights = MemoryWeights()
  var count = 0

  mutating func input(_ name: String, _ shape: [Dimension]) -> ValueID {
    graph.addInput(name, TensorType(shape))
  }

  mutating func weight(_ shape: Int..., seed: UInt64 = 1) -> ValueID {
    var random = SplitMix64(seed: seed)
    return constant(Tensor(random.floats(shape.reduce(1, *)), shape: shape))
  }

  mutating func integer(_ value: Int) -> ValueID {
    count += 1
    let tensor = Tensor(integers: [Int64(value)], shape: [])
    weights.tensors["w\(count)"] = tensor
    return graph.addWeight("w\(count)", shape: [], element: .i64)
  }

  mutating func number(_ value: Float) -> ValueID { constant(Tensor([value], shape: [])) }

  mutating func constant(_ tensor: Tensor) -> ValueID {
    count += 1
    weights.tensors["w\(count)"] = tensor
    return graph.addWeight("w\(count)", shape: tensor.shape)
  }

  mutating func add(_ operation: any Operator, _ operands: ValueID...) throws -> ValueID {
    count += 1
    return try graph.add(operation, operands, name: "v\(count)")[0]
  }

  mutating func unary(
    _ function: ElementwiseUnary.Function, _ x: ValueID
  ) throws -> ValueID { try add(ElementwiseUnary(function), x) }

  mutating func binary(
    _ function: ElementwiseBinary.Function, _ a: ValueID, _ b: ValueID
  ) throws -> ValueID { try add(ElementwiseBinary(function), a, b) }

  /// Expects the names of the operations after, and the same results within rounding, at batch 3.
  func expect(
    _ names: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let simplified = try graph.simplified(weights: weights)
    try simplified.graph.verify()
    #expect(simplified.graph.nodes.map(\.operation.name) == names, sourceLocation: sourceLocation)
    let again = try simplified.graph.simplified(weights: simplified.weights)
    #expect(again.graph.nodes.map(\.operation.name) == names, sourceLocation: sourceLocation)
    var random = SplitMix64(seed: 3)
    var inputs: [String: Tensor] = [:]
    for id in graph.inputs {
      let shape = graph[id].type.shape(batch: 3)
      inputs[graph[id].name] = Tensor(random.floats(shape.reduce(1, *)), shape: shape)
    }
    func run(_ graph: Graph, _ weights: any WeightSource) throws -> [Float] {
      try graph.interpret(inputs: inputs) { id in weights.tensor(graph[id].name).map { Tensor($0) }
      }[0]
      .floats
    }
    let before = try run(graph, weights)
    let after = try run(simplified.graph, simplified.weights)
    #expect(
      zip(before, after).allSatisfy { abs($0 - $1) <= 2e-5 * max(1, abs($0)) },
      sourceLocation: sourceLocation)
    #expect(before.count == after.count, sourceLocation: sourceLocation)
  }
}
