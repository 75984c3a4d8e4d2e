import MosaicCore
import MosaicRuntime
import MosaicTestSupport
import Testing

@Suite struct PredictorTests {
  /// `u + w (c - u)`, from the two forwards taken apart. A guided batch is twice as high, so sums
  /// round in another order.
  @Test(arguments: [0, 2, 7.5] as [Float])
  func guides(weight: Float) throws {
    let network = try Network("tiny-dit")
    let (noise, labels) = network.start(3)
    let plain = try network.predictor()
    let null = try #require(network.model.description.nullClass)
    let conditional = plain.predict(states: noise, timestep: 400, labels: labels)
    let unconditional = plain.predict(
      states: noise, timestep: 400, labels: [Int32](repeating: Int32(null), count: 3))
    let guided = try network.predictor(guidance: weight)
      .predict(states: noise, timestep: 400, labels: labels)
    let expected = zip(conditional, unconditional).map { $1 + weight * ($0 - $1) }
    #expect(relativeError(guided, expected) <= 1e-5)
    #expect(conditional != unconditional)
  }

  @Test func isUnguidedAtWeightOne() throws {
    let network = try Network("tiny-dit")
    let (noise, labels) = network.start(32)
    let plain = try network.predictor().predict(states: noise, timestep: 400, labels: labels)
    let guided = try network.predictor(guidance: 1)
      .predict(states: noise, timestep: 400, labels: labels)
    let isEqual = guided == plain
    #expect(isEqual)
  }

  /// The second half of the channels is a variance that DDIM does not use.
  @Test func leavesOutTheLearnedVariance() throws {
    let network = try Network("tiny-dit")
    let recording = try Recording(path: Fixtures.path("tiny-dit/golden.safetensors"))
    let states = try recording.floats("hidden_states")
    let labels = try recording.integers("class_labels")
    let output = try recording.floats("output")
    let size = states.count / labels.count
    for sample in labels.indices {
      let timestep = Double(try recording.integers("timestep")[sample])
      let found = try network.predictor().predict(
        states: Array(states[sample * size..<(sample + 1) * size]), timestep: timestep,
        labels: [labels[sample]])
      let expected = Array(output[2 * sample * size..<(2 * sample + 1) * size])
      #expect(relativeError(found, expected) <= 1e-4)
    }
  }

  @Test func refusesWhatTheNetworkHasNot() throws {
    let network = try Network("tiny-dit")
    let executor = try network.executor()
    var model = network.model.description
    model.nullClass = nil
    refuses(
      executor, model, guidance: 2,
      "guidance needs a class that stands for none, which this network does not have;"
        + " leave --guidance out", .usage)
    model.classInput = nil
    refuses(
      executor, model, guidance: nil,
      "the network's input 'class_labels' has no role here; it can be checked, not sampled",
      .unsupported)
  }

  private func refuses(
    _ executor: Executor, _ model: ModelDescription, guidance: Float?, _ message: String,
    _ status: MosaicCore.ExitStatus, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: RuntimeError.self, sourceLocation: sourceLocation) {
      try Predictor(executor: executor, model: model, guidance: guidance)
    }
    #expect(error?.description == message, sourceLocation: sourceLocation)
    #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
  }
}
