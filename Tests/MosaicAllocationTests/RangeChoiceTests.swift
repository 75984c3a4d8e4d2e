import Testing

@testable import MosaicAllocation

@Suite struct RangeChoiceTests {
  static func request(
    _ size: BundleSize, atMost: Int, share: Double = 0.65
  ) throws -> AllocationRequest {
    AllocationRequest(
      model: try ClosedFormTests.model(LinearTrajectory(steps: 20), .decaying),
      costs: AllocationCosts(macs: try evenCost(steps: 20), bytes: size), budget: .macs(share),
      ranges: .automatic(atMost: atMost), boundaries: Array(stride(from: 0, to: 20, by: 2)))
  }

  @Test(arguments: [0.875, 0.65, 0.5], [50, 150, 300])
  func squaredErrorTimesBytesIsLeast(share: Double, consumers: Int) throws {
    let size = BundleSize(fixed: 600 - consumers, producers: 400, consumers: consumers)
    var request = try Self.request(size, atMost: 7, share: share)
    let chosen = try SparsitySchedule.solved(request)
    let products = try (1...7).map { count in
      request.ranges = .exactly(count)
      let schedule = try SparsitySchedule.solved(request)
      return schedule.clippedError * schedule.clippedError
        * size.exactBytes(of: schedule.ranges.map(\.sparsity))
    }
    let least = try #require(products.indices.min { products[$0] < products[$1] })
    #expect(chosen.ranges.count == least + 1)
  }

  /// What costs no bytes is taken as long as it helps at all.
  @Test func rangesForNothingAreTaken() throws {
    let size = BundleSize(fixed: 600, producers: 0, consumers: 0)
    let schedule = try SparsitySchedule.solved(try Self.request(size, atMost: 6))
    #expect(schedule.ranges.count == 6)
  }

  @Test func dearRangesAreNot() throws {
    let size = BundleSize(fixed: 0, producers: 0, consumers: 1000)
    let dear = try SparsitySchedule.solved(try Self.request(size, atMost: 6))
    let cheap = try SparsitySchedule.solved(
      try Self.request(BundleSize(fixed: 950, producers: 0, consumers: 50), atMost: 6))
    #expect(dear.ranges.count < cheap.ranges.count)
  }

  @Test func atMostAndBoundariesBound() throws {
    let size = BundleSize(fixed: 600, producers: 0, consumers: 0)
    #expect(try SparsitySchedule.solved(try Self.request(size, atMost: 2)).ranges.count == 2)
    var request = try Self.request(size, atMost: 20)
    request.boundaries = [0, 6, 12]
    #expect(try SparsitySchedule.solved(request).ranges.count == 3)
    request.ranges = .automatic(atMost: 0)
    #expect(throws: AllocationError.rangeCount(asked: 0, available: 3, steps: 20)) {
      try SparsitySchedule.solved(request)
    }
  }
}
