internal import MosaicCore
internal import MosaicRuntime
public import MosaicSurgery

/// Measures, on held-out samples, what pruning costs at every step and level, and what of a step's
/// error arrives at the final sample.
///
/// Each level's network is refitted in every bucket. A step's own error is the pruned output on the
/// dense state; its arrival is measured by finishing the dense trajectory from it, at the probe
/// levels, and interpolated between them in the logarithm of the gain.
public struct SensitivityPass {
  private let subject: CalibrationSubject
  private let statistics: CalibrationStatistics
  private let criterion: Criterion
  private let masking: MaskedStatistics
  /// Of each bucket, once ordered.
  private var orders: [RemovalOrders] = []
  public private(set) var samples: SensitivitySamples

  public init(
    _ subject: CalibrationSubject, statistics: CalibrationStatistics, criterion: Criterion
  ) {
    self.subject = subject
    self.statistics = statistics
    self.criterion = criterion
    masking = MaskedStatistics(of: subject)
    samples = SensitivitySamples(
      influence: subject.options.influence, levels: subject.options.levels,
      probes: subject.options.probes, steps: subject.trajectory.steps.count, groupGains: [])
  }

  /// Measures samples until there are `count`; those there are stay as they are.
  public mutating func grow(to count: Int, progress: ProgressHandler) throws {
    while samples.count < count {
      // Parts of a fixed size, so that what a sample gives does not depend on when it was asked for.
      let part = min(Self.partSize, count - samples.count)
      try measure(part, progress: progress)
    }
  }

  /// Buckets on either side whose moments a bucket's networks are refitted to as well: a variant
  /// serves a range of them, and what is measured should be what a variant costs.
  private static let reach = 1

  /// Samples whose trajectories are followed side by side.
  private static let partSize = 64

  private mutating func measure(_ count: Int, progress: ProgressHandler) throws {
    let base = try subject.trajectories(
      from: SampleStart.sensitivity + samples.count, samples: count, progress: progress)
    let (errors, probed) = try ownErrors(on: base, progress: progress)
    let size = subject.predictor.stateSize
    var products: [[Double]] = []
    switch samples.influence {
    case .measured:
      for (number, outputs) in probed.enumerated() {
        let stage = "influence \(number + 1)/\(probed.count)"
        let deltas = try subject.propagate(outputs, in: base) {
          try progress(Progress(stage: stage, done: $0, total: samples.steps))
        }
        products.append(sampleProducts(deltas, samples: count, size: size))
      }
    case .scalar:
      let own = zip(probed[probed.count - 1], base.outputs).map { pruned, dense in
        zip(pruned, dense).map { $0 - $1 }
      }
      products.append(sampleProducts(own, samples: count, size: size))
    }
    samples.append(errors: errors, products: products)
  }

  /// - Returns: Each sample's error at every step and level, and the outputs at the probe levels,
  ///   [probe][step].
  private mutating func ownErrors(
    on base: DenseTrajectories, progress: ProgressHandler
  ) throws -> (errors: [Double], probed: [[[Float]]]) {
    let (steps, levels) = (samples.steps, samples.levels)
    let size = subject.predictor.stateSize
    var errors = [Double](repeating: 0, count: base.labels.count * steps * levels.count)
    var probed = samples.probes.map { _ in [[Float]](repeating: [], count: steps) }
    for (bucket, range) in subject.buckets.enumerated() {
      if bucket == orders.count { try order(bucket, on: base) }
      let candidates = levels.map { level in
        subject.removals(
          sparsity: level, orders: orders[bucket], groupGains: samples.groupGains[bucket])
      }
      let networks = try orders[bucket].networks(removing: candidates) { [masking, neededSteps] in
        try masking.moments(keeping: $0, steps: range, stepWeights: neededSteps)
      }
      for (level, network) in networks.enumerated() {
        let pruned = try subject.predictor(of: network)
        for step in range where subject.trajectory.steps[step].needsForward {
          let output = subject.forward(pruned, [base.states[step]], base.labels, step: step)
          let own = sampleErrors(output, base.outputs[step], sampleSize: size)
          for (sample, error) in own.enumerated() {
            errors[(sample * steps + step) * levels.count + level] = error
          }
          if let probe = samples.probes.firstIndex(of: level) { probed[probe][step] = output }
        }
      }
      try progress(
        Progress(stage: "sensitivity", done: bucket + 1, total: subject.buckets.count))
    }
    return (errors, probed)
  }

  /// 1 for each step whose output the sampler uses, else 0.
  private var neededSteps: [Double] {
    subject.trajectory.steps.map { $0.needsForward ? 1 : 0 }
  }

  private mutating func order(_ bucket: Int, on base: DenseTrajectories) throws {
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: criterion,
      seed: subject.options.seed, threads: subject.options.threads)
    let buckets = subject.buckets
    let window =
      buckets[max(0, bucket - Self.reach)]
      .lowerBound..<buckets[min(buckets.count - 1, bucket + Self.reach)].upperBound
    orders.append(
      try pruner.order(by: statistics.moments(of: window, stepWeights: neededSteps)))
    samples.groupGains.append(
      try subject.measureGroupGains(
        orders[bucket], in: subject.buckets[bucket], on: base, masking: masking))
  }
}
