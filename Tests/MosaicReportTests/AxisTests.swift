import Testing

@testable import MosaicReport

@Suite struct AxisTests {
  @Test(arguments: [
    ([0.0, 0.52], [0, 0.2, 0.4, 0.6]), ([0.5, 0.625, 0.875], [0.5, 0.6, 0.7, 0.8, 0.9]),
    ([293, 436], [250, 300, 350, 400, 450]), ([-3, 3], [-4, -2, 0, 2, 4]),
  ]) func linearTicksAreRound(values: [Double], expected: [Double]) {
    let ticks = Axis.linear(values).ticks
    #expect(ticks.count == expected.count)
    for (tick, value) in zip(ticks, expected) { #expect(abs(tick.value - value) < 1e-9) }
  }

  @Test(arguments: [[], [7.0], [0], [.nan, .infinity], [-0.0, 0.0], [1e9, 1e9], [1, 1 + 1e-13]])
  func linearAxesOfLittleSpan(values: [Double]) {
    let axis = Axis.linear(values)
    #expect(axis.upper > axis.lower)
    #expect((2...7).contains(axis.ticks.count))
    for value in values where value.isFinite { #expect(axis.position(of: value) != nil) }
  }

  @Test func logarithmicTicksAreDecadesWhereThereAreEnough() {
    let labels = Axis.logarithmic([2e-6, 3e-4]).ticks.compactMap(\.label)
    #expect(labels == ["10⁻⁶", "10⁻⁵", "10⁻⁴"])
    #expect(Axis.logarithmic([0.02, 5]).ticks.compactMap(\.label) == ["0.01", "0.1", "1", "10"])
    #expect(Axis.logarithmic([3e-5, 4e-5]).ticks.compactMap(\.label) == ["2·10⁻⁵", "5·10⁻⁵"])
    let wide = Axis.logarithmic([1e-12, 1e12]).ticks.compactMap(\.label)
    #expect(wide.count <= 6 && wide.contains("1"))
  }

  /// From a few per cent to two hundred decades: ticks rise, lie inside and can be read.
  @Test func logarithmicAxesOfAnySpan() {
    for exponent in stride(from: -199.0, through: 198, by: 6.7) {
      for span in [0.0, 0.01, 0.3, 1, 3, 12, 190] {
        let lower = power(exponent)
        let upper = min(power(exponent + span), 1e200)
        let axis = Axis.logarithmic([lower, upper])
        #expect(axis.lower <= lower && axis.upper >= upper)
        let values = axis.ticks.map(\.value)
        #expect(values == values.sorted() && Set(values).count == values.count)
        #expect(axis.ticks.allSatisfy { axis.position(of: $0.value) != nil })
        #expect((2...8).contains(axis.ticks.count { $0.label != nil }), "\(exponent) \(span)")
      }
    }
  }

  private func power(_ exponent: Double) -> Double {
    var result = 1.0
    for _ in 0..<Int(abs(exponent)) { result *= exponent < 0 ? 0.1 : 10 }
    return result
  }

  @Test func valuesWithoutAPlaceHaveNone() {
    let linear = Axis.linear([0, 1])
    let logarithmic = Axis.logarithmic([0.01, 1])
    for value in [Double.nan, .infinity, -.infinity, 1e300] {
      #expect(linear.position(of: value) == nil)
      #expect(logarithmic.position(of: value) == nil)
    }
    #expect(logarithmic.position(of: 0) == nil && logarithmic.position(of: -1) == nil)
    #expect(linear.position(of: -5) == 0 && linear.position(of: 5) == 1)
    #expect(linear.position(of: 0.25) == 0.25)
  }

  @Test func aBoundFarAwayDoesNotStretchTheAxis() {
    #expect(Axis.logarithmic([0.1, 1], bounds: [1e-30]).lower > 0.01)
    #expect(Axis.logarithmic([0.1, 1], bounds: [0.03]).lower <= 0.03)
  }
}
