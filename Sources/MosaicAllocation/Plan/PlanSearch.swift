public import MosaicAnalysis
internal import MosaicCore

/// Finds plans from dense downwards, in stages: moves are measured around the plan as it stands, some
/// are made, and the rest is measured again.
///
/// Measured once on the dense trajectory, errors are far too small where much is reused: a reused
/// value carries what was reused before it, and extrapolation amplifies it.
public struct PlanSearch {
  /// How much is measured.
  public struct Effort: Sendable, Equatable {
    /// Samples that moves are chosen on.
    public var samples: Int
    /// Of these, those that a stage's moves are finished on, other ones each time: what is chosen on
    /// the same samples again and again comes to fit them.
    public var samplesPerStage: Int
    /// Of these, those whose values tell what reused ones are made of.
    public var valueSamples: Int
    /// The most moves that a stage finishes.
    public var moves: Int
    /// Whether the first stage finishes only what single forwards leave; else it finishes every move.
    public var isScreened: Bool

    public init(
      samples: Int, samplesPerStage: Int, valueSamples: Int, moves: Int, isScreened: Bool
    ) {
      self.samples = samples
      self.samplesPerStage = samplesPerStage
      self.valueSamples = valueSamples
      self.moves = moves
      self.isScreened = isScreened
    }

    /// Every move once, the promising ones in each later stage.
    public static let full = Effort(
      samples: 256, samplesPerStage: 64, valueSamples: 128, moves: 150, isScreened: false)
    /// What single forwards find promising. The fewer moves, the more samples each is worth.
    public static let quick = Effort(
      samples: 512, samplesPerStage: 64, valueSamples: 128, moves: 64, isScreened: true)
  }

  public struct Options: Sendable, Equatable {
    public var rules = PlanRules()
    public var levers = Levers.all
    /// Multiply-accumulates that a stage takes at most, as a share of the dense run's. Stages end at
    /// multiples of it: people ask for such budgets, and a plan is best where a stage ends.
    public var stage = 0.05
    /// Down to this share.
    public var least = 0.4
    /// Or until a stage's error is above this.
    public var mostError = Double.infinity
    public var effort = Effort.quick

    public init() {}
  }

  private let networks: PlanNetworks
  private let base: DenseTrajectories
  private let options: Options
  /// How far the search has come.
  public private(set) var state: PlanSearchState

  /// - Parameters:
  ///   - base: Dense trajectories of the samples that choose.
  ///   - state: Where to go on, of a search with the same networks, samples and options.
  public init(
    _ networks: PlanNetworks, on base: DenseTrajectories, options: Options,
    from state: PlanSearchState = PlanSearchState()
  ) {
    self.networks = networks
    self.base = base
    self.options = options
    self.state = state
  }

  /// Runs stages until the least cost is reached, the error is above the largest, or no move is left.
  ///
  /// - Parameter stage: Called behind each: what is known then is a point to go on from.
  public mutating func run(
    progress: ProgressHandler, stage: (PlanSearchState) throws -> Void = { _ in }
  ) throws {
    var plan = state.trace.plan(in: networks)
    while networks.cost(plan) > options.least + 1e-9,
      state.trace.stages.last?.error ?? 0 <= options.mostError
    {
      guard let next = try advance(from: plan, progress: progress) else { return }
      plan = next
      try stage(state)
    }
  }

  private mutating func advance(
    from plan: StepPlan, progress: ProgressHandler
  ) throws -> StepPlan? {
    let number = state.trace.stages.count + 1
    let part = samples(ofStage: number)
    var work = try learn(along: plan, beside: part, stage: number, progress: progress)
    let model = state.model
    let share = Double(part.count) / Double(base.count)
    let all = moves(from: plan)
    if number == 1, options.effort.isScreened {
      let few = samples(ofStage: 0)
      let own = try networks.ownErrors(
        of: all, around: plan, model, on: base.part(few), stage: "stage 1: screening",
        progress: progress)
      state.estimates.add(own: own.errors, of: all)
      work += own.work * Double(few.count) / Double(base.count)
    }
    let chosen =
      number == 1 && !options.effort.isScreened
      ? all
      : state.estimates.promising(all, around: plan, costs: networks, most: options.effort.moves)
    let measured = try networks.measure(
      chosen, around: plan, model, on: base.part(part), stage: "stage \(number)",
      progress: progress)
    work += measured.work * share
    state.estimates.add(measured)
    var solver = StageSolver(measured, around: plan, costs: networks, rules: options.rules)
    let cost = networks.cost(plan)
    // Moves that only better the plan are taken too, but alone they would never come to an end.
    let next = (cost / options.stage - 1e-6).rounded(.up) - 1
    guard solver.solve(target: max(options.least, next * options.stage)),
      solver.cost < cost - 1e-9
    else { return nil }
    let moves = solver.chosen.map { chosen[$0] }
    let kept = try held(
      solver.stops, of: moves, around: plan, on: base.part(part), costing: cost,
      stage: "stage \(number): check", progress: progress)
    work += kept.work * share
    state.trace.stages.append(
      PlanTrace.Stage(
        moves: Array(moves.prefix(kept.count)), cost: kept.cost, error: kept.error, work: work))
    return state.trace.plan(in: networks)
  }

  /// Learns the forecasts along a plan, on other samples than a stage's moves are measured on: what is
  /// fitted to samples looks too good on them.
  ///
  /// - Returns: Dense trajectories a sample.
  private mutating func learn(
    along plan: StepPlan, beside part: Range<Int>, stage number: Int, progress: ProgressHandler
  ) throws -> Double {
    let count = min(options.effort.valueSamples, base.count)
    let first = part.lowerBound < count && 2 * count <= base.count ? count : 0
    let known = base.part(first..<first + count)
    var work = 0.0
    // Maps are learnt from what forecasts without them leave.
    for _ in 0..<(state.model == nil ? 2 : 1) {
      let learnt = try networks.forecastModel(
        along: plan, from: state.model, on: known, stage: "stage \(number): values",
        progress: progress)
      state.model = learnt.model
      work += learnt.work * Double(known.count) / Double(base.count)
    }
    return work
  }

  /// The error that a run may have beyond what its stage's measurement predicted of it.
  private static let mostDrift = 1.4

  /// How many of a stage's moves may be made before what was measured of them no longer holds: all,
  /// or half of them, or a quarter, by what a run with them says.
  private func held(
    _ stops: [(count: Int, cost: Double, predicted: Double)], of moves: [PlanMove],
    around plan: StepPlan, on part: DenseTrajectories, costing cost: Double, stage: String,
    progress: ProgressHandler
  ) throws -> (count: Int, cost: Double, error: Double, work: Double) {
    // One that saves nothing would be no way down.
    let stops = stops.filter { $0.cost < cost - 1e-9 }
    var place = stops.count - 1
    var work = 0.0
    while true {
      let stop = stops[place]
      var tried = plan
      for move in moves.prefix(stop.count) { tried.take(move) }
      let final = try networks.finals(
        of: tried, state.model, on: part, stage: stage, progress: progress)
      work += stop.cost
      let error = meanSquare(final, part.final)
      if place < 4 || error <= Self.mostDrift * stop.predicted {
        return (stop.count, stop.cost, error, work)
      }
      place /= 2
    }
  }

  /// Other samples for each stage, all of them in turn.
  private func samples(ofStage number: Int) -> Range<Int> {
    let size = min(options.effort.samplesPerStage, base.count)
    let parts = max(1, base.count / max(size, 1))
    let first = number % parts * size
    return first..<first + size
  }

  /// All changes of one thing that leave a plan which can be run.
  private func moves(from plan: StepPlan) -> [PlanMove] {
    var moves: [PlanMove] = []
    func add(_ move: PlanMove) {
      if options.rules.allows(plan.taking(move), networks) { moves.append(move) }
    }
    if !options.levers.isDisjoint(with: [.reuse, .steps]) {
      for (step, row) in plan.reuse.orders.enumerated() where networks.isNeeded[step] {
        for unit in row.indices
        where options.levers.contains(networks.isOutput(unit) ? .steps : .reuse) {
          for order in [nil] + (0...ValueForecast.mostOrder).map(Optional.some)
          where order != row[unit] {
            add(.reuse(step: step, unit: unit, order: order))
          }
        }
      }
    }
    if options.levers.contains(.prune) {
      for (bucket, level) in plan.levels.enumerated() {
        for next in [level - 1, level + 1] where (0...networks.sparsities.count).contains(next) {
          add(.prune(bucket: bucket, level: next))
        }
      }
    }
    return moves
  }
}
