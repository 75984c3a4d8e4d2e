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
  ///   - kept: Units that stay in each group, ascending; nil leaves the group whole. Where none
  ///     stays, the sub-layer goes and the graph adds its consumers' biases in its place.
  ///   - refits: Of `groups.consumers` those that have lost columns.
  /// - Precondition: Each keeps as many units as its group must.
  public init(
    _ dense: Graph, groups: [PruningGroup], kept: [[Int]?], refits: [ConsumerRefit?]
  ) throws(GraphError) {
    var graph = dense
    var replacements: [ValueID: Replacement] = [:]
    var lost: [ValueID: [Int]] = [:]
    for (group, kept) in zip(groups, kept) {
      guard let kept else { continue }
      precondition(kept.count >= group.leastUnits && kept.count.isMultiple(of: group.balance))
      let gone = removed(kept, of: group.unitCount)
      if kept.isEmpty { continue }
      for row in group.rows { lost[row.value, default: []] += row.places.elements(of: gone) }
    }
    for (weight, rows) in lost {
      replacements[weight] = .rows(removed(rows, of: dense[weight].type.sampleShape[0]))
    }
    for (consumer, refit) in zip(groups.consumers, refits) {
      guard let refit else { continue }
      if !refit.weight.isEmpty { replacements[consumer.weight] = .values(refit.weight) }
      guard refit.biasChange.contains(where: { $0 != 0 }) else { continue }
      if let bias = consumer.bias {
        replacements[bias] = .added(refit.biasChange)
      } else {
        replacements[try graph.addBias(besides: consumer.weight)] = .values(refit.biasChange)
      }
    }
    graph = try graph.resizing(groups, keeping: kept)
    if kept.contains(where: { $0?.isEmpty == true }) { try graph.removeEmptyBranches() }
    self.graph = graph
    self.replacements = replacements
    self.kept = zip(groups, kept).map { group, kept in kept ?? Array(0..<group.unitCount) }
  }

  /// The same for groups of which each has one consumer, and each consumer one group.
  ///
  /// - Parameter removals: One for each group; nil leaves the group whole.
  public init(
    _ dense: Graph, groups: [PruningGroup], removals: [UnitRemoval?]
  ) throws(GraphError) {
    precondition(groups.consumers.count == groups.count)
    try self.init(
      dense, groups: groups, kept: removals.map { $0?.kept },
      refits: removals.map { removal in
        removal.map {
          ConsumerRefit(weight: $0.weight, biasChange: $0.biasChange, loss: $0.loss)
        }
      })
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
  /// Units to remove for a share `sparsity` of them: as many from every run that a norm takes
  /// statistics over, of which one always stays.
  public func removalCount(at sparsity: Double) -> Int {
    let run = unitCount / balance
    return balance * min(run - 1, max(0, Int((sparsity * Double(run)).rounded())))
  }
}
