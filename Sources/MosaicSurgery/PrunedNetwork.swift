public import MosaicIR

/// A network with units of its groups removed: the smaller graph, and what its weights are.
public struct PrunedNetwork: Sendable {
  /// How a weight differs from the dense one of the same value.
  public enum Replacement: Sendable, Equatable {
    /// These rows (axis 0) of it, ascending.
    case rows([Int])
    /// Other values.
    case values([Float])
    /// These values on top of it.
    case added([Float])
  }

  public let graph: Graph
  /// Units kept in each group, ascending.
  public let kept: [[Int]]
  /// Weights that are not the dense ones.
  public let replacements: [ValueID: Replacement]

  /// - Parameters:
  ///   - removals: One for each group; nil leaves the group whole. Where one keeps nothing, the
  ///     sub-layer goes and the graph adds the consumer's bias in its place.
  /// - Precondition: Each keeps as many units as its group must.
  public init(
    _ dense: Graph, groups: [PruningGroup], removals: [UnitRemoval?]
  ) throws(GraphError) {
    var graph = dense
    var replacements: [ValueID: Replacement] = [:]
    var resized: [(PruningGroup, Int)] = []
    for (group, removal) in zip(groups, removals) {
      guard let removal else { continue }
      precondition(removal.kept.count >= group.leastUnits)
      resized.append((group, removal.kept.count))
      if !removal.kept.isEmpty {
        let rows = columnsOfUnits(removal.kept, unitSize: group.unitSize)
        for producer in group.producers { replacements[producer] = .rows(rows) }
        replacements[group.consumer] = .values(removal.weight)
      }
      guard removal.biasChange.contains(where: { $0 != 0 }) else { continue }
      if let bias = group.consumerBias {
        replacements[bias] = .added(removal.biasChange)
      } else {
        let bias = try graph.addBias(toNode: group.name, outputs: removal.biasChange.count)
        replacements[bias] = .values(removal.biasChange)
      }
    }
    graph = try graph.resizing(resized)
    if resized.contains(where: { $0.1 == 0 }) { try graph.removeEmptyBranches() }
    self.graph = graph
    self.replacements = replacements
    kept = zip(groups, removals).map { group, removal in
      removal?.kept ?? Array(0..<group.unitCount)
    }
  }

  /// Multiply-accumulates a sample.
  public var macs: Int { graph.macs }
}

extension Graph {
  /// Leaves of branches without units what they add: a bias.
  fileprivate mutating func removeEmptyBranches() throws(GraphError) {
    do throws(PassError) {
      try run([ReplaceEmptyProducts(), EliminateDeadNodes()])
    } catch {
      throw error.error
    }
  }
}

extension PruningGroup {
  /// Units to remove for a share `sparsity` of them; one always stays.
  public func removalCount(at sparsity: Double) -> Int {
    min(unitCount - 1, max(0, Int((sparsity * Double(unitCount)).rounded())))
  }
}
