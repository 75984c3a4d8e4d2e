internal import MosaicCore

/// A value that a step of sampling may take from earlier steps instead of computing it: the branch of
/// a residual sum, before its gate, or the network's output.
public struct ReusableUnit: Sendable, Equatable {
  /// The node that computes the value.
  public var name: String
  public var value: ValueID
  /// Multiply-accumulates that a sample's forward saves where this unit alone is reused.
  public var macs: Int
  /// The value that all products of the branch are of, with no product between the residual stream
  /// and it, with the places (tokens, pixels) of `value`: how it changes from step to step tells how
  /// `value` does. nil where there is none.
  public var input: ValueID?
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
    func add(_ value: ValueID, from stream: ValueID? = nil) {
      guard let producer = producers[value], !units.contains(where: { $0.value == value })
      else { return }
      let saved = whole - macs(given: [value])
      guard saved > 0 else { return }
      units.append(
        ReusableUnit(
          name: nodes[producer].name, value: value, macs: saved,
          input: stream.flatMap { branchInput(of: value, from: $0) }))
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
        add(terms[1], from: terms[0])
      } else if values(dependingOn: terms[1]).contains(terms[0]) {
        add(terms[0], from: terms[1])
      } else if let branch = terms.min(by: { macs(given: [$0]) < macs(given: [$1]) }) {
        add(branch)
      }
    }
    for output in outputs { add(output) }
    return units.sorted { (producers[$0.value] ?? 0) < (producers[$1.value] ?? 0) }
  }

  /// The one value that every first product of a branch reads.
  private func branchInput(of value: ValueID, from stream: ValueID) -> ValueID? {
    // What comes of the stream without a product, in graph order.
    var isNear: Set<ValueID> = [stream]
    var inputs: Set<ValueID> = []
    for (node, isLive) in zip(nodes, liveNodes(for: [value], given: [stream])) where isLive {
      let near = node.inputs.filter(isNear.contains)
      if near.isEmpty { continue }
      if cost(of: node).macs > 0 {
        inputs.formUnion(near)
      } else {
        isNear.formUnion(node.outputs)
      }
    }
    guard inputs.count == 1, let input = inputs.first,
      ChannelAxis(of: self[input].type.sampleShape)
        .hasPlaces(of: ChannelAxis(of: self[value].type.sampleShape))
    else { return nil }
    return input
  }

  /// Multiply-accumulates of one sample's forward for which the values `given` need not be computed.
  ///
  /// - Parameter others: Values that are needed beside the outputs.
  public func macs(given: Set<ValueID>, and others: Set<ValueID> = []) -> Int {
    zip(nodes, liveNodes(for: others.union(outputs), given: given))
      .reduce(0) { $0 + ($1.1 ? cost(of: $1.0).macs : 0) }
  }

  /// The nodes that the outputs need where the values `given` are there.
  public func liveNodes(given: Set<ValueID>) -> [Bool] {
    liveNodes(for: Set(outputs), given: given)
  }

  private func liveNodes(for wanted: Set<ValueID>, given: Set<ValueID>) -> [Bool] {
    var needed = wanted.subtracting(given)
    var isLive = [Bool](repeating: false, count: nodes.count)
    for (index, node) in nodes.enumerated().reversed() where !needed.isDisjoint(with: node.outputs)
    {
      isLive[index] = true
      needed.formUnion(Set(node.inputs).subtracting(given))
    }
    return isLive
  }
}
