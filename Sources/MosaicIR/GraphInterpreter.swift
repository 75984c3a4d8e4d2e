/// A value that was read before anything computed it, a weight that is not there, operands without a
/// result, or too little memory.
public struct InterpreterError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case missing
    /// What is wrong with the operands of the node that computes the value.
    case operands(String)
    case memory(needed: Int, limit: Int)
  }

  public var value: String
  public var reason: Reason

  public var description: String {
    switch reason {
    case .missing: "'\(value)' has no value"
    case .operands(let problem): "'\(value)' cannot be computed: \(problem)"
    case .memory(let needed, let limit):
      "'\(value)' needs \(needed) bytes of memory with what is kept beside it, over \(limit)"
    }
  }
}

extension Graph {
  /// Runs the graph node by node, nothing fused: what the lowered program is held against.
  ///
  /// - Parameters:
  ///   - inputs: By the inputs' names, with bound batch.
  ///   - maximumBytes: The most memory that tensors may take, weights apart.
  ///   - weights: A weight's values.
  ///   - observe: Called after each node with its operands and results.
  /// - Returns: The graph's outputs.
  /// - Throws: `InterpreterError`, and what `observe` throws.
  public func interpret(
    inputs: [String: Tensor], maximumBytes: Int = .max, weights: (ValueID) -> Tensor?,
    observe: (Node, [Tensor], [Tensor]) throws -> Void = { _, _, _ in }
  ) throws -> [Tensor] {
    var known: [ValueID: Tensor] = [:]
    for input in self.inputs { known[input] = inputs[self[input].name] }
    let batch = self.batch(of: known)
    func value(_ id: ValueID) throws(InterpreterError) -> Tensor {
      if let tensor = known[id] { return tensor }
      guard self[id].origin == .weight, let tensor = weights(id) else {
        throw InterpreterError(value: self[id].name, reason: .missing)
      }
      return tensor
    }
    var lastUse: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() { for id in node.inputs { lastUse[id] = index } }
    for id in outputs { lastUse[id] = nodes.count }
    var used = known.values.reduce(0) { $0 + $1.memory }
    for (index, node) in nodes.enumerated() {
      let operands = try node.inputs.map(value)
      for id in node.outputs {
        let bytes = self[id].type.memory(batch: batch)
        guard bytes <= maximumBytes - used else {
          let (sum, overflow) = bytes.addingReportingOverflow(used)
          throw InterpreterError(
            value: self[id].name,
            reason: .memory(needed: overflow ? .max : sum, limit: maximumBytes))
        }
        used += bytes
      }
      if let problem = node.operation.problem(with: operands) {
        throw InterpreterError(
          value: node.outputs.first.map { self[$0].name } ?? node.name, reason: .operands(problem))
      }
      let results = node.operation.evaluate(operands)
      try observe(node, operands, results)
      for (id, result) in zip(node.outputs, results) { known[id] = result }
      for id in Set(node.inputs + node.outputs) where (lastUse[id] ?? index) == index {
        guard let tensor = known.removeValue(forKey: id) else { continue }
        used -= self[id].origin == .node ? self[id].type.memory(batch: batch) : tensor.memory
      }
    }
    return try outputs.map(value)
  }

  /// The samples that the tensors given for inputs hold.
  private func batch(of known: [ValueID: Tensor]) -> Int {
    for (id, tensor) in known {
      for (dimension, extent) in zip(self[id].type.shape, tensor.shape)
      where dimension.power == 1 && dimension.factor > 0 {
        return extent / dimension.factor
      }
    }
    return 1
  }
}

extension Tensor {
  /// Bytes that its elements take in memory.
  var memory: Int {
    switch elements {
    case .floats(let values): 4 * values.count
    case .doubles(let values): 8 * values.count
    case .integers(let values): 8 * values.count
    }
  }
}

extension TensorType {
  /// Bytes of a tensor of this type in memory; `Int.max` where that is beyond counting.
  func memory(batch: Int) -> Int {
    let width = element.isFloat && element != .f64 ? 4 : 8
    var bytes = width
    for extent in shape(batch: batch) {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      if overflow { return .max }
      bytes = product
    }
    return bytes
  }
}
