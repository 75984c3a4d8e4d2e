internal import MosaicIR
internal import MosaicKernels
public import MosaicLowering
internal import MosaicRuntime
public import MosaicSurgery

/// Removes units of a dense network's groups by one criterion.
public struct Pruner: Sendable {
  public let dense: DenseNetwork
  public let groups: [PruningGroup]
  public let criterion: Criterion
  public let seed: UInt64
  public let threads: Int

  public init(
    dense: DenseNetwork, groups: [PruningGroup], criterion: Criterion, seed: UInt64, threads: Int
  ) {
    self.dense = dense
    self.groups = groups
    self.criterion = criterion
    self.seed = seed
    self.threads = threads
  }

  /// Orders every group's units by what their removal costs under `statistics`.
  ///
  /// - Parameter statistics: Of each group's consumer; read by `obs` only.
  /// - Throws: `RefitError`, naming the group.
  public func order(by statistics: [GramStatistics]) throws -> RemovalOrders {
    // Different groups run side by side, each on its own thread.
    BLAS.setThreads(1)
    let orders = try concurrentMap(groups.count, threads: threads) { index in
      try naming(groups[index]) { try order(of: index, statistics[index]) }
    }
    return RemovalOrders(pruner: self, orders: orders)
  }

  fileprivate enum Order: Sendable {
    case secondOrder(SecondOrderRefit, Elimination)
    case importance([Double], weight: [Float])
  }

  private func order(of index: Int, _ statistics: GramStatistics) throws -> Order {
    let group = groups[index]
    let weight = dense.floats(group.consumer)
    let outputs = weight.count / group.width
    switch criterion {
    case .obs:
      let refit = try SecondOrderRefit(
        weight: weight, outputs: outputs, statistics: statistics, unitSize: group.unitSize)
      return .secondOrder(refit, try refit.elimination(removing: group.unitCount - 1))
    case .magnitude:
      let producers = group.producers.filter { dense.graph[$0].type.rank >= 2 }
      let importance = magnitudeImportance(
        consumer: weight, outputs: outputs, unitSize: group.unitSize,
        producers: producers.map(dense.floats))
      return .importance(importance, weight: weight)
    case .random:
      return .importance(
        randomImportance(units: group.unitCount, seed: seed, stream: UInt64(index)),
        weight: weight)
    }
  }
}

/// In which order each group's units go, and what the consumer becomes once some are gone.
public struct RemovalOrders: Sendable {
  fileprivate let pruner: Pruner
  fileprivate let orders: [Pruner.Order]

  /// Each group's loss with 0, 1, … units gone, in the consumer's output; nil where the criterion
  /// knows none.
  public var lossCurves: [[Double]]? {
    var curves: [[Double]] = []
    for order in orders {
      guard case .secondOrder(_, let elimination) = order else { return nil }
      curves.append(elimination.lossCurve)
    }
    return curves
  }

  /// Returns one pruned network for each candidate.
  ///
  /// - Parameter candidates: Units to remove, [candidate][group].
  /// - Throws: `RefitError`, naming the group.
  public func networks(removing candidates: [[Int]]) throws -> [PrunedNetwork] {
    BLAS.setThreads(1)
    let groups = pruner.groups
    let removals = try concurrentMap(groups.count, threads: pruner.threads) { index in
      let counts = Set(candidates.map { $0[index] }).subtracting([0])
      return try naming(groups[index]) {
        try Dictionary(
          uniqueKeysWithValues: counts.map { ($0, try removal(of: index, count: $0)) })
      }
    }
    return try candidates.map { counts in
      try PrunedNetwork(
        pruner.dense.graph, groups: groups,
        removals: counts.enumerated().map { index, count in removals[index][count] })
    }
  }

  private func removal(of index: Int, count: Int) throws(RefitError) -> UnitRemoval {
    let group = pruner.groups[index]
    switch orders[index] {
    case .secondOrder(let refit, let elimination):
      return try refit.refit(kept: elimination.kept(removing: count))
    case .importance(let importance, let weight):
      return removalWithoutRefit(
        of: weight, outputs: weight.count / group.width, unitSize: group.unitSize,
        kept: unitsKept(importance: importance, removing: count))
    }
  }
}

/// Runs `body` and names `group` in the error it throws.
private func naming<T>(_ group: PruningGroup, _ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch var error as RefitError {
    error.group = group.name
    throw error
  }
}
