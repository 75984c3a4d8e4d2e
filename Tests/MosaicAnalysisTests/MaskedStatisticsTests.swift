import MosaicCore
import MosaicIR
import MosaicImport
import MosaicLowering
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

/// Refits behind group norms that take their statistics over fewer channels.
@Suite struct MaskedStatisticsTests {
  private struct Weights: WeightSource {
    var views: [String: TensorView] = [:]
    func tensor(_ name: String) -> TensorView? { views[name] }
  }

  /// A residual block of eight channels in two runs, whose output is the prediction.
  private func subject(memory: Int? = nil) throws -> CalibrationSubject {
    var graph = Graph()
    var weights = Weights()
    var random = SplitMix64(seed: 31)
    func weight(_ name: String, _ shape: [Int], _ scale: Float) -> ValueID {
      let values = random.floats(shape.reduce(1, *)).map { scale * $0 }
      weights.views[name] = TensorView(values, shape: shape)
      return graph.addWeight(name, shape: shape)
    }
    func add(_ operation: any Operator, _ operands: [ValueID], _ name: String) throws -> ValueID {
      try graph.add(operation, operands, name: name)[0]
    }
    let x = graph.addInput("sample", TensorType([.batch, 2, 4, 4]))
    let time = graph.addInput("timestep", TensorType([.batch]))
    let embedding = try add(
      TimestepEmbedding(width: 8, maxPeriod: 10_000, frequencyShift: 0, isCosineFirst: true),
      [time], "embedding")
    let term = try add(Linear(), [embedding, weight("time", [8, 8], 0.3)], "term")
    let planes = try add(Reshape(to: [.batch, 8, 1, 1]), [term], "planes")
    // Channels of one run lie far from each other, so that what is left of it has another mean.
    let first = try add(
      Convolution(padding: 1), [x, weight("w1", [8, 2, 3, 3], 1), weight("b1", [8], 4)], "conv1")
    let sum = try add(ElementwiseBinary(.add), [first, planes], "sum")
    let norm = try add(
      GroupNorm(groups: 2, epsilon: 1e-5),
      [sum, weight("norm", [8], 1), weight("norm.bias", [8], 1)], "norm")
    let active = try add(Activate(.silu), [norm], "silu")
    let second = try add(
      Convolution(padding: 1), [active, weight("w2", [2, 8, 3, 3], 0.3)], "conv2")
    graph.outputs = [try add(Add(), [second, x], "residual")]
    let scheduler = try CheckpointImporter(
      path: Fixtures.path("tiny-dit"),
      schedulerPath: Fixtures.path("tiny-dit/schedulers/v-prediction/scheduler_config.json")
    ).load().scheduler
    var options = CalibrationOptions()
    options.steps = 4
    options.buckets = 2
    options.statisticsSamples = 24
    options.seed = 5
    if let memory { options.memoryLimit = memory }
    return try CalibrationSubject(
      dense: DenseNetwork(graph, weights: weights),
      groups: PruningGroups(of: graph, state: x).groups,
      model: ModelDescription(
        architecture: "test", sampleShape: [2, 4, 4], outputChannels: 2),
      scheduler: try #require(scheduler), options: options)
  }

  private let weights = [1.0, 1, 1, 1]

  /// The dense half of the joint moments is what the statistics hold.
  @Test func agreesWithTheStatistics() throws {
    let subject = try subject()
    try #require(subject.groups.map(\.balance) == [2])
    let statistics = try subject.gatherStatistics(progress: noProgress)
    for (bucket, steps) in subject.buckets.enumerated() {
      let dense = try statistics.moments(ofBucket: bucket)(0)
      let kept = [[0, 2, 5, 7]]
      let found = try #require(
        try MaskedStatistics(of: subject)
          .moments(keeping: kept, steps: steps, stepWeights: weights)[0])
      #expect(found.columns == kept[0].flatMap { $0 * 9..<($0 + 1) * 9 })
      #expect(found.joint.rows == dense.rows && found.joint.width == 72 + 36)
      for place in dense.gram.indices {
        #expect(abs(found.joint.gram[place] - dense.gram[place]) <= 1e-9 * dense.weight)
      }
    }
  }

  /// Less of the output is lost, on states that the refit has not seen.
  @Test func refitsBehindTheNorm() throws {
    let subject = try subject()
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let pruner = Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 1, threads: 1)
    let steps = 0..<4
    let orders = try pruner.order(by: statistics.moments(of: steps, stepWeights: weights))
    let masking = MaskedStatistics(of: subject)
    let plain = try orders.networks(removing: [[4]])[0]
    let masked = try orders.networks(removing: [[4]]) {
      try masking.moments(keeping: $0, steps: steps, stepWeights: weights)
    }[0]
    #expect(plain.kept == masked.kept)
    let base = try subject.trajectories(
      from: SampleStart.sensitivity, samples: 16, progress: noProgress)
    func error(_ network: PrunedNetwork) throws -> Double {
      let predictor = try subject.predictor(of: network)
      return steps.filter { subject.trajectory.steps[$0].needsForward }.reduce(0) { sum, step in
        let output = subject.forward(predictor, [base.states[step]], base.labels, step: step)
        return sum + meanSquare(output, base.outputs[step])
      }
    }
    let (found, before) = (try error(masked), try error(plain))
    #expect(found < before)
  }

  /// Where the matrices do not fit, consumers keep the refit that the statistics give.
  @Test func staysWithinTheLimitOfMemory() throws {
    let subject = try subject(memory: 1 << 10)
    let found = try MaskedStatistics(of: subject)
      .moments(keeping: [[0, 2, 5, 7]], steps: 0..<2, stepWeights: weights)
    #expect(found.isEmpty)
  }
}
