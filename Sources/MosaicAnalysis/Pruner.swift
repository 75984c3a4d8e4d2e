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
  /// What takes the groups' units up, each once.
  let consumers: [GroupConsumer]

  public init(
    dense: DenseNetwork, groups: [PruningGroup], criterion: Criterion, seed: UInt64, threads: Int
  ) {
    self.dense = dense
    self.groups = groups
    self.criterion = criterion
    self.seed = seed
    self.threads = threads
    consumers = groups.consumers
  }

  /// Orders every group's units by what their removal costs under `statistics`.
  ///
  /// - Parameter moments: Of each consumer; read by `obs` only, here and again wherever a network is
  ///   refitted, so that the matrices of one group at a time are in memory.
  /// - Throws: `RefitError`, naming the group.
  public func order(by moments: @escaping Moments) throws -> RemovalOrders {
    // Different groups run side by side, each on its own thread.
    BLAS.setThreads(1)
    let orders = try concurrentMap(groups.count, threads: threads) { index in
      try naming(groups[index].name) { try order(of: index, moments) }
    }
    return RemovalOrders(pruner: self, moments: moments, orders: orders)
  }

  fileprivate enum Order: Sendable {
    case secondOrder(Elimination)
    case importance([Double], balance: Int)

    /// The units left, ascending, once `count` are gone.
    func kept(removing count: Int) -> [Int] {
      switch self {
      case .secondOrder(let elimination): elimination.kept(removing: count)
      case .importance(let importance, let balance):
        importance.unitsKept(removing: count, balance: balance)
      }
    }
  }

  fileprivate func refit(of consumer: Int, _ moments: Moments) throws -> SecondOrderRefit {
    let weight = dense.floats(consumers[consumer].weight)
    return try SecondOrderRefit(
      weight: weight, outputs: weight.count / consumers[consumer].columns,
      statistics: try moments(consumer), unitSize: 1)
  }

  private func order(of index: Int, _ moments: Moments) throws -> Order {
    let group = groups[index]
    switch criterion {
    case .obs:
      let refits = try group.consumptions.map { use in
        let number = consumers.firstIndex(of: use.consumer) ?? 0
        return (refit: try refit(of: number, moments), places: use.places)
      }
      return .secondOrder(
        try Elimination(
          of: group.unitCount - group.leastUnits, among: group.unitCount, takenUpBy: refits,
          balance: group.balance))
    case .magnitude:
      return .importance(
        group.magnitudes(in: dense.graph, weights: dense.floats), balance: group.balance)
    case .random:
      return .importance(
        randomImportance(units: group.unitCount, seed: seed, stream: UInt64(index)),
        balance: group.balance)
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
  /// - Parameters:
  ///   - candidates: Units to remove, [candidate][group].
  ///   - masked: Moments of consumers behind norms over fewer channels, for the units that groups
  ///     keep; those consumers are refitted by them.
  /// - Throws: `RefitError`, naming the consumer.
  public func networks(
    removing candidates: [[Int]],
    masked: (([[Int]?]) throws -> [Int: MaskedMoments])? = nil
  ) throws -> [PrunedNetwork] {
    BLAS.setThreads(1)
    let refits = try concurrentMap(pruner.consumers.count, threads: pruner.threads) { index in
      try naming(pruner.consumers[index].name) {
        try self.refits(of: index, candidates: candidates)
      }
    }
    return try candidates.map { counts in
      let kept = kept(removing: counts)
      var own = refits.map { $0[counts] ?? nil }
      if pruner.criterion == .obs, let masked {
        for (index, moments) in try masked(kept) where own[index] != nil {
          let lost = lost(of: index, counts)
          // They may be of networks where more groups lose units.
          let left = Set(moments.columns).subtracting(lost)
          guard left.count + lost.count == pruner.consumers[index].columns else { continue }
          own[index] = try naming(pruner.consumers[index].name) {
            try maskedRefit(of: index, moments, lost)
          }
        }
      }
      return try PrunedNetwork(
        pruner.dense.graph, groups: pruner.groups, kept: kept, refits: own)
    }
  }

  /// The units that groups keep, ascending; nil for all.
  func kept(removing counts: [Int]) -> [[Int]?] {
    zip(orders, counts).map { $1 > 0 ? $0.kept(removing: $1) : nil }
  }

  private func maskedRefit(
    of index: Int, _ moments: MaskedMoments, _ lost: [Int]
  ) throws -> ConsumerRefit {
    try MaskedRefit(
      weight: pruner.dense.floats(pruner.consumers[index].weight), columns: moments.columns,
      joint: moments.joint
    ).refit(removing: lost)
  }

  /// The columns that a consumer loses, ascending.
  private func lost(of index: Int, _ counts: [Int]) -> [Int] {
    uses(of: index).flatMap { number, places in
      let kept = Set(orders[number].kept(removing: counts[number]))
      return places.elements(
        of: (0..<pruner.groups[number].unitCount).filter { !kept.contains($0) })
    }.sorted()
  }

  /// The groups whose units a consumer takes up, and where.
  private func uses(of index: Int) -> [(group: Int, places: UnitPlaces)] {
    let consumer = pruner.consumers[index]
    return pruner.groups.enumerated().flatMap { number, group in
      group.consumptions.filter { $0.consumer == consumer }.map { (number, $0.places) }
    }
  }

  /// What a consumer becomes for each of `candidates`; nil where it keeps all of its columns.
  ///
  /// Groups that share the consumer lose their columns together, and one solve makes up for all.
  private func refits(
    of index: Int, candidates: [[Int]]
  ) throws -> [[Int]: ConsumerRefit?] {
    let consumer = pruner.consumers[index]
    let uses = uses(of: index)
    var known: [[Int]: ConsumerRefit] = [:]
    var solver: SecondOrderRefit?
    var refits: [[Int]: ConsumerRefit?] = [:]
    for counts in candidates {
      let own = uses.map { counts[$0.group] }
      guard own.contains(where: { $0 > 0 }) else {
        refits[counts] = .some(nil)
        continue
      }
      if let refit = known[own] {
        refits[counts] = refit
        continue
      }
      let lost = lost(of: index, counts)
      let refit: ConsumerRefit
      if case .secondOrder = orders[uses[0].group] {
        let made = try solver ?? pruner.refit(of: index, moments)
        solver = made
        refit = try made.refit(removing: lost)
      } else {
        refit = ConsumerRefit(
          of: pruner.dense.floats(consumer.weight), columns: consumer.columns, removing: lost)
      }
      known[own] = refit
      refits[counts] = refit
    }
    return refits
  }
}

/// Runs `body` and names `group` in the error it throws.
private func naming<T>(_ group: String, _ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch var error as RefitError {
    error.group = group
    throw error
  }
}
