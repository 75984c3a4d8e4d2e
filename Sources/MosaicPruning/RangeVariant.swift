public import MosaicAnalysis
public import MosaicRuntime
public import MosaicSurgery

/// The network of one step range, pruned and refitted for it.
public struct RangeVariant: Sendable {
  public let steps: Range<Int>
  public let sparsity: Double
  public let network: PrunedNetwork
  /// The network on the fast path.
  public let predictor: Predictor
}

extension PruningPlan {
  /// Prunes the dense network once a range, refitted to the inputs it meets there.
  ///
  /// - Parameter stepWeights: How much each step's inputs count inside its range; the squared
  ///   influence of the step.
  public func carryOut(
    on subject: CalibrationSubject, statistics: CalibrationStatistics, stepWeights: [Double],
    criterion: Criterion, progress: ProgressHandler
  ) throws -> [RangeVariant] {
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: criterion,
      seed: subject.options.seed, threads: subject.options.threads)
    var variants: [RangeVariant] = []
    for (number, range) in ranges.enumerated() {
      let moments = statistics.moments(of: range.steps, stepWeights: stepWeights)
      let network = try pruner.networks(removing: [range.removed], statistics: moments)[0]
      variants.append(
        RangeVariant(
          steps: range.steps, sparsity: range.sparsity, network: network,
          predictor: try subject.predictor(of: network)))
      try progress(Progress(stage: "pruning", done: number + 1, total: ranges.count))
    }
    return variants
  }
}

extension CalibrationSubject {
  /// Multiply-accumulates of one sample's run over variants, needed forwards only.
  public func macs(of variants: [RangeVariant]) -> Double {
    variants.reduce(0) { sum, variant in
      let forwards = trajectory.steps[variant.steps].count { $0.needsForward }
      return sum + Double(forwards) * macsPerStep(variant.network.macs)
    }
  }
}
