import MosaicTestSupport
import Testing

@testable import MosaicSurgery

/// Least squares with other columns than those that are to be matched.
@Suite struct MaskedRefitTests {
  private let rows = 200
  private let width = 6
  private let outputs = 3

  /// Rows of X, and of X', which are neither X's columns nor far from them.
  private func moments(
    columns: [Int], _ change: (Float, Float) -> Float
  ) -> (x: [[Float]], masked: [[Float]], joint: GramStatistics) {
    var random = SplitMix64(seed: 12)
    let x = (0..<rows).map { _ in random.floats(width).map { $0 + 0.3 } }
    let masked = x.map { row in columns.map { change(row[$0], row[($0 + 1) % width]) } }
    let joint = GramStatistics(
      width: width + columns.count, inputs: zip(x, masked).flatMap { $0 + $1 })
    return (x, masked, joint)
  }

  /// At the minimum what is left is at right angles to every column of X', and has no mean.
  @Test(arguments: [[], [2], [1, 5]]) func leavesNothingThatItsColumnsExplain(gone: [Int]) throws {
    let columns = [0, 1, 2, 4, 5]
    let (x, masked, joint) = moments(columns: columns) { 1.5 * $0 - $1 * $1 }
    var random = SplitMix64(seed: 13)
    let weight = random.floats(outputs * width)
    let refit = try MaskedRefit(weight: weight, columns: columns, joint: joint, damp: 0)
      .refit(removing: gone)
    let kept = columns.indices.filter { !gone.contains(columns[$0]) }
    #expect(refit.weight.count == outputs * kept.count)
    for output in 0..<outputs {
      let rests = zip(x, masked).map { row, masked -> Double in
        let wanted = (0..<width).reduce(0.0) {
          $0 + Double(row[$1]) * Double(weight[output * width + $1])
        }
        return kept.enumerated().reduce(wanted - Double(refit.biasChange[output])) {
          $0 - Double(masked[$1.1]) * Double(refit.weight[output * kept.count + $1.0])
        }
      }
      // Sums of 200 numbers near 1, by weights rounded to f32.
      #expect(abs(rests.reduce(0, +)) <= 1e-3)
      for place in kept {
        let product = zip(rests, masked).reduce(0.0) { $0 + $1.0 * Double($1.1[place]) }
        #expect(abs(product) <= 1e-3)
      }
    }
  }

  /// Where the columns hold what they held it is the refit of old, but for what their ridges do.
  @Test func equalsTheRefitWhereNothingChanged() throws {
    let columns = [0, 1, 2, 4, 5]
    let (x, _, joint) = moments(columns: columns) { own, _ in own }
    var random = SplitMix64(seed: 13)
    let weight = random.floats(outputs * width)
    let masked = try MaskedRefit(weight: weight, columns: columns, joint: joint, damp: 0)
      .refit(removing: [1])
    let plain = try SecondOrderRefit(
      weight: weight, outputs: outputs,
      statistics: GramStatistics(width: width, inputs: x.flatMap { $0 }), unitSize: 1, damp: 0
    ).refit(removing: [1, 3])
    #expect(zip(masked.weight, plain.weight).allSatisfy { abs($0 - $1) <= 1e-5 })
    #expect(zip(masked.biasChange, plain.biasChange).allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  /// A ridge without end leaves the weights as they were, and corrects the mean.
  @Test func aRidgeKeepsTheWeights() throws {
    let columns = [0, 1, 2, 4, 5]
    let (_, _, joint) = moments(columns: columns) { 1.5 * $0 - $1 * $1 }
    var random = SplitMix64(seed: 13)
    let weight = random.floats(outputs * width)
    let refit = try MaskedRefit(weight: weight, columns: columns, joint: joint, damp: 1e9)
      .refit(removing: [])
    let old = (0..<outputs).flatMap { output in columns.map { weight[output * width + $0] } }
    #expect(zip(refit.weight, old).allSatisfy { abs($0 - $1) <= 1e-6 })
    #expect(refit.biasChange.contains { abs($0) > 0.01 })
  }

  @Test func refusals() {
    func refuses(_ reason: RefitError.Reason, _ weight: [Float], _ joint: GramStatistics) {
      let error = #expect(throws: RefitError.self) {
        try MaskedRefit(weight: weight, columns: [0], joint: joint)
      }
      #expect(error?.reason == reason)
    }
    refuses(.noRows, [1, 2], GramStatistics(width: 3))
    refuses(.shape(weights: 3, outputs: 0, width: 2), [1, 2, 3], GramStatistics(width: 3))
    refuses(.notFinite("weights"), [1, .nan], GramStatistics(width: 3, inputs: [1, 2, 3]))
    refuses(
      .notFinite("statistics"), [1, 2], GramStatistics(width: 3, inputs: [1, .infinity, 3]))
  }
}
