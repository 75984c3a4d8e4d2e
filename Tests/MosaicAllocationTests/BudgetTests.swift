import Testing

@testable import MosaicAllocation

@Suite struct BudgetTests {
  static func request(
    _ budget: Budget, ranges: RangeCount = .exactly(3), steps: Int = 20
  ) throws -> AllocationRequest {
    let model = try ClosedFormTests.model(LinearTrajectory(steps: steps), .decaying)
    let costs = AllocationCosts(
      macs: try evenCost(steps: steps),
      // Time saves less than multiply-accumulates do: 4 of 10 ms are fixed.
      milliseconds: try CostModel(
        fixed: Array(repeating: 4, count: steps), prunable: Array(repeating: 6, count: steps)),
      bytes: BundleSize(fixed: 300, producers: 400, consumers: 290, consumersFixed: 10))
    return AllocationRequest(
      model: model, costs: costs, budget: budget, ranges: ranges,
      boundaries: Array(stride(from: 0, to: steps, by: 2)))
  }

  @Test func aShareIsSolvedAsBefore() throws {
    let request = try Self.request(.macs(0.65))
    let schedule = try SparsitySchedule.solved(request)
    let problem = try AllocationProblem(
      model: request.model, cost: request.costs.macs, budget: 0.65,
      boundaries: request.boundaries)
    let plain = try SparsitySchedule.solved(ranges: 3, for: problem)
    #expect(schedule.ranges == plain.ranges)
    #expect(schedule.predictedError == plain.predictedError)
    #expect(schedule.costShare == plain.costShare)
    #expect(schedule.budget == 0.65)
    #expect(schedule.target == .macs(0.65))
    // 4 + 6 (1 − s) ms a step, where multiply-accumulates are 1 + 9 (1 − s) of 10.
    let mean = (1 - 0.65) / 0.9
    #expect(relative(try #require(schedule.milliseconds), 20 * (10 - 6 * mean)) <= 1e-9)
    #expect(schedule.bytes == request.costs.bytes?.bytes(of: schedule.ranges.map(\.sparsity)))
  }

  @Test func timeIsShare() throws {
    let request = try Self.request(.milliseconds(160))
    let schedule = try SparsitySchedule.solved(request)
    #expect(relative(try #require(schedule.milliseconds), 160) <= 1e-9)
    #expect(schedule.target == .milliseconds(160))
    #expect(schedule.budget == schedule.costShare)
    // Steps are alike, so the same mean sparsity, 1/3, is a share of 1 − 0.9/3.
    #expect(abs(schedule.costShare - 0.7) <= 1e-9)
    let share = try SparsitySchedule.solved(try Self.request(.macs(0.7)))
    #expect(relative(schedule.predictedError, share.predictedError) <= 1e-9)
  }

  @Test(arguments: [
    Budget.macs(1), .milliseconds(200), .milliseconds(1e6), .bytes(1000), .error(0),
  ])
  func aBudgetThatAsksNothingLeavesTheNetworkDense(budget: Budget) throws {
    for ranges in [RangeCount.exactly(3), .automatic(atMost: 8)] {
      let schedule = try SparsitySchedule.solved(try Self.request(budget, ranges: ranges))
      #expect(schedule.sparsities == Array(repeating: 0, count: 20))
      #expect(schedule.predictedError == 0)
      #expect(schedule.costShare == 1)
      #expect(schedule.bytes == 1000)
      #expect(schedule.ranges.count == (ranges == .exactly(3) ? 3 : 1))
    }
  }

  /// What the message advises can be had, and a little less cannot.
  @Test(arguments: [
    (Budget.macs(0.2), "0.325"), (.milliseconds(100), "110.0"), (.bytes(400), "483"),
    (.error(1e-12), ""),
  ])
  func impossibleBudgetsNameTheLeast(budget: Budget, least: String) throws {
    var request = try Self.request(budget, ranges: .exactly(1))
    if case .error = budget { request.lowest = 0.1 }
    let error = #expect(throws: AllocationError.self) { try SparsitySchedule.solved(request) }
    let message = try #require(error?.description)
    let advised = try #require(message.components(before: " or more").last)
    if !least.isEmpty { #expect(advised == least) }
    let value = try #require(Double(advised))
    func with(_ value: Double) -> Budget {
      switch budget {
      case .macs: .macs(value)
      case .milliseconds: .milliseconds(value)
      case .bytes: .bytes(Int(value))
      case .error: .error(value)
      }
    }
    request.budget = with(value)
    #expect(throws: Never.self) { try SparsitySchedule.solved(request) }
    request.budget = with(value * 0.998)
    #expect(throws: AllocationError.self) { try SparsitySchedule.solved(request) }
  }

  @Test(arguments: [
    Budget.macs(0), .macs(1.1), .milliseconds(0), .milliseconds(.nan), .milliseconds(.infinity),
    .bytes(0), .bytes(-1), .error(-1), .error(.nan),
  ])
  func amountsThatAreNone(budget: Budget) throws {
    #expect(throws: AllocationError.self) {
      try SparsitySchedule.solved(try Self.request(budget))
    }
  }

  @Test func costsThatNobodyMeasured() throws {
    for budget in [Budget.milliseconds(100), .bytes(800)] {
      var request = try Self.request(budget)
      request.costs = AllocationCosts(macs: request.costs.macs)
      #expect(throws: AllocationError.missingCosts(budget)) {
        try SparsitySchedule.solved(request)
      }
      #expect(throws: AllocationError.missingCosts(budget)) {
        try SparsitySchedule.meeting(request) { problem throws(AllocationError) in
          try .uniform(ranges: 3, for: problem)
        }
      }
    }
    var request = try Self.request(.macs(0.7), ranges: .automatic(atMost: 4))
    request.costs = AllocationCosts(macs: request.costs.macs)
    #expect(throws: AllocationError.missingSize) { try SparsitySchedule.solved(request) }
  }

  @Test(arguments: [
    Budget.macs(0.7), .milliseconds(160), .bytes(820), .error(0.001), .error(1),
  ])
  func otherKindsMeetBudgetsToo(budget: Budget) throws {
    let request = try Self.request(budget)
    let scores = (0..<20).map { 1 - abs(Double($0) - 9) / 12 }
    let uniform = try SparsitySchedule.meeting(request) { problem throws(AllocationError) in
      try .uniform(ranges: 3, for: problem)
    }
    let paper = try SparsitySchedule.meeting(request) { problem throws(AllocationError) in
      try .paper(scores: scores, for: problem)
    }
    let solved = try SparsitySchedule.solved(request)
    for schedule in [uniform, paper, solved] {
      #expect(try request.isKept(by: schedule))
      switch budget {
      case .macs(let share): #expect(abs(schedule.costShare - share) <= 1e-9)
      case .milliseconds(let time):
        #expect(relative(try #require(schedule.milliseconds), time) <= 1e-9)
      case .bytes(let count): #expect(schedule.bytes == count)
      case .error(let error):
        // Where the largest sparsity keeps the budget there is nothing left to spend.
        #expect(
          relative(schedule.predictedError, error) <= 1e-6
            || schedule.sparsities.allSatisfy { abs($0 - 0.75) <= 1e-9 })
      }
    }
    #expect(uniform.kind == .uniform && paper.kind == .paper && solved.kind == .solved)
    if case .error = budget {
      #expect(solved.costShare <= uniform.costShare + 1e-9)
    } else {
      #expect(solved.clippedError <= uniform.clippedError * (1 + 1e-9))
    }
  }

  @Test func limitsHoldForEveryBudget() throws {
    for budget in [Budget.macs(0.7), .milliseconds(160), .bytes(1100), .error(0.01)] {
      var request = try Self.request(budget)
      (request.lowest, request.highest) = (0.1, 0.5)
      let schedule = try SparsitySchedule.solved(request)
      #expect(schedule.sparsities.allSatisfy { (0.1...0.5).contains($0) })
      #expect(try request.isKept(by: schedule))
    }
  }

  @Test func factorsMoveSparsityAndLeaveThePrediction() throws {
    var request = try Self.request(.macs(0.65))
    let plain = try SparsitySchedule.solved(request)
    let factors = (0..<20).map { $0 < 8 ? 4.0 : 1 }
    request.stepFactors = factors
    let spared = try SparsitySchedule.solved(request)
    #expect(spared.sparsities[..<8].reduce(0, +) < plain.sparsities[..<8].reduce(0, +))
    #expect(spared.predictedError == request.model.predictedError(spared.sparsities))
    #expect(spared.clippedError >= plain.clippedError)
    let weighted = try request.model.weighted(by: factors)
    #expect(
      weighted.clippedError(spared.sparsities) <= weighted.clippedError(plain.sparsities))
  }

  @Test func baselinesAsExpensive() throws {
    let request = try Self.request(.error(0.001))
    let solved = try SparsitySchedule.solved(request)
    let uniform = request.described(
      try .uniform(ranges: 3, for: request.problem(atMACs: solved.costShare)))
    #expect(abs(uniform.costShare - solved.costShare) <= 1e-9)
    #expect(uniform.predictedError > solved.predictedError)
  }
}

extension String {
  /// The words before each of `separator`, of each the last one.
  fileprivate func components(before separator: String) -> [String] {
    var words: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      words.append(String(rest[..<range.lowerBound].split(separator: " ").last ?? ""))
      rest = rest[range.upperBound...]
    }
    return words
  }
}
