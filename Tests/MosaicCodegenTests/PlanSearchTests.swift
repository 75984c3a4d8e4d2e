import MosaicAllocation
import MosaicAnalysis
import MosaicPruning
import MosaicSurgery
import Testing

@testable import MosaicCodegen

@Suite struct PlanSearchTests {
  /// Both levers, in stages: each plan can be run, costs what it says, and is what its predecessor's
  /// measurement led to.
  @Test func goesDownInStages() throws {
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
    var search = PlanSearch(networks, on: base, options: options)
    try search.run(progress: { _ in })
    let costs = search.milestones.map(\.cost)
    #expect(costs.first == 1 && zip(costs, costs.dropFirst()).allSatisfy { $0 > $1 })
    #expect(try #require(costs.last) <= 0.6 + 1e-9)
    for milestone in search.milestones {
      #expect(networks.gap(in: milestone.plan) == nil)
      #expect(abs(networks.cost(milestone.plan) - milestone.cost) <= 1e-12)
      let levels = milestone.plan.levels
      #expect(zip(levels, levels.dropFirst()).count { $0 != $1 } < 2)
    }
    #expect(zip(search.milestones, search.milestones.dropFirst()).allSatisfy { $0.work < $1.work })
    // The same samples give the same plans.
    var again = PlanSearch(networks, on: base, options: options)
    try again.run(progress: { _ in })
    #expect(again.milestones == search.milestones)
  }
}
