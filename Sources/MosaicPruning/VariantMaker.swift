public import MosaicAnalysis
public import MosaicLowering
public import MosaicSurgery

/// Makes the network of a step range at any sparsity, refitted to the inputs it meets there.
///
/// Inside a range each step counts by the square of its influence: in the moments that the refit
/// sees, and in the gains of the groups. What has been ordered or made once is kept.
public struct VariantMaker {
  private struct Key: Hashable {
    var steps: Range<Int>
    var sparsity: Double
  }

  private let subject: CalibrationSubject
  private let statistics: CalibrationStatistics
  private let sensitivity: SensitivityReport
  private let spreading: PruningPlan.Spreading
  private let pruner: Pruner
  private let shipped: DenseNetwork
  private let stepWeights: [Double]
  private let masking: MaskedStatistics
  private var orders: [Range<Int>: RemovalOrders] = [:]
  private var variants: [Key: RangeVariant] = [:]

  /// - Parameter shipped: The dense weights as the bundle will hold them, from which the variants
  ///   are made; by default those of the checkpoint.
  public init(
    _ subject: CalibrationSubject, statistics: CalibrationStatistics,
    sensitivity: SensitivityReport, spreading: PruningPlan.Spreading, criterion: Criterion,
    shipped: DenseNetwork? = nil
  ) {
    self.subject = subject
    self.statistics = statistics
    self.sensitivity = sensitivity
    self.spreading = spreading
    self.shipped = shipped ?? subject.dense
    stepWeights = sensitivity.gains.map { $0 * $0 }
    masking = MaskedStatistics(of: subject)
    pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: criterion,
      seed: subject.options.seed, threads: subject.options.threads)
  }

  /// - Throws: `RefitError`, naming the group.
  public mutating func variant(steps: Range<Int>, sparsity: Double) throws -> RangeVariant {
    let key = Key(steps: steps, sparsity: sparsity)
    if let known = variants[key] { return known }
    let orders = try order(of: steps)
    let counts =
      spreading == .uniform
      ? uniformRemovals(of: subject.groups, sparsity: sparsity)
      : subject.removals(
        sparsity: sparsity, orders: orders,
        groupGains: sensitivity.groupGains(
          of: steps, buckets: statistics.buckets, stepWeights: stepWeights))
    let network = try orders.networks(removing: [counts]) { [masking, stepWeights] kept in
      try masking.moments(keeping: kept, steps: steps, stepWeights: stepWeights)
    }[0]
    .rounded(to: { shipped.storage[$0] })
    let made = RangeVariant(
      steps: steps, sparsity: sparsity, network: network,
      predictor: try subject.predictor(of: network, from: shipped))
    variants[key] = made
    return made
  }

  private mutating func order(of steps: Range<Int>) throws -> RemovalOrders {
    if let known = orders[steps] { return known }
    let made = try pruner.order(by: statistics.moments(of: steps, stepWeights: stepWeights))
    orders[steps] = made
    return made
  }
}

extension SensitivityReport {
  /// The gains of the groups over neighbouring buckets, each weighted by its steps' weights.
  func groupGains(
    of steps: Range<Int>, buckets: [Range<Int>], stepWeights: [Double]
  ) -> [GroupGain] {
    let inside = buckets.indices.filter { buckets[$0].overlaps(steps) }
    guard let first = inside.first, !groupGains[first].isEmpty else { return [] }
    return groupGains[first].indices.map { group in
      inside.reduce(into: GroupGain(half: 0, whole: 0)) { sum, bucket in
        let weight = buckets[bucket].reduce(0) { $0 + stepWeights[$1] }
        sum.half += weight * groupGains[bucket][group].half
        sum.whole += weight * groupGains[bucket][group].whole
      }
    }
  }
}
