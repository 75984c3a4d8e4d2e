import Testing

@testable import MosaicCore

@Suite struct ReusePlanTests {
  /// A polynomial of the order's degree is continued exactly.
  @Test(arguments: 0...2) func forecastsPolynomials(order: Int) {
    let known = [5.0, 3, 0]
    func value(_ x: Double) -> Double {
      [2, -3, 0.5].prefix(order + 1).reversed().reduce(0) { $0 * x + $1 }
    }
    let weights = ValueForecast.weights(at: 7, from: known, order: order)
    #expect(weights.count == order + 1)
    let forecast = zip(weights, known).reduce(0) { $0 + $1.0 * value($1.1) }
    #expect(abs(forecast - value(7)) <= 1e-12)
  }

  /// v + (v - older) (i - j) / (j - k), for values of steps j and k.
  @Test func continuesALine() {
    let weights = ValueForecast.weights(at: 6, from: [4, 1], order: 1)
    let expected = [5.0 / 3, -2.0 / 3]
    #expect(zip(weights, expected).allSatisfy { abs($0 - $1) <= 1e-12 })
  }

  private let twoUnits = [[Int](), []]

  @Test func findsTheFirstValueThatIsNotKnown() {
    let plan = ReusePlan(
      units: ["a", "b"], orders: [[nil, nil], [0, nil], [nil, 1], [2, 0]])
    #expect(
      plan.gap(isNeeded: [true, true, true, true], within: twoUnits)
        == ReusePlan.Gap(step: 3, unit: 0, order: 2, known: 2))
    #expect(
      ReusePlan(units: ["a"], orders: [[0]]).gap(isNeeded: [true], within: [[]])
        == ReusePlan.Gap(step: 0, unit: 0, order: 0, known: 0))
    #expect(
      ReusePlan(units: ["a"], orders: [[nil], [0]]).gap(isNeeded: [true, true], within: [[]]) == nil
    )
  }

  /// A unit inside a reused one is not computed, nor is anything at a step without a forward.
  @Test func countsOnlyWhatIsComputed() {
    let plan = ReusePlan(
      units: ["inner", "outer"], orders: [[nil, nil], [nil, 0], [1, nil]])
    #expect(
      plan.gap(isNeeded: [true, true, true], within: [[], [0]])
        == ReusePlan.Gap(step: 2, unit: 0, order: 1, known: 1))
    let late = ReusePlan(units: ["a"], orders: [[nil], [nil], [0]])
    #expect(
      late.gap(isNeeded: [false, false, true], within: [[]])
        == ReusePlan.Gap(step: 2, unit: 0, order: 0, known: 0))
    #expect(late.gap(isNeeded: [false, true, false], within: [[]]) == nil)
  }

  @Test func saysHowManyValuesToKeep() {
    let plan = ReusePlan(
      units: ["a", "b"], orders: [[nil, nil], [0, nil], [nil, 1], [nil, nil]])
    #expect(plan.depths(after: -1) == [1, 2])
    #expect(plan.depths(after: 1) == [0, 2])
    #expect(plan.depths(after: 2) == [0, 0])
    #expect(!plan.isTrivial && ReusePlan(units: ["a"], steps: 3).isTrivial)
  }
}
