public import MosaicIR

/// The pruning groups of a graph, found from its operations' axis rules.
public struct PruningGroups: Sendable {
  public let groups: [PruningGroup]
  public let pinned: [PinnedAxis]

  /// - Parameters:
  ///   - state: The input that carries the sampler's state. What does not depend on it sees only
  ///     as many different rows as there are timesteps and classes, too few to refit from.
  public init(of graph: Graph, state: ValueID) {
    let search = GroupSearch(graph, state: state)
    var found: [PruningGroup?] = []
    var pinned: [PinnedAxis] = []
    var known: Set<PinnedAxis> = []
    for family in search.families {
      guard let consumer = search.consumers(of: family).first, search.hasProducer(family) else {
        continue
      }
      let name = graph.nodes[consumer.node].name
      let extent = family.axes.first { $0.slot == consumer.slot }?.count ?? 0
      func pin(_ reason: String) {
        let axis = PinnedAxis(name: name, extent: extent, reason: reason)
        if known.insert(axis).inserted { pinned.append(axis) }
      }
      switch search.group(of: family) {
      case .group(let group): found.append(group)
      case .pinned(let reason): pin(reason)
      }
    }
    Self.dropOverlaps(&found, graph, &pinned)
    groups = Self.withoutLast(found.compactMap { $0 }, graph)
    self.pinned = pinned
  }

  /// A weight is refitted for the units of its columns, so its rows belong to no other group. Of two
  /// groups that meet in a weight the one with more work stays.
  private static func dropOverlaps(
    _ found: inout [PruningGroup?], _ graph: Graph, _ pinned: inout [PinnedAxis]
  ) {
    var rows: [ValueID: String] = [:]
    var columns: [ValueID: String] = [:]
    let order = found.indices.sorted { a, b in
      let work = [a, b].map { found[$0]?.macs ?? 0 }
      return (work[1], a) < (work[0], b)
    }
    for index in order {
      guard let group = found[index] else { continue }
      let taken = group.consumptions.map(\.consumer.weight)
      let other =
        group.producers.lazy.compactMap { columns[$0] }.first
        ?? taken.lazy.compactMap { rows[$0] }.first
      if let other {
        pinned.append(
          PinnedAxis(
            name: group.name, extent: group.width,
            reason: "a weight of it is a weight of the group '\(other)' too"))
        found[index] = nil
        continue
      }
      for weight in group.producers { rows[weight] = group.name }
      for weight in taken { columns[weight] = group.name }
    }
  }

  /// Keeps a unit in groups that share their consumer: without one of them the product is still there.
  private static func withoutLast(_ groups: [PruningGroup], _ graph: Graph) -> [PruningGroup] {
    var uses: [ValueID: Int] = [:]
    for group in groups {
      for use in group.consumptions { uses[use.consumer.weight, default: 0] += 1 }
    }
    return groups.map { group in
      var group = group
      if group.consumptions.contains(where: { uses[$0.consumer.weight, default: 0] > 1 }) {
        group.leastUnits = max(group.leastUnits, 1)
      }
      return group
    }
  }
}
