import Testing

@testable import MosaicAllocation

@Suite struct ErrorBudgetTests {
  static func request(_ error: Double, model: ErrorModel, ranges: RangeCount) throws
    -> AllocationRequest
  {
    AllocationRequest(
      model: model,
      costs: AllocationCosts(
        macs: try evenCost(steps: 20, free: [19]),
        bytes: BundleSize(fixed: 300, producers: 400, consumers: 300)),
      budget: .error(error), ranges: ranges, boundaries: Array(stride(from: 0, to: 20, by: 2)))
  }

  @Test(arguments: ClosedFormTests.Correlation.allCases, [1e-5, 1e-4, 1e-3])
  func isTheCheapest(correlation: ClosedFormTests.Correlation, error: Double) throws {
    let model = try ClosedFormTests.model(LinearTrajectory(steps: 20), correlation)
    var request = try Self.request(error, model: model, ranges: .exactly(3))
    let schedule = try SparsitySchedule.solved(request)
    #expect(schedule.predictedError <= error)
    #expect(schedule.ranges.count == 3)
    #expect(schedule.target == .error(error))
    #expect(schedule.budget == schedule.costShare)
    guard schedule.sparsities.contains(where: { $0 < 0.75 }) else { return }
    request.budget = .macs(0.99 * schedule.costShare)
    if let less = try? SparsitySchedule.solved(request) { #expect(less.predictedError > error) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func staysUnderWithErrorsThatCancel(seed: UInt64) throws {
    let model = try randomModel(steps: 20, seed: seed)
    for error in [1e-4, 1e-2, 1] {
      let schedule = try SparsitySchedule.solved(
        try Self.request(error, model: model, ranges: .exactly(4)))
      #expect(schedule.predictedError <= error)
    }
  }

  @Test func costFallsAsTheErrorAllowedGrows() throws {
    let model = try ClosedFormTests.model(LinearTrajectory(steps: 20), .decaying)
    var last = 1.0
    for error in [0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 10] {
      let schedule = try SparsitySchedule.solved(
        try Self.request(error, model: model, ranges: .exactly(3)))
      #expect(schedule.costShare <= last + 1e-9)
      last = schedule.costShare
    }
    #expect(abs(last - (1 - 0.9 * 0.75)) <= 1e-9)
  }

  @Test func rangesAreChosenAsForTheShareReached() throws {
    let model = try ClosedFormTests.model(LinearTrajectory(steps: 20), .decaying)
    let schedule = try SparsitySchedule.solved(
      try Self.request(1e-4, model: model, ranges: .automatic(atMost: 6)))
    #expect(schedule.predictedError <= 1e-4)
    let fixed = try SparsitySchedule.solved(
      try Self.request(1e-4, model: model, ranges: .exactly(schedule.ranges.count)))
    #expect(fixed == schedule)
    #expect((2...5).contains(schedule.ranges.count))
  }
}
