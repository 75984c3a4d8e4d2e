public import MosaicCore

/// What a step is told about before and after it ran.
public struct StepReport: Sendable {
  public var step: Int
  public var steps: Int
  /// The predictor's number, from `Sampler.predictor`.
  public var variant: Int
  public var seconds: Double
  /// Of `seconds`, what it took to have the network at hand.
  public var switchSeconds = 0.0
}

/// Samples on their way: all that the next step needs to know of the ones before.
public struct SamplerState: Sendable, Equatable {
  /// [samples · state], in the sampler's own scale.
  public var states: [Float]
  /// What the last step kept for the next, as long as `states`; empty unless the sampler is
  /// multistep.
  public var history: [Float]

  public init(states: [Float], history: [Float] = []) {
    self.states = states
    self.history = history
  }
}

/// Carries states along a trajectory.
public struct Sampler: Sendable {
  public var trajectory: Trajectory
  /// For the noise of stochastic steps.
  public var seed: UInt64
  /// Random streams, kept apart by purpose.
  public enum Stream {
    public static let noise: UInt64 = 1
    public static let labels: UInt64 = 2
    public static let steps: UInt64 = 3
  }

  public init(trajectory: Trajectory, seed: UInt64) {
    self.trajectory = trajectory
    self.seed = seed
  }

  /// Samples from `noise` by the network that `predictor` names for each step.
  ///
  /// - Parameters:
  ///   - noise: Unit noise [samples, channels, height, width].
  ///   - labels: [samples].
  ///   - firstItem: Number of the first sample in the random streams.
  ///   - later: Where the run begins at a later step, from images.
  ///   - reuse: What steps take from earlier ones.
  ///   - predictor: The network of a step, and its number.
  ///   - progress: Called after each step; what it throws ends the run.
  /// - Returns: The final states, shaped as `noise`.
  /// - Throws: `RuntimeError.nonFinite` at the first output that is not finite.
  public func sample(
    noise: [Float], labels: [Int32], firstItem: Int = 0, from later: LaterStart? = nil,
    reuse: RunReuse? = nil,
    predictor: (Int) throws -> (Predictor, Int),
    progress: (StepReport) throws -> Void = { _ in }
  ) throws -> [Float] {
    var state =
      try later.map { try start(noise: noise, images: $0.images, step: $0.step) }
      ?? start(noise: noise)
    for step in trajectory.steps.indices.dropFirst(later?.step ?? 0) {
      let clock = ContinuousClock.now
      let (network, variant) = try predictor(step)
      let switching = ContinuousClock.now - clock
      try advance(
        &state, labels: labels, step: step, firstItem: firstItem, reuse: reuse, network)
      try progress(
        StepReport(
          step: step, steps: trajectory.steps.count, variant: variant,
          seconds: (ContinuousClock.now - clock) / .seconds(1),
          switchSeconds: switching / .seconds(1)))
    }
    return state.states
  }

  /// Where trajectories from unit noise begin.
  public func start(noise: [Float]) -> SamplerState {
    SamplerState(
      states: scaled(noise, by: trajectory.initialScale),
      history: trajectory.isMultistep ? [Float](repeating: 0, count: noise.count) : [])
  }

  /// What the network sees of the states at a step; no copy where it sees them as they are.
  public func networkInput(_ state: SamplerState, step: Int) -> [Float] {
    scaled(state.states, by: trajectory.steps[step].inputScale)
  }

  private func scaled(_ values: [Float], by scale: Double) -> [Float] {
    scale == 1 ? values : values.map { Float(scale * Double($0)) }
  }

  /// One step with `network`; its forward is left out where the sampler does not use it.
  public func advance(
    _ state: inout SamplerState, labels: [Int32], step: Int, firstItem: Int = 0,
    reuse: RunReuse? = nil, _ network: Predictor
  ) throws(RuntimeError) {
    let info = trajectory.steps[step]
    var output: [Float] = []
    if info.needsForward {
      let input = networkInput(state, step: step)
      output =
        if let reuse {
          try network.predict(
            states: input, timestep: info.timestep, labels: labels, step: step,
            orders: reuse.orders[step],
            forecasts: reuse.forecasts.isEmpty ? [] : [reuse.forecasts[step]],
            memory: reuse.memory)
        } else {
          network.predict(states: input, timestep: info.timestep, labels: labels)
        }
    }
    // A state that was given as not finite needs no network to be wrong.
    guard (info.needsForward ? output : state.states).allSatisfy(\.isFinite) else {
      throw RuntimeError(
        .nonFinite(step: step, steps: trajectory.steps.count, timestep: info.timestep))
    }
    apply(output, to: &state, step: step, firstItem: firstItem, stateSize: network.stateSize)
  }

  /// The sampler's update of `state` by a given network output.
  ///
  /// - Parameters:
  ///   - output: As long as the states; empty where the step needs no forward.
  ///   - firstItem: Number of the first sample in the random streams.
  ///   - stateSize: Elements of one sample.
  public func apply(
    _ output: [Float], to state: inout SamplerState, step: Int, firstItem: Int = 0, stateSize: Int
  ) {
    let count = state.states.count
    let needsForward = trajectory.steps[step].needsForward
    precondition(!needsForward || output.count == count, "output and states differ in length")
    precondition(!trajectory.isMultistep || state.history.count == count, "a history is missing")
    let noise =
      trajectory.steps[step].noiseGain == 0
      ? [] : stepNoise(step: step, firstItem: firstItem, count: count, stateSize)
    state.history.withUnsafeMutableBufferPointer { history in
      state.states.withUnsafeMutableBufferPointer { states in
        output.withUnsafeBufferPointer { output in
          noise.withUnsafeBufferPointer { noise in
            trajectory.advance(
              step: step, state: states, output: output.baseAddress,
              history: trajectory.isMultistep ? history.baseAddress : nil,
              noise: noise.isEmpty ? nil : noise.baseAddress)
          }
        }
      }
    }
  }

  /// Unit noise of `count` samples from number `first` on: the start of their trajectories.
  public static func noise(
    seed: UInt64, samples count: Int, first: Int = 0, stateSize: Int
  ) -> [Float] {
    let random = CounterRandom(seed: seed, stream: Stream.noise)
    return fill(random, samples: count, first: first, stateSize: stateSize, offset: 0)
  }

  /// A class for each sample, the null class excepted.
  public static func labels(
    seed: UInt64, samples count: Int, first: Int = 0, classes: Int
  ) -> [Int32] {
    let random = CounterRandom(seed: seed, stream: Stream.labels)
    guard classes > 0 else { return [Int32](repeating: 0, count: count) }
    return (first..<first + count).map {
      Int32(random.integer(below: classes, item: UInt64($0)))
    }
  }

  /// What each sample is of: a row of `conditioning`, taken in turn, else a class drawn from the seed.
  public static func labels(
    seed: UInt64, samples count: Int, first: Int = 0, of model: ModelDescription,
    conditioning: Conditioning?
  ) -> [Int32] {
    guard let conditioning else {
      return labels(seed: seed, samples: count, first: first, classes: model.classCount)
    }
    return (first..<first + count).map { Int32($0 % conditioning.rowCount) }
  }

  private func stepNoise(step: Int, firstItem: Int, count: Int, _ stateSize: Int) -> [Float] {
    let random = CounterRandom(seed: seed, stream: Stream.steps)
    return Self.fill(
      random, samples: count / stateSize, first: firstItem, stateSize: stateSize,
      offset: step * stateSize)
  }

  private static func fill(
    _ random: CounterRandom, samples: Int, first: Int, stateSize: Int, offset: Int
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: samples * stateSize) { buffer, count in
      for sample in 0..<samples {
        let part = UnsafeMutableBufferPointer(
          rebasing: buffer[sample * stateSize..<(sample + 1) * stateSize])
        random.fillNormal(part, item: UInt64(first + sample), offset: offset)
      }
      count = samples * stateSize
    }
  }
}
