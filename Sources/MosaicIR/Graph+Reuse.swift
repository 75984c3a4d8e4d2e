/// A value that a step of sampling may take from earlier steps instead of computing it: the branch of
/// a residual sum, before its gate, or the network's output.
public struct ReusableUnit: Sendable, Equatable {
  /// The node that computes the value.
  public var name: String
  public var value: ValueID
  /// Multiply-accumulates that a sample's forward saves where this unit alone is reused.
  public var macs: Int
}

extension Graph {
  /// The units that reuse may serve, in the order they are computed, the network's output last.
  ///
  /// Of the two terms of a residual sum the branch is the one computed from the other, or where the
  /// stream passes through a product of its own the one that more work goes into. Both come from
  /// `state`, or the sum is no residual.
  ///
  /// - Parameter state: The input that changes from step to step as a state does.
  public func reusableUnits(state: ValueID) -> [ReusableUnit] {
    let fromState = values(dependingOn: state)
    var producers: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs { producers[output] = index }
    }
    let whole = macs
    var units: [ReusableUnit] = []
    func add(_ value: ValueID) {
      guard let producer = producers[value], !units.contains(where: { $0.value == value })
      else { return }
      let saved = whole - macs(given: [value])
      guard saved > 0 else { return }
      units.append(ReusableUnit(name: nodes[producer].name, value: value, macs: saved))
    }
    for node in nodes where node.operation is Add {
      guard node.inputs.allSatisfy(fromState.contains), node.inputs[0] != node.inputs[1],
        self[node.inputs[0]].type == self[node.inputs[1]].type
      else { continue }
      let terms = node.inputs.map { term in
        guard let producer = producers[term], nodes[producer].operation is Gate else { return term }
        return nodes[producer].inputs[0]
      }
      if values(dependingOn: terms[0]).contains(terms[1]) {
        add(terms[1])
      } else if values(dependingOn: terms[1]).contains(terms[0]) {
        add(terms[0])
      } else if let branch = terms.min(by: { macs(given: [$0]) < macs(given: [$1]) }) {
        add(branch)
      }
    }
    for output in outputs { add(output) }
    return units.sorted { (producers[$0.value] ?? 0) < (producers[$1.value] ?? 0) }
  }

  /// Multiply-accumulates of one sample's forward for which the values `given` need not be computed.
  public func macs(given: Set<ValueID>) -> Int {
    zip(nodes, liveNodes(given: given)).reduce(0) { $0 + ($1.1 ? cost(of: $1.0).macs : 0) }
  }

  /// The nodes that the outputs need where the values `given` are there.
  public func liveNodes(given: Set<ValueID>) -> [Bool] {
    var needed = Set(outputs).subtracting(given)
    var isLive = [Bool](repeating: false, count: nodes.count)
    for (index, node) in nodes.enumerated().reversed() where !needed.isDisjoint(with: node.outputs)
    {
      isLive[index] = true
      needed.formUnion(Set(node.inputs).subtracting(given))
    }
    return isLive
  }
}
