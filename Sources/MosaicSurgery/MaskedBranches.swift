public import MosaicIR

/// The dense graph with branches beside it that have lost the channels of groups under group norms:
/// what the consumers of these groups will read, computed from dense values.
///
/// A norm takes its statistics over the channels that are left, so this is no part of what the dense
/// graph computes.
public struct MaskedBranches: Sendable {
  /// What one consumer reads once its groups have lost units.
  public struct Reading: Sendable {
    /// Index into the groups' consumers.
    public var consumer: Int
    /// The result of a node whose operand is what the consumer reads.
    public var probe: ValueID
    /// The columns of the consumer that are there, ascending.
    public var columns: [Int]
  }

  /// Computes the dense output; nothing reads the results of the branches.
  public let graph: Graph
  public let readings: [Reading]
  /// Weights that only branches read: these rows of dense ones.
  public let rows: [ValueID: (source: ValueID, rows: [Int])]

  /// - Parameter kept: Units that stay in each group, ascending; nil for all.
  /// - Returns: Nil where no group under a norm loses units.
  public init?(
    of dense: Graph, groups: [PruningGroup], keeping kept: [[Int]?]
  ) throws(GraphError) {
    let losing = kept.indices.map { index -> [Int]? in
      guard let own = kept[index], groups[index].balance > 1, !own.isEmpty,
        own.count < groups[index].unitCount
      else { return nil }
      return own
    }
    guard losing.contains(where: { $0 != nil }) else { return nil }
    var builder = BranchBuilder(
      dense, groups, losing, sliced: try dense.resizing(groups, keeping: losing))
    for index in dense.nodes.indices { try builder.copy(index) }
    for (number, consumer) in groups.consumers.enumerated() {
      try builder.read(number, consumer)
    }
    graph = builder.graph
    readings = builder.readings
    rows = builder.rows
  }
}

private struct BranchBuilder {
  let dense: Graph
  let sliced: Graph
  let groups: [PruningGroup]
  let kept: [[Int]?]
  /// Groups that a value's axes carry, and the elements that each of its axes keeps.
  var carried: [ValueID: Set<Int>] = [:]
  var places: [ValueID: [Int: [Int]]] = [:]
  var graph: Graph
  var copies: [ValueID: ValueID] = [:]
  var readings: [MaskedBranches.Reading] = []
  var rows: [ValueID: (source: ValueID, rows: [Int])] = [:]

  init(_ dense: Graph, _ groups: [PruningGroup], _ kept: [[Int]?], sliced: Graph) {
    (self.dense, self.sliced, self.groups, self.kept, graph) = (dense, sliced, groups, kept, dense)
    var gone: [ValueID: [Int: [Int]]] = [:]
    for (number, group) in groups.enumerated() {
      guard let own = kept[number] else { continue }
      let lost = removed(own, of: group.unitCount)
      for axis in group.rows + group.axes {
        carried[axis.value, default: []].insert(number)
        gone[axis.value, default: [:]][axis.axis, default: []] += axis.places.elements(of: lost)
      }
    }
    for (value, axes) in gone {
      let shape = dense[value].type.shape
      places[value] = Dictionary(
        uniqueKeysWithValues: axes.map { ($0, removed($1, of: shape[$0].factor)) })
    }
  }

  /// Writes a node that groups pass through once more; where they begin, their channels are chosen
  /// from what is there.
  mutating func copy(_ index: Int) throws(GraphError) {
    let node = dense.nodes[index]
    let own = node.outputs.reduce(into: Set<Int>()) { $0.formUnion(carried[$1] ?? []) }
    guard !own.isEmpty else { return }
    func isPassed(_ id: ValueID) -> Bool { !(carried[id] ?? []).isDisjoint(with: own) }
    guard node.inputs.contains(where: { dense[$0].origin != .weight && isPassed($0) }) else {
      for output in node.outputs { try choose(output) }
      return
    }
    var operands: [ValueID] = []
    for input in node.inputs {
      guard isPassed(input) else {
        operands.append(input)
        continue
      }
      operands.append(dense[input].origin == .weight ? slice(input) : copies[input] ?? input)
    }
    let results = try graph.add(
      sliced.nodes[index].operation, operands, name: "\(node.name).masked")
    for (output, result) in zip(node.outputs, results) { copies[output] = result }
  }

  private mutating func choose(_ value: ValueID) throws(GraphError) {
    var result = value
    for (axis, kept) in (places[value] ?? [:]).sorted(by: { $0.key < $1.key }) {
      let sums = kept.map { Resample.Sum(sources: [$0], weights: [1]) }
      result = try graph.add(
        Resample(axis: axis, sums: sums), [result], name: "\(dense[value].name).kept")[0]
    }
    copies[value] = result
  }

  /// The rows of a weight that stay.
  private mutating func slice(_ weight: ValueID) -> ValueID {
    if let known = copies[weight] { return known }
    let kept = places[weight]?[0] ?? []
    var shape = dense[weight].type.shape(batch: 1)
    shape[0] = kept.count
    let own = graph.addWeight("\(dense[weight].name).kept", shape: shape)
    rows[own] = (weight, kept)
    copies[weight] = own
    return own
  }

  mutating func read(_ number: Int, _ consumer: GroupConsumer) throws(GraphError) {
    guard
      let node = dense.nodes.first(where: {
        $0.inputs.count > 1 && $0.inputs[1] == consumer.weight
      }), let input = copies[node.inputs[0]]
    else { return }
    var gone: [Int] = []
    for (group, own) in zip(groups, kept) {
      guard let own else { continue }
      let lost = removed(own, of: group.unitCount)
      for use in group.consumptions where use.consumer == consumer {
        gone += use.places.elements(of: lost)
      }
    }
    let probe = try graph.add(
      ElementwiseUnary(.negate), [input], name: "\(consumer.name).probe")[0]
    readings.append(
      MaskedBranches.Reading(
        consumer: number, probe: probe, columns: removed(gone, of: consumer.columns)))
  }
}
