public import MosaicCore

/// A value of a graph, by its place in `Graph.values`.
public struct ValueID: Hashable, Sendable, Comparable {
  public let index: Int
  public static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// The network as the compiler sees it: typed nodes over named values.
///
/// Weights are named constants whose bytes live elsewhere (`WeightSource`). Nodes are in an order
/// in which each one's inputs are defined before it.
public struct Graph: Sendable {
  public struct Value: Sendable {
    public enum Origin: Sendable, Equatable { case input, weight, node }
    public var name: String
    public var type: TensorType
    public var origin: Origin
  }

  public struct Node: Sendable {
    public var name: String
    public var operation: any Operator
    public var inputs: [ValueID]
    public var outputs: [ValueID]
  }

  public internal(set) var values: [Value] = []
  public internal(set) var nodes: [Node] = []
  public private(set) var inputs: [ValueID] = []
  public var outputs: [ValueID] = []
  private var weightsByName: [String: ValueID] = [:]

  public init() {}

  public subscript(id: ValueID) -> Value { values[id.index] }

  /// The value at a place of `values`.
  public func id(at index: Int) -> ValueID { ValueID(index: index) }

  /// Weights in the order they were added.
  public var weights: [ValueID] {
    values.indices.map(ValueID.init(index:)).filter { self[$0].origin == .weight }
  }

  public func weight(named name: String) -> ValueID? { weightsByName[name] }

  public mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let id = append(Value(name: name, type: type, origin: .input))
    inputs.append(id)
    return id
  }

  /// The weight of this name, added if the graph has none yet.
  public mutating func addWeight(
    _ name: String, shape: [Int], element: DataType = .f32
  ) -> ValueID {
    if let known = weightsByName[name] { return known }
    let type = TensorType(shape.map { Dimension($0) }, element: element)
    let id = append(Value(name: name, type: type, origin: .weight))
    weightsByName[name] = id
    return id
  }

  /// Appends a node; its outputs are named after it.
  ///
  /// - Throws: `GraphError.shape`, naming the node, where the operands do not fit.
  public mutating func add(
    _ operation: any Operator, _ operands: [ValueID], name: String
  ) throws(GraphError) -> [ValueID] {
    let types = try Graph.infer(operation, operands.map { self[$0].type }, node: name)
    let results = types.enumerated().map { index, type in
      append(
        Value(
          name: types.count == 1 ? name : "\(name).\(index)", type: type, origin: .node))
    }
    nodes.append(Node(name: name, operation: operation, inputs: operands, outputs: results))
    return results
  }

  /// Gives the product or convolution with `weight` [outputs, ...] a bias [outputs]: the weight
  /// `name.bias`, after the node.
  public mutating func addBias(besides weight: ValueID) throws(GraphError) -> ValueID {
    guard
      let index = nodes.firstIndex(where: { $0.inputs.count == 2 && $0.inputs[1] == weight }),
      let outputs = self[weight].type.shape.first
    else { throw .missingOutput(self[weight].name) }
    var name = "\(nodes[index].name).bias"
    while weightsByName[name] != nil { name += "'" }
    let bias = addWeight(name, shape: [outputs.factor])
    nodes[index].inputs.append(bias)
    _ = try Graph.infer(
      nodes[index].operation, nodes[index].inputs.map { self[$0].type }, node: nodes[index].name)
    return bias
  }

  /// Keeps the nodes for which `isKept` holds.
  mutating func filterNodes(_ isKept: (Node) -> Bool) { nodes.removeAll { !isKept($0) } }

  /// Reads `replacement` wherever `value` was read.
  mutating func replaceUses(_ replacements: [ValueID: ValueID]) {
    for index in nodes.indices {
      nodes[index].inputs = nodes[index].inputs.map { replacements[$0] ?? $0 }
    }
    outputs = outputs.map { replacements[$0] ?? $0 }
  }

  /// The types of an operation's results.
  ///
  /// - Throws: `GraphError.shape` where the operands do not fit, `.tooLarge` where the results do not
  ///   fit in any memory.
  public static func results(
    of operation: any Operator, _ types: [TensorType], node: String
  ) throws(GraphError) -> [TensorType] { try infer(operation, types, node: node) }

  static func infer(
    _ operation: any Operator, _ types: [TensorType], node: String
  ) throws(GraphError) -> [TensorType] {
    let outputs: [TensorType]
    do throws(ShapeError) {
      outputs = try operation.inferOutputs(from: types)
    } catch {
      throw .shape(node: node, error)
    }
    for output in outputs where output.count == nil {
      throw .tooLarge(node: node, type: output)
    }
    return outputs
  }

  private mutating func append(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(index: values.count - 1)
  }
}

/// A graph is not well formed.
public enum GraphError: Error, Equatable, Sendable, CustomStringConvertible {
  case shape(node: String, ShapeError)
  case undefined(node: String, value: String)
  case redefined(node: String, value: String)
  case type(node: String, value: String, declared: TensorType, inferred: TensorType)
  case missingOutput(String)
  case tooLarge(node: String, type: TensorType)

  /// What is wrong, without the name of the node.
  public var problem: String {
    switch self {
    case .shape(_, let error):
      "expects \(error.expected), found "
        + error.found.map(\.description).joined(separator: ", ")
    case .tooLarge(_, let type):
      "gives \(type), which has more elements than any memory holds"
    default: description
    }
  }

  public var description: String {
    switch self {
    case .shape(let node, let error):
      "node '\(node)' (\(error.operation)): expected \(error.expected), "
        + "found \(error.found.map(\.description).joined(separator: ", "))"
    case .undefined(let node, let value):
      "node '\(node)' reads '\(value)' before anything defines it"
    case .redefined(let node, let value): "node '\(node)' defines '\(value)' a second time"
    case .type(let node, let value, let declared, let inferred):
      "node '\(node)' declares '\(value)' as \(declared) but its operands give \(inferred)"
    case .missingOutput(let value): "nothing defines the output '\(value)'"
    case .tooLarge(let node, let type):
      "node '\(node)' gives \(type), which has more elements than any memory holds"
    }
  }
}
