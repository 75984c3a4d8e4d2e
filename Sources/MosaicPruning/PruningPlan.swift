public import MosaicAllocation
public import MosaicAnalysis
public import MosaicLowering
public import MosaicSurgery

/// What is to be pruned in every step range, and how a range's sparsity is spread over groups.
public struct PruningPlan: Sendable, Equatable {
  /// How a range's sparsity becomes units of groups.
  public enum Spreading: String, Sendable, CaseIterable {
    /// From each group the same share.
    case uniform
    /// By the groups' loss curves times their gain at the output.
    case loss
  }

  public var ranges: [StepRange]
  public var spreading: Spreading
  public var criterion: Criterion

  public init(_ schedule: SparsitySchedule, spreading: Spreading, criterion: Criterion) {
    ranges = schedule.ranges
    self.spreading = spreading
    self.criterion = criterion
  }

  /// Prunes the dense network once a range, refitted to the inputs it meets there.
  ///
  /// Inside a range each step counts by the square of its influence: in the moments that the refit
  /// sees, and in the gains of the groups.
  ///
  /// - Parameter shipped: The dense weights as the bundle will hold them, from which the variants
  ///   are made; by default those of the checkpoint.
  public func carryOut(
    on subject: CalibrationSubject, statistics: CalibrationStatistics,
    sensitivity: SensitivityReport, shipped: DenseNetwork? = nil, stage: String = "pruning",
    progress: ProgressHandler
  ) throws -> [RangeVariant] {
    let shipped = shipped ?? subject.dense
    let stepWeights = sensitivity.gains.map { $0 * $0 }
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: criterion,
      seed: subject.options.seed, threads: subject.options.threads)
    var variants: [RangeVariant] = []
    for (number, range) in ranges.enumerated() {
      let orders = try pruner.order(
        by: statistics.moments(of: range.steps, stepWeights: stepWeights))
      let counts =
        spreading == .uniform
        ? uniformRemovals(of: subject.groups, sparsity: range.sparsity)
        : subject.removals(
          sparsity: range.sparsity, orders: orders,
          groupGains: sensitivity.groupGains(
            of: range.steps, buckets: statistics.buckets, stepWeights: stepWeights))
      let network = try orders.networks(removing: [counts])[0]
        .rounded(to: { shipped.storage[$0] })
      variants.append(
        RangeVariant(
          steps: range.steps, sparsity: range.sparsity, network: network,
          predictor: try subject.predictor(of: network, from: shipped)))
      try progress(Progress(stage: stage, done: number + 1, total: ranges.count))
    }
    return variants
  }
}

extension SensitivityReport {
  /// The gains of the groups over neighbouring buckets, each weighted by its steps' weights.
  func groupGains(
    of steps: Range<Int>, buckets: [Range<Int>], stepWeights: [Double]
  ) -> [Double] {
    let inside = buckets.indices.filter { buckets[$0].overlaps(steps) }
    guard let first = inside.first, !groupGains[first].isEmpty else { return [] }
    return groupGains[first].indices.map { group in
      inside.reduce(0) { sum, bucket in
        let weight = buckets[bucket].reduce(0) { $0 + stepWeights[$1] }
        return sum + weight * groupGains[bucket][group]
      }
    }
  }
}
