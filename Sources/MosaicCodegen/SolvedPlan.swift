internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// A plan that was chosen for a budget, in the networks that it was measured with.
struct SolvedPlan {
  var plan: StepPlan
  var cost: Double
  /// Mean squared error of the final samples that its stage's measurement predicted.
  var predicted: Double
  /// Runs of steps with one network, and its sparsity.
  var ranges: [StepRange]

  init(_ plan: StepPlan, in networks: PlanNetworks, predicted: Double) {
    self.plan = plan
    self.predicted = predicted
    cost = networks.cost(plan)
    ranges = networks.ranges(of: plan)
  }

  /// What is pruned, as the stages behind the allocation take it.
  func schedule(target: Budget) -> SparsitySchedule {
    SparsitySchedule(
      kind: .solved, ranges: ranges, predictedError: predicted, clippedError: predicted,
      costShare: cost, budget: target.share ?? cost, target: target)
  }
}

extension PlanNetworks {
  /// Runs of steps with one network, and its sparsity.
  func ranges(of plan: StepPlan) -> [StepRange] {
    var ranges: [StepRange] = []
    for (bucket, steps) in subject.buckets.enumerated() {
      let level = plan.levels[bucket]
      let sparsity = level == 0 ? 0 : sparsities[level - 1]
      if let last = ranges.last, last.sparsity == sparsity {
        ranges[ranges.count - 1].steps = last.lowerBound..<steps.upperBound
      } else {
        ranges.append(StepRange(steps: steps, sparsity: sparsity))
      }
    }
    return ranges
  }
}
