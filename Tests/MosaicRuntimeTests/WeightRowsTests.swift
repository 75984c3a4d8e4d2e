import MosaicBundle
import MosaicLowering
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct WeightRowsTests {
  /// Rows in three runs with others between them, against the same rows in one place.
  @Test(arguments: [1, 64], [1, 2]) func runsGiveWhatOnePlaceGives(
    batch: Int, threads: Int
  ) throws {
    let network = try Network("tiny-dit")
    let whole = try network.executor(threads: threads)
    let matrices = whole.program.matrixWeights()
    #expect(
      matrices.keys.contains { whole.program.weights[$0].name.hasSuffix("ff.net.0.proj.weight") })
    let values = whole.weightValues
    let weights = values.indices.map { index in
      guard matrices[index] != nil else { return WeightRows(values[index]) }
      let scattered = scatter(values[index].array, rows: whole.program.weights[index].shape[0])
      #expect(scattered.gathered().array == values[index].array)
      return scattered
    }
    let model = network.model.description
    let (noise, labels) = network.start(batch)
    let found = try Predictor(
      executor: Executor(program: whole.program, weights: weights, threads: threads),
      model: model, guidance: nil
    ).predict(states: noise, timestep: 500, labels: labels)
    let expected = try Predictor(executor: whole, model: model, guidance: nil)
      .predict(states: noise, timestep: 500, labels: labels)
    #expect(found == expected)
  }

  /// The rows in three runs, the last one first, after a row of NaN each.
  private func scatter(_ values: [Float], rows: Int) -> WeightRows {
    let width = values.count / rows
    let runs = [2 * rows / 3..<rows, rows / 5..<2 * rows / 3, 0..<rows / 5]
    var elements: [Float] = []
    var places: [Manifest.Run] = []
    for run in runs {
      elements += [Float](repeating: .nan, count: width)
      places.append(.init(start: elements.count / width, count: run.count))
      elements += values[run.lowerBound * width..<run.upperBound * width]
    }
    return WeightRows(FloatBuffer(elements), runs: places.reversed(), width: width)
  }

  /// A weight that anything but a product reads has to lie in one place.
  @Test func onlyMatricesAreReadByRows() throws {
    let program = try Network("tiny-dit").executor().program
    let names = Set(program.matrixWeights().keys.map { program.weights[$0].name })
    #expect(names.allSatisfy { $0.hasSuffix(".weight") })
    #expect(!names.contains("pos_embed.proj.weight"))
  }
}
