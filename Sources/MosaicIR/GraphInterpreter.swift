/// A value that was read before anything computed it, or a weight that is not there.
public struct InterpreterError: Error, Equatable, Sendable, CustomStringConvertible {
  public var value: String
  public var description: String { "'\(value)' has no value" }
}

extension Graph {
  /// Runs the graph node by node, nothing fused: what the lowered program is held against.
  ///
  /// - Parameters:
  ///   - inputs: By the inputs' names, with bound batch.
  ///   - weights: A weight's values.
  ///   - observe: Called after each node with its operands and results.
  /// - Returns: The graph's outputs.
  public func interpret(
    inputs: [String: Tensor], weights: (ValueID) -> Tensor?,
    observe: (Node, [Tensor], [Tensor]) throws -> Void = { _, _, _ in }
  ) throws -> [Tensor] {
    var known: [ValueID: Tensor] = [:]
    for input in self.inputs { known[input] = inputs[self[input].name] }
    func value(_ id: ValueID) throws(InterpreterError) -> Tensor {
      if let tensor = known[id] { return tensor }
      guard self[id].origin == .weight, let tensor = weights(id) else {
        throw InterpreterError(value: self[id].name)
      }
      return tensor
    }
    var lastUse: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() { for id in node.inputs { lastUse[id] = index } }
    for id in outputs { lastUse[id] = nodes.count }
    for (index, node) in nodes.enumerated() {
      let operands = try node.inputs.map(value)
      let results = node.operation.evaluate(operands)
      try observe(node, operands, results)
      for (id, result) in zip(node.outputs, results) { known[id] = result }
      for id in node.inputs where lastUse[id] == index { known[id] = nil }
    }
    return try outputs.map(value)
  }
}
