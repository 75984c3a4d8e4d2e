import MosaicAnalysis
import MosaicSurgery
import Testing

@testable import MosaicAllocation
@testable import MosaicCodegen

@Suite struct CachingBaselinesTests {
  private func setting() throws -> (networks: PlanNetworks, caching: CachingBaselines) {
    let calibration = try Conversion(try tinyModel(), options: tinyOptions(), progress: { _ in })
      .calibrate()
    let networks = try calibration.planNetworks([.reuse], progress: { _ in })
    let base = try calibration.subject.trajectories(
      from: SampleStart.plan, samples: 4, progress: { _ in })
    let model = try networks.forecastModel(
      along: networks.densePlan, from: nil, on: base, stage: "", progress: { _ in }
    ).model
    return (networks, CachingBaselines(networks, model.values))
  }

  /// Plans that can be run and keep the budget; a larger one costs no less.
  @Test func keepBudgets() throws {
    let (networks, caching) = try setting()
    let methods: [(Double) -> StepPlan?] = [
      { caching.threshold(within: $0, order: 0) }, { caching.threshold(within: $0, order: 1) },
      { caching.intervals(within: $0) },
    ]
    for method in methods {
      var before = 0.0
      for budget in [0.7, 0.85, 1] {
        let plan = try #require(method(budget))
        let cost = networks.cost(plan)
        #expect(networks.gap(in: plan) == nil)
        #expect(cost <= budget + 1e-9 && cost >= before - 1e-9)
        before = cost
      }
      #expect(method(0.01) == nil)
    }
  }

  /// Every second needed step computes all, the first among them.
  @Test func repeatsInPeriods() throws {
    let (networks, caching) = try setting()
    let plan = caching.periodic(2, laterHalf: false)
    let needed = networks.isNeeded.indices.filter { networks.isNeeded[$0] }
    for (number, step) in needed.enumerated() {
      let reused = plan.reuse.orders[step].count { $0 != nil }
      #expect(reused == (number.isMultiple(of: 2) ? 0 : networks.units.names.count - 1))
    }
    #expect(networks.gap(in: plan) == nil)
    #expect(networks.cost(caching.periodic(2, laterHalf: true)) > networks.cost(plan))
  }

  /// The steps chosen are the best of all choices, by the changes that they are chosen by.
  @Test func choosesTheBestIntervals() throws {
    let (networks, caching) = try setting()
    let plan = try #require(caching.intervals(within: 0.8))
    let needed = networks.isNeeded.indices.filter { networks.isNeeded[$0] }
    let computed = needed.filter { plan.reuse.orders[$0].allSatisfy { $0 == nil } }
    #expect(computed.first == needed.first)
    let least = caching.error(computing: computed)
    for mask in 0..<(1 << (needed.count - 1)) {
      // The first needed step is always computed.
      let bits = 2 * mask + 1
      let other = needed.indices.filter { bits >> $0 & 1 == 1 }.map { needed[$0] }
      guard other.count == computed.count else { continue }
      #expect(least <= caching.error(computing: other) + 1e-12)
    }
  }
}
