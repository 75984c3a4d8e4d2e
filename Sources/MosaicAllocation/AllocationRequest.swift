/// What a schedule is to be solved for: a measured network, what running and storing it costs, and
/// a budget in one of the units of `Budget`.
public struct AllocationRequest: Sendable, Equatable {
  public var model: ErrorModel
  public var costs: AllocationCosts
  public var budget: Budget
  public var ranges: RangeCount
  /// The least sparsity of any step.
  public var lowest: Double
  /// The largest sparsity of any step; nil for the largest one that was measured.
  public var highest: Double?
  /// The steps a range may begin at, rising; nil for all.
  public var boundaries: [Int]?
  /// By how much each step's error counts in the choice, one factor of amplitude a step
  /// (`EarlyProtection`); nil for 1. Predictions never contain it.
  public var stepFactors: [Double]?

  public init(
    model: ErrorModel, costs: AllocationCosts, budget: Budget, ranges: RangeCount,
    lowest: Double = 0, highest: Double? = nil, boundaries: [Int]? = nil,
    stepFactors: [Double]? = nil
  ) {
    self.model = model
    self.costs = costs
    self.budget = budget
    self.ranges = ranges
    self.lowest = lowest
    self.highest = highest
    self.boundaries = boundaries
    self.stepFactors = stepFactors
  }

  /// The problem of meeting a share of the dense run's multiply-accumulates, whatever the budget's
  /// unit: the way to a baseline as expensive as a schedule, by its `costShare`.
  ///
  /// - Throws: `AllocationError`.
  public func problem(atMACs share: Double) throws(AllocationError) -> AllocationProblem {
    try AllocationProblem(
      model: solvedModel(), cost: costs.macs, budget: min(share, 1), lowest: lowest,
      highest: highest, boundaries: boundaries)
  }

  /// The schedule with everything this request can say about it: predicted error, and cost in all
  /// units.
  public func described(_ schedule: SparsitySchedule) -> SparsitySchedule {
    var result = schedule
    let perStep = schedule.sparsities
    result.predictedError = model.predictedError(perStep)
    result.clippedError = model.clippedError(perStep)
    result.costShare = costs.macs.share(of: perStep)
    result.milliseconds = costs.milliseconds?.cost(of: perStep)
    result.bytes = costs.bytes?.bytes(of: schedule.ranges.map(\.sparsity))
    // A schedule made by hand was asked for as it is.
    if schedule.kind == .file { return result }
    result.target = budget
    result.budget = if case .macs(let share) = budget { share } else { result.costShare }
    return result
  }

  /// The model that is minimised.
  func solvedModel() throws(AllocationError) -> ErrorModel {
    guard let stepFactors else { return model }
    return try model.weighted(by: stepFactors)
  }
}

extension SparsitySchedule {
  /// The schedule of least predicted error within the request's budget; for a budget of error the
  /// cheapest one within it.
  ///
  /// - Throws: `AllocationError`: `.unreachable` or `.unreachableBudget` with the least that can be
  ///   asked for, `.missingCosts` where the budget's unit was not measured.
  public static func solved(
    _ request: AllocationRequest
  ) throws(AllocationError) -> SparsitySchedule {
    try BudgetSolver(request).solve()
  }

  /// A schedule of another kind within the request's budget.
  ///
  /// A budget of multiply-accumulates goes to `make` as it is; for any other the largest share of
  /// them that keeps it is searched by bisection.
  ///
  /// - Parameter make: Makes the schedule for a budget of multiply-accumulates; its error must fall
  ///   and its cost grow with the budget.
  /// - Throws: As `solved(_:)`, and what `make` throws.
  public static func meeting(
    _ request: AllocationRequest,
    _ make: (AllocationProblem) throws(AllocationError) -> SparsitySchedule
  ) throws(AllocationError) -> SparsitySchedule {
    try BudgetBisection(request).schedule(make)
  }
}
