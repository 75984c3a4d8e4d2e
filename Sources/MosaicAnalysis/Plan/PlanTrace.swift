internal import MosaicCore

/// The plans that one run of stages passes through, from dense downwards: one for every budget on
/// the way.
public struct PlanTrace: Sendable, Equatable {
  /// The moves that one measurement led to, in the order they were made.
  public struct Stage: Sendable, Equatable {
    public var moves: [PlanMove]
    /// Multiply-accumulates of the plan behind it, as a share of the dense run's.
    public var cost: Double
    /// Mean squared error of the final samples on which the stage's moves were chosen.
    public var error: Double
    /// Dense trajectories a sample that it took to measure.
    public var work: Double

    public init(moves: [PlanMove], cost: Double, error: Double, work: Double) {
      self.moves = moves
      self.cost = cost
      self.error = error
      self.work = work
    }
  }

  public var stages: [Stage] = []

  public init(stages: [Stage] = []) { self.stages = stages }

  /// Dense trajectories a sample of all stages.
  public var work: Double { stages.reduce(0) { $0 + $1.work } }

  /// Of the cheapest plan, as a share of the dense run's multiply-accumulates.
  public var least: Double { stages.last?.cost ?? 1 }

  /// The plan behind the last stage.
  public func plan(in networks: PlanNetworks) -> StepPlan {
    var plan = networks.densePlan
    for move in stages.flatMap(\.moves) { plan.take(move) }
    return plan
  }

  /// The first plan on the way that costs no more than a budget; nil where none does.
  ///
  /// - Parameter budget: A share of the dense run's multiply-accumulates.
  public func plan(within budget: Double, in networks: PlanNetworks) -> StepPlan? {
    var plan = networks.densePlan
    if budget >= 1 { return plan }
    for stage in stages {
      // A stage's last moves exchange what its first ones made: only a whole one has them.
      let isWhole = stage.cost > budget - 0.01
      for move in stage.moves {
        plan.take(move)
        if !isWhole, networks.cost(plan) <= budget + 1e-9 { return plan }
      }
      if stage.cost <= budget + 1e-9 { return plan }
    }
    return nil
  }
}

/// What a search for plans knows behind a stage: enough to go on from there as if it had never
/// stopped.
public struct PlanSearchState: Sendable {
  public var trace = PlanTrace()
  public var estimates = MoveEstimates()
  /// Along the plan that the last stage started from.
  public var model: ForecastModel?

  public init() {}
}

extension PlanNetworks {
  /// Nothing pruned, nothing reused.
  public var densePlan: StepPlan {
    StepPlan(
      levels: bucketRange.map { _ in 0 },
      reuse: ReusePlan(units: units.names, steps: isNeeded.count))
  }
}
