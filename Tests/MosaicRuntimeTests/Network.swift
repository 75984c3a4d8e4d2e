import MosaicCore
import MosaicImport
import MosaicLowering
import MosaicRuntime
import MosaicTestSupport

/// A checkpoint of the repository's fixtures, ready to run.
struct Network {
  let model: ImportedModel
  let dense: DenseNetwork

  init(_ name: String) throws { try self.init(path: Fixtures.path(name)) }

  init(path: String) throws {
    model = try CheckpointImporter(path: path).load()
    dense = try DenseNetwork(model.graph, weights: model.weights)
  }

  func executor(threads: Int = 1) throws -> Executor { try dense.executor(threads: threads) }

  func predictor(guidance: Float? = nil, threads: Int = 1) throws -> Predictor {
    try Predictor(
      executor: try executor(threads: threads), model: model.description, guidance: guidance)
  }

  /// States and labels of `count` samples.
  func start(_ count: Int, first: Int = 0) -> (noise: [Float], labels: [Int32]) {
    (
      Sampler.noise(
        seed: 5, samples: count, first: first, stateSize: model.description.sampleCount),
      Sampler.labels(
        seed: 5, samples: count, first: first, classes: model.description.classCount)
    )
  }
}
