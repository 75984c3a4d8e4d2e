internal import MosaicCore
internal import MosaicRuntime

/// The dense trajectories of the samples on which errors are measured.
public struct DenseTrajectories: Sendable {
  /// What the network sees at each step, [samples · state].
  let states: [[Float]]
  /// Where the sampler stands before each step: the states above, but in its own scale.
  let restarts: [SamplerState]
  /// The network's output at each step; empty where the sampler does not use it.
  let outputs: [[Float]]
  let final: [Float]
  let labels: [Int32]
  let firstItem: Int
}

extension CalibrationSubject {
  /// Samples the dense network and keeps every step's state and output.
  func trajectories(
    from first: Int, samples: Int, stage: String = "trajectories", progress: ProgressHandler
  ) throws -> DenseTrajectories {
    let labels = labels(from: first, samples: samples)
    var state = sampler.start(noise: noise(from: first, samples: samples))
    var restarts: [SamplerState] = []
    var inputs: [[Float]] = []
    var outputs: [[Float]] = []
    for (step, info) in trajectory.steps.enumerated() {
      restarts.append(state)
      let input = sampler.networkInput(state, step: step)
      inputs.append(input)
      let output =
        info.needsForward
        ? predictor.predict(states: input, timestep: info.timestep, labels: labels) : []
      outputs.append(output)
      sampler.apply(
        output, to: &state, step: step, firstItem: first, stateSize: predictor.stateSize)
      try progress(
        Progress(stage: stage, done: step + 1, total: trajectory.steps.count))
    }
    return DenseTrajectories(
      states: inputs, restarts: restarts, outputs: outputs, final: state.states, labels: labels,
      firstItem: first)
  }

  /// Puts another output in at each step, alone, and carries the state to the end with the dense
  /// network.
  ///
  /// - Parameter replaced: One output a step; empty leaves the step alone.
  /// - Returns: How the final samples change for each step, [samples · state]; empty where nothing
  ///   was put in.
  func propagate(
    _ replaced: [[Float]], in base: DenseTrajectories, stage: String, progress: ProgressHandler
  ) throws -> [[Float]] {
    let size = base.final.count
    let stateSize = size / base.labels.count
    // Trajectories that have left the dense one, in the order of their step. Each is a group of
    // samples that has its own place in the noise streams.
    var changed: [(step: Int, state: SamplerState)] = []
    for (step, info) in trajectory.steps.enumerated() {
      let outputs =
        info.needsForward && !changed.isEmpty
        ? predictor.predict(
          states: changed.flatMap { sampler.networkInput($0.state, step: step) },
          timestep: info.timestep, labels: changed.flatMap { _ in base.labels }) : []
      for index in changed.indices {
        let output = info.needsForward ? Array(outputs[index * size..<(index + 1) * size]) : []
        sampler.apply(
          output, to: &changed[index].state, step: step, firstItem: base.firstItem,
          stateSize: stateSize)
      }
      if !replaced[step].isEmpty, info.needsForward {
        var state = base.restarts[step]
        sampler.apply(
          replaced[step], to: &state, step: step, firstItem: base.firstItem,
          stateSize: stateSize)
        changed.append((step, state))
      }
      try progress(Progress(stage: stage, done: step + 1, total: trajectory.steps.count))
    }
    var deltas = [[Float]](repeating: [], count: trajectory.steps.count)
    for (step, state) in changed {
      deltas[step] = zip(state.states, base.final).map { $0 - $1 }
    }
    return deltas
  }
}

/// `⟨a_n, a_m⟩ / d` of every two vectors of length d, [count · count]; zeros for empty ones.
func gramMatrix(_ vectors: [[Float]]) -> [Double] {
  let count = vectors.count
  var result = [Double](repeating: 0, count: count * count)
  for n in 0..<count where !vectors[n].isEmpty {
    for m in 0...n where !vectors[m].isEmpty {
      var sum = 0.0
      for (a, b) in zip(vectors[n], vectors[m]) { sum += Double(a) * Double(b) }
      result[n * count + m] = sum / Double(vectors[n].count)
      result[m * count + n] = result[n * count + m]
    }
  }
  return result
}

/// A Gram matrix with its rows and columns scaled to a diagonal of 1; the identity for rows of
/// zeros.
func correlation(of gram: [Double], count: Int) -> [Double] {
  var result = [Double](repeating: 0, count: count * count)
  for n in 0..<count {
    for m in 0..<count {
      let scale = (gram[n * count + n] * gram[m * count + m]).squareRoot()
      result[n * count + m] =
        n == m ? 1 : scale > 0 ? min(max(gram[n * count + m] / scale, -1), 1) : 0
    }
  }
  return result
}
