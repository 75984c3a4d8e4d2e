import MosaicAllocation
import MosaicAnalysis
import MosaicPruning
import MosaicSurgery
import Testing

@testable import MosaicCodegen

@Suite struct PlanSearchTests {
  /// Both levers, in stages: each plan can be run, costs what it says, and is what its predecessor's
  /// measurement led to.
  @Test(arguments: [false, true]) func goesDownInStages(isScreened: Bool) throws {
    let calibration = try Conversion(try tinyModel(), options: tinyOptions(), progress: { _ in })
      .calibrate()
    let subject = calibration.subject
    var maker = VariantMaker(
      subject, statistics: calibration.statistics, sensitivity: calibration.sensitivity,
      spreading: .loss, criterion: .obs)
    let pruned = try subject.buckets.map { steps in
      [try maker.variant(steps: steps, sparsity: 0.5).network]
    }
    let networks = try PlanNetworks(subject, sparsities: [0.5], networks: pruned)
    let base = try subject.trajectories(from: SampleStart.plan, samples: 4, progress: { _ in })
    var options = PlanSearch.Options()
    options.stage = 0.15
    options.least = 0.6
    options.rules.mostRanges = 2
    options.effort = PlanSearch.Effort(
      samples: 4, samplesPerStage: isScreened ? 2 : 4, valueSamples: 4, moves: 40,
      isScreened: isScreened)
    var search = PlanSearch(networks, on: base, options: options)
    try search.run(progress: { _ in })
    let stages = search.state.trace.stages
    let costs = [1] + stages.map(\.cost)
    #expect(zip(costs, costs.dropFirst()).allSatisfy { $0 > $1 })
    #expect(try #require(costs.last) <= 0.6 + 1e-9)
    #expect(stages.allSatisfy { $0.work > 0 })
    var plan = networks.densePlan
    for stage in stages {
      for move in stage.moves { plan.take(move) }
      #expect(networks.gap(in: plan) == nil)
      #expect(abs(networks.cost(plan) - stage.cost) <= 1e-12)
      #expect(zip(plan.levels, plan.levels.dropFirst()).count { $0 != $1 } < 2)
    }
    // Every budget on the way has a plan, and none below has.
    for budget in [1, 0.9, 0.75, 0.6] {
      let found = try #require(search.state.trace.plan(within: budget, in: networks))
      #expect(networks.cost(found) <= budget + 1e-9 && networks.gap(in: found) == nil)
    }
    #expect(search.state.trace.plan(within: 0.1, in: networks) == nil)
    // The same samples give the same plans, and a search that was interrupted goes on as if it had
    // not been.
    struct Interrupted: Error {}
    var first = PlanSearch(networks, on: base, options: options)
    #expect(throws: Interrupted.self) {
      try first.run(progress: { _ in }) { _ in throw Interrupted() }
    }
    #expect(first.state.trace.stages.count == 1)
    var again = PlanSearch(networks, on: base, options: options, from: first.state)
    try again.run(progress: { _ in })
    #expect(again.state.trace == search.state.trace)
  }

  /// An error in place of a cost: what is chosen keeps to it on samples that chose nothing.
  @Test func findsTheCheapestPlanUnderAnError() throws {
    var options = tinyOptions { $0.levers = [.reuse] }
    options.probe = PlanSearch.Effort(
      samples: 4, samplesPerStage: 4, valueSamples: 4, moves: 20, isScreened: true)
    func planned(_ budget: Budget) throws -> SolvedPlan {
      options.allocation.budget = budget
      let conversion = Conversion(try tinyModel(), options: options, progress: { _ in })
      return try conversion.solvePlan(try conversion.calibrate())
    }
    let cheap = try planned(.macs(0.6))
    let strict = try planned(.error(cheap.predicted / 20))
    let loose = try planned(.error(cheap.predicted * 20))
    #expect(strict.predicted <= cheap.predicted / 20)
    #expect(loose.predicted <= cheap.predicted * 20)
    #expect(loose.cost < strict.cost && strict.cost <= 1)
    #expect(try planned(.error(0)).cost == 1)
  }

  @Test func refusesBudgetsThatPlansAreNotSolvedFor() throws {
    for budget in [Budget.milliseconds(5), .bytes(100_000)] {
      let options = tinyOptions {
        $0.levers = .all
        $0.allocation.budget = budget
      }
      let conversion = Conversion(try tinyModel(), options: options, progress: { _ in })
      #expect(throws: AllocationError.leversNeedMacsOrError("prune,reuse,steps")) {
        try conversion.checkPlanBudget()
      }
    }
  }
}
