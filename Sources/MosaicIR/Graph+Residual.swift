extension Graph {
  /// The sum that takes a branch back into the stream it left.
  public struct ResidualSum: Sendable, Equatable {
    /// The node that adds.
    public var node: Int
    /// What the branch is added to.
    public var stream: ValueID
    /// What the branch is multiplied by, where something is.
    public var gate: ValueID?
  }

  /// Where the result of a node goes if all that is done with it is to add it, gated or not, to a
  /// value of its type; nil where it does anything else.
  public func residualSum(behind node: Int) -> ResidualSum? {
    guard nodes[node].outputs.count == 1, var reader = soleReader(of: nodes[node].outputs[0])
    else { return nil }
    var branch = nodes[node].outputs[0]
    var gate: ValueID?
    if nodes[reader].operation is Gate, nodes[reader].inputs[0] == branch {
      gate = nodes[reader].inputs[1]
      branch = nodes[reader].outputs[0]
      guard let next = soleReader(of: branch) else { return nil }
      reader = next
    }
    guard nodes[reader].operation is Add,
      let stream = nodes[reader].inputs.first(where: { $0 != branch }),
      self[stream].type == self[branch].type, self[stream].type.rank >= 2
    else { return nil }
    return ResidualSum(node: reader, stream: stream, gate: gate)
  }

  /// The one node that reads `value` once, where nothing else does.
  private func soleReader(of value: ValueID) -> Int? {
    guard !outputs.contains(value) else { return nil }
    var found: Int?
    for (index, node) in nodes.enumerated() {
      for input in node.inputs where input == value {
        guard found == nil else { return nil }
        found = index
      }
    }
    return found
  }
}
