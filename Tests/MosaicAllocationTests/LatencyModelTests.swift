import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicAllocation

@Suite struct LatencyModelTests {
  static func points(_ pairs: [(Double, Double)]) -> [LatencyModel.Point] {
    pairs.map { LatencyModel.Point(sparsity: $0, milliseconds: $1) }
  }

  @Test func aLineIsFound() throws {
    let model = try LatencyModel(points: Self.points([(0, 10), (0.5, 7), (0.25, 8.5)]))
    #expect(abs(model.fixed - 4) <= 1e-12)
    #expect(abs(model.prunable - 6) <= 1e-12)
    #expect(abs(model.milliseconds(at: 0.75) - 5.5) <= 1e-12)
    #expect(model.largestError <= 1e-12)
    #expect(model.rootMeanSquareError <= 1e-12)
  }

  @Test func errorsAreRelative() throws {
    // Of (0, 10), (0.5, 6), (1, 4) the line is 11 − 6 s … fitted: 29/3 − 6 s.
    let model = try LatencyModel(points: Self.points([(0, 10), (0.5, 6), (1, 4)]))
    #expect(abs(model.prunable - 6) <= 1e-12)
    #expect(abs(model.fixed - 11.0 / 3) <= 1e-12)
    let errors = [-1.0 / 30, 2.0 / 18, -1.0 / 12]
    #expect(abs(model.largestError - errors[1]) <= 1e-12)
    let square = errors.reduce(0) { $0 + $1 * $1 } / 3
    #expect(abs(model.rootMeanSquareError - square.squareRoot()) <= 1e-12)
  }

  /// Non-negative least squares against a grid, for times that ask for a negative part.
  @Test(arguments: [
    [(0.0, 5.0), (0.5, 5.2), (1, 5.1)], [(0, 10), (0.5, 4), (0.75, 1)],
    [(0, 8), (0.3, 7), (0.6, 4)],
  ])
  func partsAreNeverNegative(pairs: [(Double, Double)]) throws {
    let model = try LatencyModel(points: Self.points(pairs))
    #expect(model.fixed >= 0 && model.prunable >= 0)
    func loss(_ fixed: Double, _ prunable: Double) -> Double {
      pairs.reduce(0) { sum, pair in
        let difference = fixed + prunable * (1 - pair.0) - pair.1
        return sum + difference * difference
      }
    }
    var least = Double.infinity
    for i in 0...240 {
      for k in 0...240 { least = min(least, loss(Double(i) * 0.05, Double(k) * 0.05)) }
    }
    // A grid of 0.05 is off by at most its own rounding.
    #expect(loss(model.fixed, model.prunable) <= least + 1e-12)
    #expect(loss(model.fixed, model.prunable) >= least - 0.02)
  }

  @Test func stepsThatRunCost() throws {
    let model = try LatencyModel(points: Self.points([(0, 10), (0.5, 7)]))
    let costs = try model.costs(needsForward: [true, true, false])
    #expect(abs(costs.dense - 20) <= 1e-9)
    #expect(abs(costs.cost(of: [0.5, 0, 0.75]) - 17) <= 1e-9)
    #expect(throws: AllocationError.self) { try model.costs(needsForward: [false]) }
  }

  @Test func timingsThatMakeNoModel() {
    for pairs in [
      [], [(0, 1)], [(0.5, 1), (0.5, 2)], [(0, 1), (2, 1)], [(0, 0), (1, 1)],
      [(0, .nan), (1, 1)], [(.nan, 1), (1, 1)],
    ] as [[(Double, Double)]] {
      #expect(throws: AllocationError.self) { try LatencyModel(points: Self.points(pairs)) }
    }
  }

  @Test func aFileGivesTheModelBack() throws {
    var random = SplitMix64(seed: 3)
    let points = (0..<7).map { index in
      LatencyModel.Point(
        sparsity: Double(index) / 8,
        milliseconds: 12 - Double(index) + Double.random(in: 0...0.1, using: &random))
    }
    for machine in ["", "8 threads of \"Sapphire\""] {
      let model = try LatencyModel(points: points, machine: machine)
      let text = model.json.text(indented: true)
      #expect(try LatencyModel(parsing: text, file: "cost.json") == model)
    }
  }

  @Test func prints() throws {
    let model = try LatencyModel(
      points: Self.points([(0, 10), (0.5, 6), (1, 4)]), machine: "2 threads")
    #expect(
      model.description == """
        latency of a forward on 2 threads: 3.667 ms + 6.000 ms (1 - sparsity); off by at most \
        11.1 %, 8.2 % root mean square
          sparsity  measured ms  fitted ms   error
          0.000           10.00      9.667  -3.3 %
          0.500           6.000      6.667  11.1 %
          1.000           4.000      3.667  -8.3 %
        """)
  }

  @Test(arguments: [
    ("[]", "c.json: the file is an array; expected an object"),
    ("{", "c.json: invalid JSON at byte 1: expected a key in quotes"),
    (#"{"points": []}"#, #"c.json: schema is missing; expected "mosaic.latency/1""#),
    (
      #"{"schema": "mosaic.schedule/1"}"#,
      #"c.json: schema is "mosaic.schedule/1"; expected "mosaic.latency/1""#
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": []}"#,
      "c.json: points is []; expected a list of objects that is not empty"
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": [{"sparsity": 0, "milliseconds": 1}, 3]}"#,
      "c.json: points[1] is a number; expected an object"
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": [{"sparsity": 1.5, "milliseconds": 1}]}"#,
      "c.json: points[0].sparsity is 1.5; expected a number from 0 to 1"
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": [{"sparsity": 0, "milliseconds": 0}]}"#,
      "c.json: points[0].milliseconds is 0; expected a number above 0"
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": [{"sparsity": 0, "milliseconds": 1, "n": 2}]}"#,
      "c.json: points[0].n is no field of this schema; remove it"
    ),
    (
      #"{"schema": "mosaic.latency/1", "points": [{"sparsity": 0, "milliseconds": 1}]}"#,
      "c.json: points: two different sparsities are needed"
    ),
    (
      #"{"schema": "mosaic.latency/1", "machine": 3, "points": []}"#,
      "c.json: machine is 3; expected a string"
    ),
  ])
  func filesThatAreNone(text: String, message: String) {
    let error = #expect(throws: AllocationFileError.self) {
      try LatencyModel(parsing: text, file: "c.json")
    }
    #expect(error?.description == message)
    #expect(error?.exitStatus == .badData)
  }
}
