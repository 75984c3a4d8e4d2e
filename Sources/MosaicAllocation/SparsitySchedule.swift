/// A run of sampling steps served by one variant, and how much of the network it leaves out.
public struct StepRange: Sendable, Equatable {
  /// Indices in sampling order, the noisiest step first.
  public var steps: Range<Int>
  /// 0 is dense.
  public var sparsity: Double

  /// The first step.
  public var lowerBound: Int { steps.lowerBound }
  /// One past the last step.
  public var upperBound: Int { steps.upperBound }

  public init(steps: Range<Int>, sparsity: Double) {
    self.steps = steps
    self.sparsity = sparsity
  }
}

/// What the allocation stage hands on: the sparsity of every sampling step, in ranges.
public struct SparsitySchedule: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Least predicted error in the final sample (`ScheduleSolver`).
    case solved
    /// One sparsity everywhere.
    case uniform
    /// By learning speed, after MosaicDiff.
    case paper
    /// Searched by measuring candidates, after Diff-ES (`EvolutionSearch`).
    case evolution
    /// Made by hand (`ScheduleFile`).
    case file
  }

  public var kind: Kind
  /// Contiguous, covering all steps.
  public var ranges: [StepRange]
  /// The mean squared error per element of the final sample that the model predicts.
  public var predictedError: Double
  /// The same with negative correlations set to 0: an upper bound.
  public var clippedError: Double
  /// What remains of the dense run's multiply-accumulates.
  public var costShare: Double
  /// The share of them that was asked for; `costShare` where the budget has another unit.
  public var budget: Double
  /// What was asked for.
  public var target: Budget
  /// What one sample's run is predicted to take; nil where nothing was timed.
  public var milliseconds: Double?
  /// What the bundle's tensors are predicted to take; nil where nobody asked.
  public var bytes: Int?

  /// - Parameter target: By default `budget`.
  public init(
    kind: Kind, ranges: [StepRange], predictedError: Double, clippedError: Double,
    costShare: Double, budget: Double, target: Budget? = nil, milliseconds: Double? = nil,
    bytes: Int? = nil
  ) {
    self.kind = kind
    self.ranges = ranges
    self.predictedError = predictedError
    self.clippedError = clippedError
    self.costShare = costShare
    self.budget = budget
    self.target = target ?? .macs(budget)
    self.milliseconds = milliseconds
    self.bytes = bytes
  }

  init(
    kind: Kind, ranges: [Range<Int>], sparsities: [Double], problem: AllocationProblem
  ) {
    let stepRanges = zip(ranges, sparsities).map { StepRange(steps: $0, sparsity: $1) }
    let perStep = stepRanges.flatMap { Array(repeating: $0.sparsity, count: $0.steps.count) }
    self.init(
      kind: kind, ranges: stepRanges, predictedError: problem.model.predictedError(perStep),
      clippedError: problem.model.clippedError(perStep), costShare: problem.cost.share(of: perStep),
      budget: problem.budget)
  }

  public var stepCount: Int { ranges.last?.upperBound ?? 0 }

  /// One sparsity for each step.
  public var sparsities: [Double] {
    ranges.flatMap { Array(repeating: $0.sparsity, count: $0.steps.count) }
  }

  /// The schedule of least predicted error with `count` ranges.
  ///
  /// - Throws: `AllocationError.rangeCount`.
  public static func solved(
    ranges count: Int, for problem: AllocationProblem
  ) throws(AllocationError) -> SparsitySchedule {
    try ScheduleSolver(problem).solve(ranges: count)
  }

  /// One sparsity that meets the budget, on `count` ranges as equal in steps as the problem's
  /// boundaries allow (each is refitted by itself).
  ///
  /// - Throws: `AllocationError.rangeCount`.
  public static func uniform(
    ranges count: Int, for problem: AllocationProblem
  ) throws(AllocationError) -> SparsitySchedule {
    try problem.validate(rangeCount: count)
    let ranges = problem.equalRanges(count)
    let sparsities = ScheduleSolver(problem).uniform(problem.projection(for: ranges))
    return SparsitySchedule(
      kind: .uniform, ranges: ranges, sparsities: sparsities, problem: problem)
  }
}
