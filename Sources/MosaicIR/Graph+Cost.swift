extension Graph {
  /// Multiply-accumulates of all products and convolutions, for one sample.
  public var macs: Int {
    nodes.reduce(0) { sum, node in
      let (next, overflow) = sum.addingReportingOverflow(cost(of: node).macs)
      return overflow ? .max : next
    }
  }

  /// Elements of all weights that nodes read.
  public var parameterCount: Int {
    let used = Set(nodes.flatMap(\.inputs)).filter { self[$0].origin == .weight }
    return used.reduce(0) { $0 + self[$1].type.sampleCount }
  }

  public func cost(of node: Node) -> Cost {
    node.operation.cost(
      of: node.inputs.map { self[$0].type }, outputs: node.outputs.map { self[$0].type })
  }

  /// The values that depend on `source`, itself included.
  public func values(dependingOn source: ValueID) -> Set<ValueID> {
    var reached: Set<ValueID> = [source]
    for node in nodes where !reached.isDisjoint(with: node.inputs) {
      reached.formUnion(node.outputs)
    }
    return reached
  }
}
