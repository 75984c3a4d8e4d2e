extension Graph {
  /// Checks that every value is defined once and before its use, and that every declared type is
  /// what the operands give.
  public func verify() throws(GraphError) {
    var isDefined = values.map { $0.origin != .node }
    for node in nodes {
      for input in node.inputs where !isDefined[input.index] {
        throw .undefined(node: node.name, value: self[input].name)
      }
      let inferred = try Graph.infer(
        node.operation, node.inputs.map { self[$0].type }, node: node.name)
      for (output, type) in zip(node.outputs, inferred) {
        guard !isDefined[output.index] else {
          throw .redefined(node: node.name, value: self[output].name)
        }
        guard self[output].type == type else {
          throw .type(
            node: node.name, value: self[output].name, declared: self[output].type,
            inferred: type)
        }
        isDefined[output.index] = true
      }
    }
    for output in outputs where !isDefined[output.index] {
      throw .missingOutput(self[output].name)
    }
  }
}
