public import MosaicIR

/// Coupled axes whose units go together: the weights that make them, what they pass through, and
/// the one weight that takes them up.
public struct PruningGroup: Sendable, Equatable {
  /// What one unit is.
  public enum Kind: String, Sendable {
    case heads
    case neurons
  }

  /// The consumer's node.
  public var name: String
  public var kind: Kind
  public var unitCount: Int
  /// Neighbouring columns of the consumer that make one unit.
  public var unitSize: Int
  /// Weights that lose rows (axis 0), biases included.
  public var producers: [ValueID]
  /// The weight that loses columns (axis 1) and is refitted.
  public var consumer: ValueID
  /// What the mean error is put into; nil where the consumer has no bias.
  public var consumerBias: ValueID?
  /// Multiply-accumulates a sample that go with one unit.
  public var macsPerUnit: Int
  /// Units that must stay: none where all that is done with the consumer's result is to add it to a
  /// residual, so that the whole sub-layer can go and leave its bias.
  public var leastUnits = 1

  /// Columns of the consumer.
  public var width: Int { unitCount * unitSize }
}

/// An axis with producers and a consumer that cannot be pruned, and why.
public struct PinnedAxis: Sendable, Equatable {
  public var name: String
  public var extent: Int
  public var reason: String
}

/// The pruning groups of a graph, found from its operations' axis rules.
public struct PruningGroups: Sendable {
  public let groups: [PruningGroup]
  public let pinned: [PinnedAxis]

  /// - Parameters:
  ///   - state: The input that carries the sampler's state. What does not depend on it sees only
  ///     as many different rows as there are timesteps and classes, too few to refit from.
  public init(of graph: Graph, state: ValueID) throws(GraphError) {
    let dependent = graph.values(dependingOn: state)
    var groups: [PruningGroup] = []
    var pinned: [PinnedAxis] = []
    for axis in AxisCoupling(graph).classes {
      let weights = axis.producers.filter { graph[$0.value].type.rank >= 2 }
      guard !weights.isEmpty, let consumer = axis.consumers.first else { continue }
      let node = graph.nodes[consumer.node]
      let extent = graph[consumer.weight.value].type.shape[consumer.weight.axis].factor
      if let reason = Self.pin(axis, graph, dependent) {
        pinned.append(PinnedAxis(name: node.name, extent: extent, reason: reason))
        continue
      }
      groups.append(
        PruningGroup(
          name: node.name, kind: axis.block > 1 ? .heads : .neurons,
          unitCount: extent / axis.block, unitSize: axis.block,
          producers: axis.producers.map(\.value), consumer: consumer.weight.value,
          consumerBias: node.inputs.count > 2 ? node.inputs[2] : nil, macsPerUnit: 0,
          leastUnits: graph.residualSum(behind: consumer.node) == nil ? 1 : 0))
    }
    for index in groups.indices {
      let fewer = try graph.resizing(groups[index], to: groups[index].unitCount - 1)
      groups[index].macsPerUnit = graph.macs - fewer.macs
    }
    self.groups = groups
    self.pinned = pinned
  }

  private static func pin(
    _ axis: AxisCoupling.Class, _ graph: Graph, _ dependent: Set<ValueID>
  ) -> String? {
    if let reason = axis.pin { return reason }
    if axis.consumers.count > 1 {
      return "\(axis.consumers.count) weights take it up (a residual stream)"
    }
    let extents = axis.slots.map { graph[$0.value].type.shape[$0.axis] }
    guard let extent = extents.first, extents.allSatisfy({ $0 == extent }), extent.isFixed else {
      return "its extents differ along the way"
    }
    guard extent.factor.isMultiple(of: axis.block), extent.factor / axis.block > 1 else {
      return "it is a single unit"
    }
    guard axis.producers.allSatisfy({ $0.axis == 0 }),
      axis.consumers.allSatisfy({ $0.weight.axis == 1 && graph[$0.weight.value].type.rank == 2 })
    else { return "its consumer is not a product" }
    guard axis.slots.contains(where: { dependent.contains($0.value) }) else {
      return "it does not depend on the state, only on timestep and condition"
    }
    return nil
  }
}

extension Graph {
  /// The graph with `units` units left in one group.
  func resizing(_ group: PruningGroup, to units: Int) throws(GraphError) -> Graph {
    try resizing([(group, units)])
  }

  /// The graph with as many units left in each group as said.
  public func resizing(_ groups: [(PruningGroup, Int)]) throws(GraphError) -> Graph {
    var shapes: [ValueID: [Int]] = [:]
    for (group, units) in groups {
      for producer in group.producers {
        var shape = shapes[producer] ?? self[producer].type.shape(batch: 1)
        shape[0] = units * group.unitSize
        shapes[producer] = shape
      }
      var shape = shapes[group.consumer] ?? self[group.consumer].type.shape(batch: 1)
      shape[1] = units * group.unitSize
      shapes[group.consumer] = shape
    }
    return try resizing(weights: shapes)
  }
}
