import MosaicTestSupport
import Testing

@testable import MosaicLowering

@Suite struct MemoryPlanTests {
  @Test(arguments: 0..<40)
  func sharesNoElementBetweenWhatLivesTogether(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let requests = (0..<Int.random(in: 0...30, using: &random)).map { _ in
      let start = Int.random(in: 0...20, using: &random)
      return MemoryPlan.Request(
        size: Int.random(in: 0...200, using: &random),
        lifetime: start...start + Int.random(in: 0...8, using: &random))
    }
    let plan = MemoryPlan(requests)
    #expect(plan.offsets.count == requests.count)
    for (request, offset) in zip(requests, plan.offsets) {
      #expect(offset >= 0 && offset + request.size <= plan.size)
      #expect(offset.isMultiple(of: MemoryPlan.alignment))
    }
    // Instant by instant, element by element.
    for instant in 0...28 {
      var owner = [Int?](repeating: nil, count: plan.size)
      for (index, request) in requests.enumerated() where request.lifetime.contains(instant) {
        for element in plan.offsets[index]..<plan.offsets[index] + request.size {
          #expect(owner[element] == nil, "\(index) and \(owner[element] ?? -1) at \(instant)")
          owner[element] = index
        }
      }
    }
  }

  @Test func usesMemoryAgain() {
    let requests = (0..<10).map { MemoryPlan.Request(size: 100, lifetime: $0...$0 + 1) }
    // Two live at any time, each of 100 elements in whole cache lines.
    #expect(MemoryPlan(requests).size == 2 * 112)
  }
}
