import Testing

@testable import MosaicReport

@Suite struct EstimateTests {
  @Test func intervalsAreThoseOfTwoStandardErrors() {
    #expect(Estimate(3, standardError: 0.5).interval == 2...4)
  }

  @Test(arguments: [(2.0, 1.0), (.nan, 1), (0, .infinity)])
  func whatIsNoIntervalIsNone(lower: Double, upper: Double) {
    #expect(Estimate(1, lower: lower, upper: upper).interval == nil)
    #expect(Estimate(1, lower: lower).interval == nil)
  }
}
