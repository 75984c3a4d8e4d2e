extension Graph {
  /// The graph with elements gone from axes of its values; operations that hold extents or places
  /// themselves follow.
  ///
  /// - Parameter lost: By value and axis the elements that are gone, ascending.
  /// - Throws: `GraphError` where the axes of a node do not lose elements together.
  public func resizing(losing lost: [ValueID: [Int: [Int]]]) throws(GraphError) -> Graph {
    var result = self
    for (id, axes) in lost {
      for (axis, elements) in axes {
        result.values[id.index].type.shape[axis].factor -= elements.count
      }
    }
    for (index, node) in nodes.enumerated() {
      guard (node.inputs + node.outputs).contains(where: { lost[$0] != nil }) else { continue }
      let inputs = node.inputs.map { result[$0].type }
      let operation = node.operation.resized(
        inputs, to: node.outputs.map { result[$0].type },
        lost: { axis in
          switch axis.operand {
          case .input(let index): lost[node.inputs[index]]?[axis.axis] ?? []
          case .output(let index): lost[node.outputs[index]]?[axis.axis] ?? []
          }
        })
      result.nodes[index].operation = operation
      let inferred = try Graph.infer(operation, inputs, node: node.name)
      for (output, type) in zip(node.outputs, inferred) where result[output].type != type {
        throw .type(
          node: node.name, value: self[output].name, declared: result[output].type, inferred: type)
      }
    }
    return result
  }
}
