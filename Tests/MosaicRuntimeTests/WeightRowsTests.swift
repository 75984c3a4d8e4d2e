import MosaicBundle
import MosaicLowering
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct WeightRowsTests {
  /// Rows in three runs with others between them, against the same rows in one place. The last
  /// columns of a product round otherwise, by a few 2⁻²⁴.
  @Test(arguments: [1, 64], [1, 2]) func runsGiveWhatOnePlaceGives(
    batch: Int, threads: Int
  ) throws {
    let network = try Network("tiny-dit")
    let whole = try network.executor(threads: threads)
    let readByRows = whole.program.weightsReadByRows()
    #expect(
      readByRows.contains { whole.program.weights[$0].name.hasSuffix("ff.net.0.proj.weight") })
    let weights = whole.weights.indices.map { index in
      let weight = whole.weights[index]
      guard readByRows.contains(index) else { return weight }
      let scattered = scatter(weight.buffer.array, rows: whole.program.weights[index].shape[0])
      #expect(scattered.gathered().array == weight.buffer.array)
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
    #expect(relativeError(found, expected) <= 1e-6)
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
    let names = Set(program.weightsReadByRows().map { program.weights[$0].name })
    #expect(names.allSatisfy { $0.hasSuffix(".weight") })
    #expect(!names.contains("pos_embed.proj.weight"))
  }
}
