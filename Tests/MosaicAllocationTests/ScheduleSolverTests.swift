import Foundation
import Testing

@testable import MosaicAllocation

@Suite struct ScheduleSolverTests {
  static let three = [0..<8, 8..<16, 16..<20]

  /// Three ranges that meet the budget exactly are a plane: a grid on it, refined around its best.
  @Test(arguments: ClosedFormTests.Correlation.allCases)
  func threeRangesMatchAGridSearch(correlation: ClosedFormTests.Correlation) throws {
    try checkGrid(ClosedFormTests.model(LinearTrajectory(steps: 20), correlation))
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func threeRangesMatchAGridSearchForMeasuredCorrelation(seed: UInt64) throws {
    try checkGrid(randomModel(steps: 20, seed: seed))
  }

  private func checkGrid(_ model: ErrorModel) throws {
    let cost = try evenCost(steps: 20)
    let problem = try AllocationProblem(model: model, cost: cost, budget: 0.65)
    let solved = ScheduleSolver(problem).solve(ranges: Self.three)
    #expect(abs(solved.costShare - 0.65) <= 1e-9)

    let weights = cost.weights(of: Self.three)
    func error(_ first: Double, _ second: Double) -> Double {
      let third = (0.35 - weights[0] * first - weights[1] * second) / weights[2]
      guard (0...0.75).contains(third) else { return .infinity }
      return model.clippedError(
        Array(repeating: first, count: 8) + Array(repeating: second, count: 8)
          + Array(repeating: third, count: 4))
    }
    var centre = (0.375, 0.375)
    var least = Double.infinity
    var reach = 0.375
    for _ in 0..<5 {
      let (x, y) = centre
      for i in -60...60 {
        for k in -60...60 {
          let first = min(max(x + reach * Double(i) / 60, 0), 0.75)
          let second = min(max(y + reach * Double(k) / 60, 0), 0.75)
          let value = error(first, second)
          if value < least { (least, centre) = (value, (first, second)) }
        }
      }
      reach /= 10
    }
    #expect(relative(solved.clippedError, least) <= 1e-4)
  }

  /// With e = c² (exp(g s) − 1)² and no correlation the optimum is known for a multiplier μ:
  /// sₖ = clip(ln((1 + √(1 + 4 μ Nₖ/Ψₖ))/2)/g, lowest, highest), Ψₖ = Σ cₙ² over the range.
  @Test(arguments: [(0.6, 0.75), (0.75, 0.75), (0.9, 0.75), (0.6, 0.5)])
  func independentErrorsAreWaterFilling(budget: Double, highest: Double) throws {
    let rate = 4.0
    let trajectory = LinearTrajectory(steps: 20)
    let curves = trajectory.curves(rate: rate)
    let cost = try evenCost(steps: 20)
    let problem = try AllocationProblem(
      model: .independent(curves), cost: cost, budget: budget, highest: highest)
    let ranges = [0..<5, 5..<9, 9..<15, 15..<20]
    let solved = ScheduleSolver(problem).solve(ranges: ranges)

    let weights = cost.weights(of: ranges)
    func filled(_ multiplier: Double) -> [Double] {
      ranges.map { range in
        let psi = range.reduce(0) { sum, n in
          let scale = curves[n].exponential?.scale ?? 0
          return sum + scale * scale
        }
        let root = (1 + 4 * multiplier * Double(range.count) / psi).squareRoot()
        return min(max(log((1 + root) / 2) / rate, 0), highest)
      }
    }
    var low = 0.0
    var high = 1e6
    for _ in 0..<200 {
      let middle = (low + high) / 2
      let saved = zip(weights, filled(middle)).reduce(0) { $0 + $1.0 * $1.1 }
      if saved < 1 - budget { low = middle } else { high = middle }
    }
    for (found, expected) in zip(solved.ranges, filled(high)) {
      #expect(abs(found.sparsity - expected) <= 1e-6)
    }
  }

  @Test(arguments: [0.4, 0.6, 0.8, 0.95], 1...4 as ClosedRange<UInt64>)
  func neverWorseThanUniformOrAllEarly(budget: Double, seed: UInt64) throws {
    let model = try randomModel(steps: 20, seed: seed)
    let cost = try evenCost(steps: 20, free: [19])
    let problem = try AllocationProblem(model: model, cost: cost, budget: budget)
    let solved = try SparsitySchedule.solved(ranges: 3, for: problem)
    let uniform = try SparsitySchedule.uniform(ranges: 3, for: problem)
    #expect(solved.clippedError <= uniform.clippedError)
    #expect(solved.costShare <= budget + 1e-9)
    #expect(solved.sparsities.allSatisfy { (0...0.75).contains($0) })

    // More ranges can only help.
    let four = try SparsitySchedule.solved(ranges: 4, for: problem)
    #expect(four.clippedError <= solved.clippedError * (1 + 1e-6))
  }

  @Test func aBudgetOfOneLeavesTheNetworkDense() throws {
    let problem = try AllocationProblem(
      model: randomModel(steps: 10, seed: 2), cost: evenCost(steps: 10), budget: 1)
    let solved = try SparsitySchedule.solved(ranges: 3, for: problem)
    #expect(solved.sparsities == Array(repeating: 0, count: 10))
    #expect(solved.predictedError == 0)
    #expect(solved.costShare == 1)
  }

  @Test func aBudgetAtTheLimitIsTheLimit() throws {
    let problem = try AllocationProblem(
      model: randomModel(steps: 10, seed: 2), cost: evenCost(steps: 10), budget: 1 - 0.9 * 0.75)
    let solved = try SparsitySchedule.solved(ranges: 3, for: problem)
    #expect(solved.sparsities.allSatisfy { abs($0 - 0.75) <= 1e-9 })
  }

  @Test func errorFreeNetworksAreSolvedToo() throws {
    let problem = try AllocationProblem(
      model: .independent(Array(repeating: .zero, count: 8)), cost: evenCost(steps: 8), budget: 0.5)
    let solved = try SparsitySchedule.solved(ranges: 2, for: problem)
    #expect(solved.predictedError == 0)
    #expect(solved.costShare <= 0.5 + 1e-9)
  }

  @Test func sameInputGivesTheSameSchedule() throws {
    let problem = try AllocationProblem(
      model: randomModel(steps: 40, seed: 5), cost: evenCost(steps: 40), budget: 0.6)
    let first = try SparsitySchedule.solved(ranges: 5, for: problem)
    let second = try SparsitySchedule.solved(ranges: 5, for: problem)
    #expect(first == second)
  }

  @Test func interpolatedCurvesAreSolvedAsWell() throws {
    let levels = (1...6).map { Double($0) / 8 }
    let exact = LinearTrajectory(steps: 12).curves()
    let amplitudes = exact.map { curve in levels.map { curve.value(at: $0) } }
    let identity = (0..<144).map { $0 % 13 == 0 ? 1.0 : 0 }
    let fitted = try ErrorModel(levels: levels, amplitudes: amplitudes, correlation: identity)
    let drawn = try ErrorModel(
      levels: levels, amplitudes: amplitudes, correlation: identity, interpolating: true)
    let cost = try evenCost(steps: 12)
    let errors = try [fitted, drawn].map {
      try SparsitySchedule.solved(
        ranges: 3, for: AllocationProblem(model: $0, cost: cost, budget: 0.6)
      ).clippedError
    }
    // Between levels 1/8 apart, a cubic follows an exponential of rate 4 to within a few per cent.
    #expect(relative(errors[1], errors[0]) <= 0.05)
  }
}
