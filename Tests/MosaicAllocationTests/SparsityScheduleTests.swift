import Foundation
import Testing

@testable import MosaicAllocation

@Suite struct SparsityScheduleTests {
  static func problem(
    steps: Int = 20, budget: Double = 0.67, boundaries: [Int]? = nil
  ) throws -> AllocationProblem {
    try AllocationProblem(
      model: .independent(Array(repeating: ErrorCurve(scale: 0.01, rate: 4), count: steps)),
      cost: CostModel(
        fixed: Array(repeating: 0, count: steps), prunable: Array(repeating: 1, count: steps)),
      budget: budget, boundaries: boundaries)
  }

  @Test func uniformHasEqualRangesAndMeetsTheBudget() throws {
    let schedule = try SparsitySchedule.uniform(ranges: 4, for: Self.problem())
    #expect(schedule.kind == .uniform)
    #expect(schedule.ranges.map(\.steps) == [0..<5, 5..<10, 10..<15, 15..<20])
    #expect(schedule.ranges.allSatisfy { abs($0.sparsity - 0.33) <= 1e-12 })
    #expect(abs(schedule.costShare - 0.67) <= 1e-12)
    // 20 independent steps of 0.01² (exp(4 · 0.33) − 1)².
    let step = 0.01 * (exp(1.32) - 1)
    #expect(relative(schedule.predictedError, 20 * step * step) <= 1e-9)
  }

  @Test func uniformRangesBeginAtBoundaries() throws {
    let problem = try Self.problem(boundaries: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    let schedule = try SparsitySchedule.uniform(ranges: 4, for: problem)
    #expect(schedule.ranges.map(\.lowerBound) == [0, 4, 10, 14])
    let crowded = try Self.problem(boundaries: [0, 17, 18, 19])
    let four = try SparsitySchedule.uniform(ranges: 4, for: crowded)
    #expect(four.ranges.map(\.lowerBound) == [0, 17, 18, 19])
  }

  /// sₖ = 0.33 (1 − scoreₖ) / Σ wⱼ (1 − scoreⱼ) with w = 0.4, 0.4, 0.2, worked by hand.
  @Test func paperIsProportionalToSlowness() throws {
    let scores =
      Array(repeating: 0.201, count: 20) + Array(repeating: 0.848, count: 20)
      + Array(repeating: 0.490, count: 10)
    let schedule = try SparsitySchedule.paper(
      scores: scores, threshold: 0.7, for: Self.problem(steps: 50))
    #expect(schedule.ranges.map(\.steps) == [0..<20, 20..<40, 40..<50])
    for (range, expected) in zip(schedule.ranges, [0.547, 0.104, 0.349]) {
      #expect(abs(range.sparsity - expected) <= 5e-4)
    }
    #expect(abs(schedule.costShare - 0.67) <= 1e-12)
  }

  @Test func paperGivesWhatALimitRefusesToTheOthers() throws {
    let scores = [0.0, 0.0, 0.9, 0.9, 0.5, 0.5]
    let schedule = try SparsitySchedule.paper(
      scores: scores, threshold: 0.7, for: Self.problem(steps: 6, budget: 0.5))
    try #require(schedule.ranges.count == 3)
    #expect(schedule.ranges[0].sparsity == 0.75)
    // The other two share what is left, 5 to 1: s₂ + s₃ = 0.75.
    #expect(schedule.ranges[1].steps == 2..<4)
    #expect(abs(schedule.ranges[1].sparsity - 0.125) <= 1e-12)
    #expect(abs(schedule.ranges[2].sparsity - 0.625) <= 1e-12)
  }

  @Test func paperWithoutASlowStartHasTwoRanges() throws {
    let schedule = try SparsitySchedule.paper(
      scores: [1, 0.9, 0.8, 0.3, 0.2, 0.1], for: Self.problem(steps: 6))
    #expect(schedule.ranges.map(\.steps) == [0..<3, 3..<6])
  }

  @Test func paperRangesBeginAtBoundaries() throws {
    let schedule = try SparsitySchedule.paper(
      scores: [0.1, 0.2, 0.3, 0.9, 1, 0.9, 0.2, 0.1],
      for: Self.problem(steps: 8, boundaries: [0, 2, 4, 6]))
    #expect(schedule.ranges.map(\.steps) == [0..<2, 2..<6, 6..<8])
  }

  @Test func paperOfEqualScoresIsUniform() throws {
    let schedule = try SparsitySchedule.paper(
      scores: Array(repeating: 1, count: 6), for: Self.problem(steps: 6))
    #expect(schedule.sparsities.allSatisfy { abs($0 - 0.33) <= 1e-9 })
  }

  /// Timesteps 950, 850, …: above 600, from 600 to 200, below.
  @Test func paperSplitsWhereItsTextDoes() throws {
    let scores = [0.1, 0.2, 0.3, 0.5, 0.8, 0.9, 1, 0.9, 0.4, 0.2]
    let timesteps = (0..<10).map { 950 - 100 * Double($0) }
    let problem = try Self.problem(steps: 10)
    let split = try SparsitySchedule.paperSplit(
      scores: scores, timesteps: timesteps, for: problem)
    #expect(split.kind == .paper)
    #expect(split.ranges.map(\.steps) == [0..<4, 4..<8, 8..<10])
    // 1 − mean scores are 0.725, 0.1 and 0.7.
    #expect(abs(split.ranges[0].sparsity / split.ranges[1].sparsity - 7.25) <= 1e-9)
    #expect(abs(split.ranges[2].sparsity / split.ranges[1].sparsity - 7) <= 1e-9)
    #expect(abs(split.costShare - 0.67) <= 1e-12)
    let threshold = try SparsitySchedule.paper(scores: scores, for: problem)
    #expect(threshold.ranges.map(\.steps) == [0..<4, 4..<8, 8..<10])
    let half = try SparsitySchedule.paperSplit(
      scores: scores, timesteps: timesteps.map { $0 / 2 }, trainTimesteps: 500, for: problem)
    #expect(half == split)
  }

  @Test func paperSplitOfALateRunHasFewerRanges() throws {
    let split = try SparsitySchedule.paperSplit(
      scores: [0.8, 1, 0.4, 0.2], timesteps: [500, 350, 150, 50], for: Self.problem(steps: 4))
    #expect(split.ranges.map(\.steps) == [0..<2, 2..<4])
    #expect(throws: AllocationError.stepCount(what: "timesteps", expected: 4, found: 1)) {
      try SparsitySchedule.paperSplit(
        scores: [0.8, 1, 0.4, 0.2], timesteps: [500], for: Self.problem(steps: 4))
    }
  }

  @Test func paperRefusesOtherStepCounts() throws {
    #expect(throws: AllocationError.stepCount(what: "learning speeds", expected: 20, found: 2)) {
      try SparsitySchedule.paper(scores: [1, 0.5], for: Self.problem())
    }
  }

  @Test func printsATable() {
    let schedule = SparsitySchedule(
      kind: .solved,
      ranges: [
        StepRange(steps: 0..<7, sparsity: 0.53126), StepRange(steps: 7..<20, sparsity: 0.02),
      ],
      predictedError: 1.23449e-4, clippedError: 9.9999e-4, costShare: 0.75, budget: 0.75)
    #expect(
      schedule.description == """
        solved schedule: 2 ranges over 20 steps at 0.7500 of the dense cost (budget 0.7500)
          steps      sparsity
          0-6        0.5313
          7-19       0.0200
        predicted error 1.234e-4, at most 1.000e-3 if no errors cancel
        """)
  }

  @Test func printsWhatOtherBudgetsCost() {
    let schedule = SparsitySchedule(
      kind: .solved, ranges: [StepRange(steps: 0..<20, sparsity: 0.25)],
      predictedError: 1.23449e-4, clippedError: 9.9999e-4, costShare: 0.775, budget: 0.775,
      target: .milliseconds(800), milliseconds: 799.96, bytes: 123456)
    #expect(
      schedule.description == """
        solved schedule: 1 range over 20 steps at 0.7750 of the dense cost (a budget of 800.0 ms \
        a sample)
          steps      sparsity
          0-19       0.2500
        predicted cost 800.0 ms a sample, 123456 bytes of tensors
        predicted error 1.234e-4, at most 1.000e-3 if no errors cancel
        """)
  }
}
