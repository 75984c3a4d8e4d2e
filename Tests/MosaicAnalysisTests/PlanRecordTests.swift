import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct PlanRecordTests {
  private func record() -> PlanRecord {
    var state = PlanSearchState()
    state.trace.stages = [
      PlanTrace.Stage(
        moves: [.reuse(step: 1, unit: 0, order: 0), .prune(bucket: 0, level: 1)], cost: 0.9,
        error: 1e-5, work: 3),
      PlanTrace.Stage(
        moves: [.reuse(step: 1, unit: 0, order: nil)], cost: 0.95, error: 2e-5, work: 2),
    ]
    state.estimates.added = [
      .reuse(step: 1, unit: 0, order: 2): -1e-6, .prune(bucket: 1, level: 2): 3e-4,
    ]
    state.estimates.own = [.reuse(step: 3, unit: 1, order: 1): 0.5]
    state.estimates.gains = [1: MoveEstimates.Gain(sum: 2.5, count: 4)]
    func moments(_ channels: [Int], _ counts: [Double]) -> ValueMoments? {
      ValueMoments(
        channels: channels, counts: counts,
        sums: (0..<4 * channels.reduce(0, +)).map(Double.init),
        products: (0..<channels.count * 4 * 9).map(Double.init), steps: 4)
    }
    if let values = moments([2, 1], [8, 8]), let inputs = moments([3, 1], [8, 0]) {
      var maps: [[InputMap?]] = Array(repeating: [nil, nil], count: 4)
      let rank = ForecastModel.rank
      maps[2][0] = InputMap(
        down: (0..<3 * rank).map(Float.init), up: (0..<2 * rank).map { -Float($0) }, rank: rank)
      state.model = ForecastModel(values: values, inputs: inputs, maps: maps)
    }
    return PlanRecord(settings: "levers all", state: state)
  }

  private func read(_ change: (inout PlanTensors) -> Void = { _ in }) throws -> PlanRecord {
    var tensors = PlanTensors(record(), number: 0)
    change(&tensors)
    return try PlanRecord(
      settings: "levers all", number: 0, steps: 4,
      integers: { name, _ throws(StatisticsError.Reason) in
        guard let tensor = tensors.integers.first(where: { $0.name == name }) else {
          throw .tensor(name, "is missing")
        }
        return tensor.values.map { Int($0) }
      },
      doubles: { name, _ throws(StatisticsError.Reason) in
        guard let tensor = tensors.doubles.first(where: { $0.name == name }) else {
          throw .tensor(name, "is missing")
        }
        return tensor.values
      }, hasModel: true)
  }

  @Test func comesBackAsItWas() throws {
    let (found, expected) = (try read(), record())
    #expect(found.state.trace == expected.state.trace)
    #expect(found.state.estimates == expected.state.estimates)
    let (model, wanted) = (
      try #require(found.state.model), try #require(expected.state.model)
    )
    for (a, b) in [(model.values, wanted.values), (model.inputs, wanted.inputs)] {
      #expect(a.flatSums == b.flatSums)
      #expect(a.flatProducts == b.flatProducts)
      #expect(a.channels == b.channels && a.counts == b.counts)
    }
    #expect(model.maps == wanted.maps)
  }

  /// Numbers that no record has are refused, whatever the file's checksums say.
  @Test(
    arguments: [
      ("plans.0.moves", 0, 7), ("plans.0.moves", 1, 2), ("plans.0.moves", 4, 4),
      ("plans.0.moves", 2, -1), ("plans.0.added_moves", 3, 9), ("plans.0.value_channels", 0, 3),
      ("plans.0.value_channels", 0, 0), ("plans.0.input_channels", 0, 2),
      ("plans.0.map_places", 0, 4), ("plans.0.map_places", 1, 2),
    ] as [(String, Int, Int64)])
  func refusesStrangeNumbers(name: String, place: Int, value: Int64) throws {
    #expect(throws: StatisticsError.Reason.self) {
      try read { tensors in
        for index in tensors.integers.indices where tensors.integers[index].name == name {
          tensors.integers[index].values[place] = value
        }
      }
    }
  }

  /// A record of another network is told apart before a plan is made of it.
  @Test func fitsOnlyItsNetworks() throws {
    let subject = try tinySubject()
    let networks = try PlanNetworks(
      subject, sparsities: [], networks: subject.buckets.map { _ in [] })
    #expect(!record().fits(networks))
    #expect(PlanRecord(settings: "", state: PlanSearchState()).fits(networks))
  }
}
