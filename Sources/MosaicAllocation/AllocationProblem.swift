/// What a schedule has to satisfy: a budget for the dense run's cost, within sparsities allowed,
/// with ranges that begin where statistics were kept apart.
public struct AllocationProblem: Sendable, Equatable {
  public let model: ErrorModel
  public let cost: CostModel
  /// The share of the dense cost that may remain, in (0, 1].
  public let budget: Double
  /// The sparsities allowed.
  public let limits: ClosedRange<Double>
  /// The steps a range may begin at, rising; the first is 0.
  public let boundaries: [Int]
  /// Whether ranges save alike however many steps they have, as they do in bytes; else steps count
  /// by their cost.
  private var countsRangesAlike = false

  public var stepCount: Int { model.stepCount }

  /// - Parameters:
  ///   - lowest: The least sparsity of any step.
  ///   - highest: The largest; by default the largest one that was measured.
  ///   - boundaries: The steps a range may begin at, rising within 0..<N (0 is understood); by
  ///     default all.
  /// - Throws: `AllocationError`, `.unreachableBudget` with the least share that `highest` allows.
  public init(
    model: ErrorModel, cost: CostModel, budget: Double, lowest: Double = 0,
    highest: Double? = nil, boundaries: [Int]? = nil
  ) throws(AllocationError) {
    guard budget > 0, budget <= 1 else { throw .budgetOutOfRange(budget) }
    let highest = highest ?? max(model.largestLevel, lowest)
    guard lowest >= 0, lowest <= highest, highest <= 1 else {
      throw .sparsityLimits(lowest: lowest, highest: highest)
    }
    guard cost.stepCount == model.stepCount else {
      throw .stepCount(what: "costs", expected: model.stepCount, found: cost.stepCount)
    }
    var begins = boundaries ?? Array(0..<model.stepCount)
    if begins.first != 0 { begins.insert(0, at: 0) }
    guard zip(begins, begins.dropFirst()).allSatisfy({ $0 < $1 }),
      begins[begins.count - 1] < model.stepCount
    else {
      throw .badMeasurement(
        what: "step buckets", problem: "\(begins) do not rise within 0..<\(model.stepCount)")
    }
    let least = cost.share(of: Array(repeating: highest, count: model.stepCount))
    guard least <= budget + BudgetProjection.slack else {
      throw .unreachableBudget(asked: budget, least: least)
    }
    self.model = model
    self.cost = cost
    self.budget = budget
    self.limits = lowest...highest
    self.boundaries = begins
  }

  /// The same network with another constraint: the mean of the ranges' sparsities is to be `mean`
  /// or more, and each of them `lowest` or more.
  init(_ other: AllocationProblem, mean: Double, lowest: Double) {
    model = other.model
    cost = other.cost
    boundaries = other.boundaries
    budget = 1 - mean
    limits = lowest...max(other.limits.upperBound, lowest)
    countsRangesAlike = true
  }

  /// What sparsity 1 in a range from one boundary to another saves, of `count` ranges, as
  /// [boundaries + 1, boundaries + 1].
  func rangeWeights(ofRanges count: Int) -> [Double] {
    let places = boundaries.count
    let buckets = cost.weights(of: ranges(beginningAt: Array(boundaries.indices)))
    let saved = buckets.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1) }
    var weights = [Double](repeating: 0, count: (places + 1) * (places + 1))
    for from in 0..<places {
      for to in (from + 1)...places {
        weights[from * (places + 1) + to] =
          countsRangesAlike ? 1 / Double(count) : saved[to] - saved[from]
      }
    }
    return weights
  }

  /// Checks that `count` ranges can be made.
  func validate(rangeCount count: Int) throws(AllocationError) {
    guard count >= 1, count <= boundaries.count else {
      throw .rangeCount(asked: count, available: boundaries.count, steps: stepCount)
    }
  }

  /// `count` ranges as equal in steps as the boundaries allow.
  func equalRanges(_ count: Int) -> [Range<Int>] {
    var chosen: [Int] = []
    for index in 0..<count {
      // Each of the ranges still to come needs a boundary of its own.
      let open = (chosen.last.map { $0 + 1 } ?? 0)...(boundaries.count - count + index)
      let ideal = Double(index * stepCount) / Double(count)
      let nearest = open.min {
        abs(Double(boundaries[$0]) - ideal) < abs(Double(boundaries[$1]) - ideal)
      }
      chosen.append(nearest ?? open.lowerBound)
    }
    return ranges(beginningAt: chosen)
  }

  /// The ranges that begin at boundaries of these indices; the first index is 0.
  func ranges(beginningAt indices: [Int]) -> [Range<Int>] {
    let starts = indices.map { boundaries[$0] }
    return zip(starts, starts.dropFirst() + [stepCount]).map { $0..<$1 }
  }

  /// The feasible set for one sparsity a range.
  func projection(for ranges: [Range<Int>]) -> BudgetProjection {
    BudgetProjection(weights: weights(of: ranges), required: 1 - budget, limits: limits)
  }

  /// What sparsity 1 in each range would save, as a share of what there is.
  func weights(of ranges: [Range<Int>]) -> [Double] {
    countsRangesAlike
      ? Array(repeating: 1 / Double(ranges.count), count: ranges.count) : cost.weights(of: ranges)
  }
}
