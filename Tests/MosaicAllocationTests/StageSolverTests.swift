import MosaicAnalysis
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicAllocation

/// Steps of two units that cost a tenth each.
private struct AddedCosts: PlanCosts {
  let isNeeded = [true, true, true, true]
  let within = [[Int](), []]

  func needed(_ plan: StepPlan, step: Int) -> Double {
    1 - 0.1 * Double(plan.reuse.orders[step].count { $0 != nil })
  }
}

@Suite struct StageSolverTests {
  /// Changes of a made-up network's final samples for every move that may be made from dense.
  private struct Problem {
    let costs = AddedCosts()
    let plan: StepPlan
    let measured: MeasuredMoves

    init(seed: UInt64, reverting: Bool = false) throws {
      var plan = StepPlan(levels: [0, 0], reuse: ReusePlan(units: ["a", "b"], steps: 4))
      if reverting { plan.reuse.orders[2][0] = 0 }
      self.plan = plan
      var random = SplitMix64(seed: seed)
      var moves: [PlanMove] = []
      for step in 1..<4 {
        for unit in 0..<2 {
          moves.append(
            .reuse(step: step, unit: unit, order: plan.reuse.orders[step][unit] == nil ? 0 : nil))
        }
      }
      let (costs, rules) = (AddedCosts(), PlanRules())
      let legal = moves.filter { rules.allows(plan.taking($0), costs) }
      measured = MeasuredMoves(
        moves: legal, error: random.floats(6), changes: legal.map { _ in random.floats(6) }, work: 0
      )
    }
  }

  /// The predicted error is that of the sum of all changes taken.
  @Test(arguments: UInt64(0)..<10) func addsUpWhatItTakes(seed: UInt64) throws {
    let problem = try Problem(seed: seed)
    var solver = StageSolver(
      problem.measured, around: problem.plan, costs: problem.costs, rules: PlanRules())
    let isSolved = solver.solve(target: 0.97)
    #expect(isSolved)
    var sum = problem.measured.error
    for move in solver.chosen {
      for index in sum.indices { sum[index] += problem.measured.changes[move][index] }
    }
    let error = sum.reduce(0) { $0 + Double($1) * Double($1) } / Double(sum.count)
    #expect(abs(solver.predicted - error) <= 1e-5 * max(error, 1))
    var plan = problem.plan
    for move in solver.chosen { plan.take(problem.measured.moves[move]) }
    #expect(plan == solver.plan && problem.costs.cost(plan) == solver.cost)
    #expect(solver.cost <= 0.97 && PlanRules().allows(plan, problem.costs))
  }

  /// No two moves of one unit at neighbouring steps in one stage.
  @Test(arguments: UInt64(0)..<10) func keepsMovesApart(seed: UInt64) throws {
    let problem = try Problem(seed: seed)
    var solver = StageSolver(
      problem.measured, around: problem.plan, costs: problem.costs, rules: PlanRules())
    _ = solver.solve(target: 0)
    let units = solver.chosen.map { move -> Int in
      guard case .reuse(_, let unit, _) = problem.measured.moves[move] else { return -1 }
      return unit
    }
    #expect(Set(units).count == units.count && units.count == 2)
  }

  /// A reused value that costs much error is computed again, and another reused in its place.
  @Test func givesBackWhatCostsMuch() throws {
    let problem = try Problem(seed: 0, reverting: true)
    let moves: [PlanMove] = [
      .reuse(step: 2, unit: 0, order: nil), .reuse(step: 2, unit: 1, order: 0),
    ]
    let measured = MeasuredMoves(
      moves: moves, error: [1, 1], changes: [[-1, -1], [0.1, 0]], work: 0)
    var solver = StageSolver(
      measured, around: problem.plan, costs: problem.costs, rules: PlanRules())
    let isSolved = solver.solve(target: 1)
    #expect(isSolved)
    #expect(solver.plan.reuse.orders[2][0] == nil && solver.plan.reuse.orders[2][1] == 0)
    #expect(abs(solver.predicted - 0.005) <= 1e-6)
  }

  @Test func rulesBoundAgeAndRanges() throws {
    let costs = AddedCosts()
    var rules = PlanRules()
    rules.mostAge = 1
    rules.mostRanges = 1
    var plan = StepPlan(levels: [0, 0], reuse: ReusePlan(units: ["a", "b"], steps: 4))
    plan.reuse.orders[1][0] = 0
    #expect(rules.allows(plan, costs))
    plan.reuse.orders[2][0] = 0
    #expect(!rules.allows(plan, costs))
    #expect(
      !rules.allows(
        StepPlan(levels: [0, 1], reuse: ReusePlan(units: plan.reuse.units, steps: 4)), costs))
  }
}
