import MosaicCore
import Testing

@testable import MosaicAllocation

@Suite struct AllocationErrorTests {
  @Test(arguments: [
    (
      AllocationError.budgetOutOfRange(1.5), MosaicCore.ExitStatus.usage,
      "budget 1.5 is not a share of the dense cost; give a number above 0 and at most 1"
    ),
    (
      .unreachableBudget(asked: 0.2, least: 0.32501), .usage,
      "budget 0.2 is out of reach: the largest sparsity at every step still costs 0.3251 of the "
        + "dense run; ask for 0.3251 or more"
    ),
    (
      .rangeCount(asked: 12, available: 10, steps: 20), .usage,
      "12 step ranges were asked for, but 20 sampling steps measured in 10 buckets have 10 at "
        + "most; ask for 1 to 10"
    ),
    (
      .sparsityLimits(lowest: 0.5, highest: 0.2), .usage,
      "sparsities from 0.5 to 0.2 were allowed; give limits with 0 <= lowest <= highest <= 1"
    ),
    (
      .stepCount(what: "costs", expected: 20, found: 19), .badData,
      "costs: expected 20 values, one for each sampling step, found 19; measure all of them on the "
        + "same trajectory"
    ),
    (
      .badMeasurement(what: "error curve of step 3", problem: "there is none"), .badData,
      "error curve of step 3: there is none; measure the sensitivity again"
    ),
  ])
  func messages(error: AllocationError, status: MosaicCore.ExitStatus, message: String) {
    #expect(error.description == message)
    #expect(error.exitStatus == status)
  }

  static let budgetMessages: [(AllocationError, String)] = [
    (
      .badBudget(.milliseconds(-3)),
      "a budget of -3.0 ms a sample cannot be kept; give a finite number above 0"
    ),
    (
      .unreachable(asked: .milliseconds(500), least: .milliseconds(612.34567)),
      """
      a budget of 500.0 ms a sample is out of reach: the largest sparsity at every step still \
      takes 612.4 ms; ask for 612.4 or more
      """
    ),
    (
      .unreachable(asked: .bytes(1000), least: .bytes(123456)),
      """
      a budget of 1000 bytes is out of reach: the largest sparsity in every range still takes \
      123456 bytes; ask for 123456 or more, or for fewer ranges
      """
    ),
    (
      .unreachable(asked: .error(1e-9), least: .error(2.10001e-6)),
      """
      a final error of 1e-09 or less is out of reach: the least sparsity at every step is \
      predicted to leave 2.101e-6; ask for 2.101e-6 or more
      """
    ),
    (
      .missingCosts(.bytes(1000)),
      """
      a budget of 1000 bytes needs costs in its unit, and there are none; measure them or give \
      a share of the dense cost
      """
    ),
    (
      .missingSize,
      """
      the number of ranges is weighed against the bundle's bytes, and those are not known; give \
      a number of ranges
      """
    ),
  ]

  @Test func messageOfKinds() {
    let error = AllocationError.unavailableKind(.evolution)
    #expect(
      error.description
        == "a schedule of kind 'evolution' cannot be made here; ask for solved, uniform or paper")
    #expect(error.exitStatus == .unsupported)
  }

  @Test(arguments: budgetMessages)
  func messagesOfBudgets(error: AllocationError, message: String) {
    #expect(error.description == message)
    #expect(error.exitStatus == .usage)
  }

  @Test(arguments: [0, -0.5, 1.0001, Double.nan, .infinity])
  func budgetsThatAreNoShare(budget: Double) throws {
    let error = #expect(throws: AllocationError.self) {
      try AllocationProblem(
        model: randomModel(steps: 4, seed: 1), cost: evenCost(steps: 4), budget: budget)
    }
    #expect(error?.exitStatus == .usage)
  }

  @Test func unreachableBudgetNamesTheLeast() throws {
    // A tenth is fixed and at most three quarters of the rest can go.
    let error = #expect(throws: AllocationError.self) {
      try AllocationProblem(
        model: randomModel(steps: 4, seed: 1), cost: evenCost(steps: 4), budget: 0.3)
    }
    guard case .unreachableBudget(let asked, let least) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(asked == 0.3)
    #expect(abs(least - 0.325) <= 1e-12)
    #expect(error?.description.hasSuffix("ask for 0.325 or more") == true)
  }

  @Test(arguments: [0, -1, 5])
  func rangeCountsThatCannotBe(count: Int) throws {
    let problem = try AllocationProblem(
      model: randomModel(steps: 8, seed: 1), cost: evenCost(steps: 8), budget: 0.7,
      boundaries: [0, 2, 4, 6])
    let expected = AllocationError.rangeCount(asked: count, available: 4, steps: 8)
    #expect(throws: expected) { try ScheduleSolver(problem).solve(ranges: count) }
    #expect(throws: expected) { try SparsitySchedule.uniform(ranges: count, for: problem) }
  }

  @Test func problemsThatDoNotFitTogether() throws {
    let model = try randomModel(steps: 4, seed: 1)
    let cost = try evenCost(steps: 4)
    #expect(throws: AllocationError.stepCount(what: "costs", expected: 4, found: 5)) {
      try AllocationProblem(model: model, cost: evenCost(steps: 5), budget: 0.7)
    }
    for limits in [(0.5, 0.2), (-0.1, 0.5), (0, 1.2), (.nan, 0.5)] as [(Double, Double)] {
      #expect(throws: AllocationError.self) {
        try AllocationProblem(
          model: model, cost: cost, budget: 0.7, lowest: limits.0, highest: limits.1)
      }
    }
    for boundaries in [[0, 2, 2], [0, 4], [-1, 2], [0, 3, 1]] {
      #expect(throws: AllocationError.self) {
        try AllocationProblem(model: model, cost: cost, budget: 0.7, boundaries: boundaries)
      }
    }
    for costs in [([1.0], [1.0, 2]), ([1], [-1]), ([.nan], [1]), ([0], [0])]
      as [(
        [Double], [Double]
      )]
    {
      #expect(throws: AllocationError.self) { try CostModel(fixed: costs.0, prunable: costs.1) }
    }
  }
}
