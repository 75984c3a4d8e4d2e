public import MosaicCore

extension Graph {
  /// What becomes of an input when a graph is written again.
  public enum InputChange: Sendable, Equatable {
    case kept
    /// Its elements have another type.
    case typed(DataType)
    /// It is a weight of its name.
    case weight
    /// Nothing reads it.
    case dropped
  }

  /// The graph written again with other inputs, every type inferred anew. Each node has a name of its
  /// own then.
  ///
  /// - Parameters:
  ///   - inF32: Whether floats of every width become f32, as the runtime computes.
  ///   - change: What becomes of each input.
  /// - Throws: `GraphError` where an operation does not take the new types.
  public func rewritten(
    inF32: Bool = false, inputs change: (ValueID) -> InputChange
  ) throws(GraphError) -> Graph {
    func own(_ element: DataType) -> DataType { inF32 && element.isFloat ? .f32 : element }
    var result = Graph()
    var places: [ValueID: ValueID] = [:]
    var names: Set<String> = []
    for input in inputs {
      var type = self[input].type
      type.element = own(type.element)
      switch change(input) {
      case .kept: places[input] = result.addInput(self[input].name, type)
      case .typed(let element):
        type.element = element
        places[input] = result.addInput(self[input].name, type)
      case .weight:
        places[input] = result.addWeight(
          self[input].name, shape: type.shape(batch: 1), element: type.element)
      case .dropped: break
      }
    }
    func place(_ id: ValueID, _ graph: inout Graph) throws(GraphError) -> ValueID {
      if let known = places[id] { return known }
      let value = self[id]
      guard value.origin == .weight else {
        throw .undefined(node: "rewriting", value: value.name)
      }
      let added = graph.addWeight(
        value.name, shape: value.type.shape(batch: 1), element: own(value.type.element))
      places[id] = added
      return added
    }
    for node in nodes {
      var operation = node.operation
      if let cast = operation as? Cast { operation = Cast(to: own(cast.element)) }
      var operands: [ValueID] = []
      for input in node.inputs { operands.append(try place(input, &result)) }
      var (name, number) = (node.name, 2)
      while !names.insert(name).inserted {
        name = "\(node.name).\(number)"
        number += 1
      }
      let outputs = try result.add(operation, operands, name: name)
      for (id, output) in zip(node.outputs, outputs) { places[id] = output }
    }
    var outputs: [ValueID] = []
    for id in self.outputs { outputs.append(try place(id, &result)) }
    result.outputs = outputs
    return result
  }
}
