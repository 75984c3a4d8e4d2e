internal import MosaicCore
internal import MosaicRuntime

/// The dense trajectories of the samples on which errors are measured.
public struct DenseTrajectories: Sendable {
  /// Before each step.
  let states: [SamplerState]
  /// The network's output at each step; empty where the sampler does not use it.
  let outputs: [[Float]]
  /// The final samples, [samples · state].
  public let final: [Float]
  let labels: [Int32]
  let firstItem: Int

  /// Samples.
  public var count: Int { labels.count }

  /// Bytes of memory they take.
  var byteCount: Int {
    let elements =
      states.reduce(0) { $0 + $1.states.count + $1.history.count }
      + outputs.reduce(final.count) { $0 + $1.count }
    return elements * MemoryLayout<Float>.size
  }

  /// Samples from number `range.lowerBound` on, counted within these trajectories.
  public func part(_ range: Range<Int>) -> DenseTrajectories {
    let size = final.count / max(labels.count, 1)
    let elements = range.lowerBound * size..<range.upperBound * size
    return DenseTrajectories(
      states: states.map { state in
        SamplerState(
          states: Array(state.states[elements]),
          history: state.history.isEmpty ? [] : Array(state.history[elements]))
      },
      outputs: outputs.map { $0.isEmpty ? [] : Array($0[elements]) },
      final: Array(final[elements]), labels: Array(labels[range]),
      firstItem: firstItem + range.lowerBound)
  }
}

extension CalibrationSubject {
  /// Samples the dense network and keeps every step's state and output.
  public func trajectories(
    from first: Int, samples: Int, stage: String = "trajectories", progress: ProgressHandler
  ) throws -> DenseTrajectories {
    let labels = labels(from: first, samples: samples)
    var state = sampler.start(noise: noise(from: first, samples: samples))
    var kept: [SamplerState] = []
    var outputs: [[Float]] = []
    for step in trajectory.steps.indices {
      kept.append(state)
      let output = try denseOutput(state, labels, step: step)
      outputs.append(output)
      sampler.apply(
        output, to: &state, step: step, firstItem: first, stateSize: predictor.stateSize)
      try progress(
        Progress(stage: stage, done: step + 1, total: trajectory.steps.count))
    }
    return DenseTrajectories(
      states: kept, outputs: outputs, final: state.states, labels: labels, firstItem: first)
  }

  /// Puts another output in at each step, alone, and carries the state to the end with the dense
  /// network.
  ///
  /// - Parameter replaced: One output a step; empty leaves the step alone.
  /// - Returns: How the final samples change for each step, [samples · state]; empty where nothing
  ///   was put in.
  func propagate(
    _ replaced: [[Float]], in base: DenseTrajectories, progress: (Int) throws -> Void
  ) throws -> [[Float]] {
    let size = base.final.count
    // Trajectories that have left the dense one, side by side, in the order of their step.
    var changed: [Int] = []
    var states: [SamplerState] = []
    for (step, info) in trajectory.steps.enumerated() {
      if !changed.isEmpty {
        let outputs =
          info.needsForward
          ? forward(
            predictor, states, changed.flatMap { _ in base.labels }, step: step) : []
        for index in changed.indices {
          let output =
            info.needsForward ? Array(outputs[index * size..<(index + 1) * size]) : []
          // Each group of samples has its own place in the noise streams.
          sampler.apply(
            output, to: &states[index], step: step, firstItem: base.firstItem,
            stateSize: predictor.stateSize)
        }
      }
      if !replaced[step].isEmpty, info.needsForward {
        var state = base.states[step]
        sampler.apply(
          replaced[step], to: &state, step: step, firstItem: base.firstItem,
          stateSize: predictor.stateSize)
        states.append(state)
        changed.append(step)
      }
      try progress(step + 1)
    }
    var deltas = [[Float]](repeating: [], count: trajectory.steps.count)
    for (state, step) in zip(states, changed) {
      deltas[step] = zip(state.states, base.final).map { $0 - $1 }
    }
    return deltas
  }
}
