internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicIR

extension Conversion {
  /// Refuses, before minutes of measuring, what no measurement could allow: more ranges than there
  /// are places for, or a budget that the largest sparsity does not reach.
  func checkFeasibility(of subject: CalibrationSubject) throws(AllocationError) {
    let levels = options.calibration.levels
    let steps = options.calibration.steps
    let unmeasured = try ErrorModel(
      levels: levels,
      amplitudes: Array(repeating: levels.map { _ in 0 }, count: steps),
      correlation: Array(repeating: 0, count: steps * steps))
    let problem = try AllocationProblem(
      model: unmeasured, cost: try costModel(subject), budget: options.budget,
      highest: levels.max(), boundaries: subject.buckets.map(\.lowerBound))
    // The paper's schedule finds its number of ranges itself.
    guard options.schedule != .paper else { return }
    guard (1...problem.boundaries.count).contains(options.ranges) else {
      throw .rangeCount(
        asked: options.ranges, available: problem.boundaries.count, steps: steps)
    }
  }

  /// Multiply-accumulates of each step's forward; none where the sampler does not use its output.
  func costModel(_ subject: CalibrationSubject) throws(AllocationError) -> CostModel {
    let prunable = subject.groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
    func perStep(_ macs: Int) -> [Double] {
      subject.trajectory.steps.map { $0.needsForward ? subject.macsPerStep(macs) : 0 }
    }
    return try CostModel(
      fixed: perStep(subject.dense.graph.macs - prunable), prunable: perStep(prunable))
  }
}
