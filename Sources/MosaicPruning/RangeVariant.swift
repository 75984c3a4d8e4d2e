public import MosaicAnalysis
public import MosaicRuntime
public import MosaicSurgery

/// The network of one step range, pruned and refitted for it.
public struct RangeVariant: Sendable {
  public let steps: Range<Int>
  /// Share of the groups' multiply-accumulates that the schedule takes away.
  public let sparsity: Double
  public let network: PrunedNetwork
  /// The network on the fast path.
  public let predictor: Predictor

  public init(
    steps: Range<Int>, sparsity: Double, network: PrunedNetwork, predictor: Predictor
  ) {
    self.steps = steps
    self.sparsity = sparsity
    self.network = network
    self.predictor = predictor
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

extension [RangeVariant] {
  /// The number of the variant whose range has a step.
  public func index(ofStep step: Int) -> Int? { firstIndex { $0.steps.contains(step) } }

  /// The network of a step, on the fast path.
  public func predictor(step: Int) -> Predictor? { index(ofStep: step).map { self[$0].predictor } }
}
