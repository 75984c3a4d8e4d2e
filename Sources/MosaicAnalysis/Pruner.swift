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
  /// - Parameter moments: Of each group's consumer; read by `obs` only, here and again wherever a
  ///   network is refitted, so that the matrices of one group at a time are in memory.
  /// - Throws: `RefitError`, naming the group.
  public func order(by moments: @escaping Moments) throws -> RemovalOrders {
    // Different groups run side by side, each on its own thread.
    BLAS.setThreads(1)
    let orders = try concurrentMap(groups.count, threads: threads) { index in
      try naming(groups[index]) { try order(of: index, moments) }
    }
    return RemovalOrders(pruner: self, moments: moments, orders: orders)
  }

  fileprivate enum Order: Sendable {
    case secondOrder(Elimination)
    case importance([Double], weight: [Float])
  }

  fileprivate func refit(of index: Int, _ moments: Moments) throws -> SecondOrderRefit {
    let group = groups[index]
    let weight = dense.floats(group.consumer)
    return try SecondOrderRefit(
      weight: weight, outputs: weight.count / group.width, statistics: try moments(index),
      unitSize: group.unitSize)
  }

  private func order(of index: Int, _ moments: Moments) throws -> Order {
    let group = groups[index]
    let weight = dense.floats(group.consumer)
    let outputs = weight.count / group.width
    switch criterion {
    case .obs:
      let refit = try refit(of: index, moments)
      return .secondOrder(try refit.elimination(removing: group.unitCount - group.leastUnits))
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
  fileprivate let moments: Moments
  fileprivate let orders: [Pruner.Order]

  /// Each group's loss with 0, 1, … units gone, up to as many as may go, in the consumer's output;
  /// nil where the criterion knows none.
  public var lossCurves: [[Double]]? {
    var curves: [[Double]] = []
    for order in orders {
      guard case .secondOrder(let elimination) = order else { return nil }
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
      let counts = Set(candidates.map { $0[index] }).subtracting([0]).sorted()
      return try naming(groups[index]) { try self.removals(of: index, counts: counts) }
    }
    return try candidates.map { counts in
      try PrunedNetwork(
        pruner.dense.graph, groups: groups,
        removals: counts.enumerated().map { index, count in removals[index][count] })
    }
  }

  /// What remains of a group's consumer once each of `counts` units is gone, by count.
  private func removals(of index: Int, counts: [Int]) throws -> [Int: UnitRemoval] {
    guard !counts.isEmpty else { return [:] }
    let group = pruner.groups[index]
    switch orders[index] {
    case .secondOrder(let elimination):
      let refit = try pruner.refit(of: index, moments)
      return try Dictionary(
        uniqueKeysWithValues: counts.map {
          ($0, try refit.refit(kept: elimination.kept(removing: $0)))
        })
    case .importance(let importance, let weight):
      return Dictionary(
        uniqueKeysWithValues: counts.map {
          (
            $0,
            removalWithoutRefit(
              of: weight, outputs: weight.count / group.width, unitSize: group.unitSize,
              kept: unitsKept(importance: importance, removing: $0))
          )
        })
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
