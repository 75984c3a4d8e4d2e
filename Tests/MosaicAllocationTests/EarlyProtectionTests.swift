import Testing

@testable import MosaicAllocation

@Suite struct EarlyProtectionTests {
  @Test func theNoisiestThirdCountsMore() throws {
    let factors = try EarlyProtection.factors(
      strength: 4, logSNR: [-9, -4, -3.1, -3, -2.9, 0, 9])
    #expect(factors == [2, 2, 2, 1, 1, 1, 1].map { $0 as Double })
  }

  /// Whatever the number of steps: MosaicDiff sees fast learning begin at 600.
  @Test(arguments: [20, 50, 100])
  func endsNearTimestep700OnTheLinearSchedule(steps: Int) throws {
    let trajectory = LinearTrajectory(steps: steps)
    let factors = try EarlyProtection.factors(
      strength: 2, logSNR: trajectory.positions.map { -2 * $0 })
    let first = try #require(factors.firstIndex(of: 1))
    #expect((600...750).contains(trajectory.timesteps[first]))
    #expect(factors[..<first].allSatisfy { $0 == 2.0.squareRoot() })
    #expect(factors[first...].allSatisfy { $0 == 1 })
  }

  /// Pure noise, the first step of flow matching, is as early as can be.
  @Test func infiniteEndsCount() throws {
    #expect(
      try EarlyProtection.factors(strength: 9, logSNR: [-.infinity, -6, 0, 6, .infinity])
        == [3, 3, 1, 1, 1])
    #expect(try EarlyProtection.factors(strength: 9, logSNR: [-.infinity]) == [1])
  }

  @Test(arguments: [0, -1, Double.nan, .infinity])
  func strengthsThatAreNone(strength: Double) {
    #expect(throws: AllocationError.self) {
      try EarlyProtection.factors(strength: strength, logSNR: [-1, 1])
    }
  }

  @Test func levelsThatAreNoNumbers() {
    #expect(throws: AllocationError.self) {
      try EarlyProtection.factors(strength: 2, logSNR: [.nan, 1])
    }
  }
}
