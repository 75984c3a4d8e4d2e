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

  /// Returns one pruned network for each candidate.
  ///
  /// A group's units are eliminated once, up to the largest count asked of it.
  ///
  /// - Parameters:
  ///   - candidates: Units to remove, [candidate][group].
  ///   - statistics: Of each group's consumer; read by `obs` only.
  /// - Throws: `RefitError`, naming the group.
  public func networks(
    removing candidates: [[Int]], statistics: [GramStatistics]
  ) throws -> [PrunedNetwork] {
    // The refits of different groups run side by side, each on its own thread.
    BLAS.setThreads(1)
    let removals = try concurrentMap(groups.count, threads: threads) { index in
      let counts = Set(candidates.map { $0[index] }).subtracting([0]).sorted()
      return try removalsByCount(of: index, counts, statistics[index])
    }
    return try candidates.map { counts in
      try PrunedNetwork(
        dense.graph, groups: groups,
        removals: counts.enumerated().map { index, count in removals[index][count] })
    }
  }

  private func removalsByCount(
    of index: Int, _ counts: [Int], _ statistics: GramStatistics
  ) throws -> [Int: UnitRemoval] {
    guard let most = counts.last else { return [:] }
    let group = groups[index]
    let weight = dense.floats(group.consumer)
    let outputs = weight.count / group.width
    do {
      switch criterion {
      case .obs:
        let refit = try SecondOrderRefit(
          weight: weight, outputs: outputs, statistics: statistics, unitSize: group.unitSize)
        let elimination = try refit.elimination(removing: most)
        return try Dictionary(
          uniqueKeysWithValues: counts.map { count in
            (count, try refit.refit(kept: elimination.kept(removing: count)))
          })
      case .magnitude, .random:
        let importance = importance(of: index, outputs: outputs, consumer: weight)
        return Dictionary(
          uniqueKeysWithValues: counts.map { count in
            let kept = unitsKept(importance: importance, removing: count)
            return (
              count,
              removalWithoutRefit(
                of: weight, outputs: outputs, unitSize: group.unitSize, kept: kept)
            )
          })
      }
    } catch var error as RefitError {
      error.group = group.name
      throw error
    }
  }

  private func importance(of index: Int, outputs: Int, consumer: [Float]) -> [Double] {
    let group = groups[index]
    guard criterion == .magnitude else {
      return randomImportance(units: group.unitCount, seed: seed, stream: UInt64(index))
    }
    let producers = group.producers.filter { dense.graph[$0].type.rank >= 2 }
    return magnitudeImportance(
      consumer: consumer, outputs: outputs, unitSize: group.unitSize,
      producers: producers.map(dense.floats))
  }
}
