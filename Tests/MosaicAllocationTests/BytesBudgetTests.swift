import Testing

@testable import MosaicAllocation

@Suite struct BytesBudgetTests {
  static let size = BundleSize(fixed: 300, producers: 400, consumers: 290, consumersFixed: 10)

  static func request(_ bytes: Int, ranges: RangeCount, seed: UInt64 = 1) throws
    -> AllocationRequest
  {
    AllocationRequest(
      model: try randomModel(steps: 8, seed: seed),
      costs: AllocationCosts(macs: try evenCost(steps: 8), bytes: size), budget: .bytes(bytes),
      ranges: ranges, boundaries: [0, 2, 4, 6])
  }

  @Test func sizeOfABundle() {
    #expect(Self.size.dense == 1000)
    #expect(Self.size.bytes(of: [0]) == 1000)
    #expect(Self.size.bytes(of: [0, 0, 0]) == 1000)
    // Producers of the least pruned range; consumers of each, with their fixed part.
    #expect(Self.size.bytes(of: [0.5, 0.25]) == 300 + 300 + 145 + 218 + 20)
    // A dense range stores the dense consumers beside the refitted ones.
    #expect(Self.size.bytes(of: [0.5, 0]) == 1000 + 155)
  }

  @Test(arguments: [2, 3], [750, 850, 950, 999])
  func matchesAGrid(count: Int, bytes: Int) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let request = try Self.request(bytes, ranges: .exactly(count), seed: seed)
      if count == 3, bytes == 750 {
        // Three ranges at 0.75 take 300 + 100 + 3 · 82.5 = 647.5.
        #expect(Self.size.bytes(of: [0.75, 0.75, 0.75]) == 648)
      }
      let schedule = try SparsitySchedule.solved(request)
      #expect(schedule.ranges.count == count)
      #expect(try #require(schedule.bytes) <= bytes)
      let least = try Self.gridMinimum(request, count: count)
      // Between the points of the grid there is something better still.
      #expect(schedule.clippedError <= least)
      #expect(schedule.clippedError >= 0.8 * least)
    }
  }

  /// The least clipped error of all segmentations with sparsities on a grid.
  static func gridMinimum(_ request: AllocationRequest, count: Int) throws -> Double {
    let problem = try request.problem(atMACs: 1)
    let points = count == 2 ? 150 : 50
    var least = Double.infinity
    for begins in RangeSegmentationTests.everySegmentation(places: 4, count: count) {
      let ranges = problem.ranges(beginningAt: begins)
      let objective = RangeObjective(model: request.model, ranges: ranges)
      var indices = Array(repeating: 0, count: count)
      while true {
        let sparsities = indices.map { 0.75 * Double($0) / Double(points) }
        if case .bytes(let budget) = request.budget, size.bytes(of: sparsities) <= budget {
          least = min(least, objective.value(at: sparsities))
        }
        guard let place = indices.lastIndex(where: { $0 < points }) else { break }
        indices[place] += 1
        for later in indices.indices where later > place { indices[later] = 0 }
      }
    }
    return least
  }

  /// Every further range stores more consumers, for which all must be pruned harder.
  @Test(arguments: [600, 750, 900])
  func oneRangeIsBest(bytes: Int) throws {
    let one = try SparsitySchedule.solved(try Self.request(bytes, ranges: .exactly(1)))
    let chosen = try SparsitySchedule.solved(try Self.request(bytes, ranges: .automatic(atMost: 4)))
    #expect(chosen.ranges == one.ranges)
    #expect(one.bytes == bytes)
    if bytes >= 750 {
      for count in 2...3 {
        let more = try SparsitySchedule.solved(try Self.request(bytes, ranges: .exactly(count)))
        #expect(more.clippedError > one.clippedError)
      }
    }
  }

  @Test func bundlesWithoutPrunableTensorsOfAKind() throws {
    for size in [
      BundleSize(fixed: 300, producers: 700, consumers: 0),
      BundleSize(fixed: 300, producers: 0, consumers: 700),
    ] {
      var request = try Self.request(900, ranges: .exactly(2))
      request.costs = AllocationCosts(macs: request.costs.macs, bytes: size)
      let schedule = try SparsitySchedule.solved(request)
      #expect(try #require(schedule.bytes) <= 900)
      #expect(schedule.clippedError > 0)
    }
  }
}
