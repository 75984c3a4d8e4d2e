import MosaicTestSupport
import Testing

@testable import MosaicAllocation

@Suite struct BudgetProjectionTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func isFeasibleAndNearest(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = 2 + Int(seed % 7)
    func uniform(_ range: ClosedRange<Double>) -> Double {
      Double.random(in: range, using: &random)
    }
    var weights = (0..<count).map { _ in uniform(0.01...1) }
    if seed.isMultiple(of: 3) { weights[0] = 0 }
    let limits = 0.05...0.8
    let total = weights.reduce(0, +)
    let projection = BudgetProjection(
      weights: weights, required: total * uniform(0.1...0.79), limits: limits)
    let metric = (0..<count).map { _ in uniform(0.1...10) }
    let point = (0..<count).map { _ in uniform(-1...1) }
    let nearest = projection.project(point, metric: metric)
    #expect(projection.isFeasible(nearest))
    #expect(projection.saved(nearest) >= projection.required)

    // A projection onto a convex set: no feasible point lies at an acute angle.
    for _ in 0..<50 {
      let other = projection.project((0..<count).map { _ in uniform(-1...2) })
      var product = 0.0
      for k in 0..<count {
        product += metric[k] * (point[k] - nearest[k]) * (other[k] - nearest[k])
      }
      #expect(product <= 1e-9)
    }
  }

  @Test func keepsWhatIsFeasible() {
    let projection = BudgetProjection(weights: [0.5, 0.5], required: 0.3, limits: 0...0.75)
    #expect(projection.project([0.2, 0.5]) == [0.2, 0.5])
  }

  @Test func atTheLimitEverythingIsAtTheLimit() {
    let projection = BudgetProjection(weights: [0.2, 0.7], required: 0.675, limits: 0...0.75)
    #expect(projection.project([0, 0.1]) == [0.75, 0.75])
  }
}
