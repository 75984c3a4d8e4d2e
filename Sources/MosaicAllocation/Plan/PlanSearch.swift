public import MosaicAnalysis
internal import MosaicCore

/// Finds plans from dense downwards, in stages: moves are measured around the plan as it stands, some
/// are made, and the rest is measured again.
///
/// Measured once on the dense trajectory, errors are far too small where much is reused: a reused
/// value carries what was reused before it, and extrapolation amplifies it.
public struct PlanSearch {
  public struct Options: Sendable, Equatable {
    public var rules = PlanRules()
    public var reuses = true
    public var prunes = true
    /// Multiply-accumulates that a stage takes, as a share of the dense run's.
    public var stage = 0.06
    /// Down to this share.
    public var least = 0.4

    public init() {}
  }

  /// A plan on the way, with what was known of it.
  public struct Milestone: Sendable, Equatable {
    public var plan: StepPlan
    /// Multiply-accumulates, as a share of the dense run's.
    public var cost: Double
    /// Mean squared error of the final samples that the stage's measurement predicts, on the samples
    /// that chose.
    public var predicted: Double
    /// Dense trajectories a sample spent so far.
    public var work: Double
  }

  private let networks: PlanNetworks
  private let base: DenseTrajectories
  private let options: Options
  public private(set) var milestones: [Milestone]

  /// - Parameter base: Dense trajectories of the samples that choose.
  public init(_ networks: PlanNetworks, on base: DenseTrajectories, options: Options) {
    self.networks = networks
    self.base = base
    self.options = options
    let steps = networks.isNeeded.count
    milestones = [
      Milestone(
        plan: StepPlan(
          levels: networks.bucketRange.map { _ in 0 },
          reuse: ReusePlan(units: networks.units.names, steps: steps)), cost: 1, predicted: 0,
        work: 0)
    ]
  }

  /// Runs stages until the least cost is reached or no move is left.
  public mutating func run(
    progress: ProgressHandler, stage: (Milestone) throws -> Void = { _ in }
  ) throws {
    while let last = milestones.last, last.cost > options.least + 1e-9 {
      let moves = moves(from: last.plan)
      let measured = try networks.measure(
        moves, around: last.plan, on: base, stage: "stage \(milestones.count)", progress: progress)
      var solver = StageSolver(
        measured, around: last.plan, costs: networks, rules: options.rules)
      // Moves that only better the plan are taken too, but alone they would never come to an end.
      guard solver.solve(target: max(options.least, last.cost - options.stage)),
        solver.cost < last.cost - 1e-9
      else { return }
      let milestone = Milestone(
        plan: solver.plan, cost: solver.cost, predicted: solver.predicted,
        work: last.work + measured.work)
      milestones.append(milestone)
      try stage(milestone)
    }
  }

  /// All changes of one thing that leave a plan which can be run.
  private func moves(from plan: StepPlan) -> [PlanMove] {
    var moves: [PlanMove] = []
    func add(_ move: PlanMove) {
      if options.rules.allows(plan.taking(move), networks) { moves.append(move) }
    }
    if options.reuses {
      for (step, row) in plan.reuse.orders.enumerated() where networks.isNeeded[step] {
        for unit in row.indices {
          for order in [nil] + (0...ValueForecast.mostOrder).map(Optional.some)
          where order != row[unit] {
            add(.reuse(step: step, unit: unit, order: order))
          }
        }
      }
    }
    if options.prunes {
      for (bucket, level) in plan.levels.enumerated() {
        for next in [level - 1, level + 1] where (0...networks.sparsities.count).contains(next) {
          add(.prune(bucket: bucket, level: next))
        }
      }
    }
    return moves
  }
}
