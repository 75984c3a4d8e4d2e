internal import MosaicCore
internal import MosaicRuntime
internal import Synchronization

/// Counts the forwards of a calibration and the time that they alone take.
public final class ForwardWork: Sendable {
  private let spent = Mutex((forwards: 0, seconds: 0.0))

  /// Forwards of one sample, those of guidance counted.
  public var forwards: Int { spent.withLock { $0.forwards } }

  public var seconds: Double { spent.withLock { $0.seconds } }

  fileprivate func add(_ count: Int, _ duration: Duration) {
    spent.withLock {
      $0.forwards += count
      $0.seconds += duration / .seconds(1)
    }
  }
}

extension CalibrationSubject {
  /// A network's output at a step.
  ///
  /// - Parameter states: Of several groups of samples, one behind the other; `labels` in the same
  ///   order.
  /// - Precondition: The sampler uses the step's output.
  func forward(
    _ network: Predictor, _ states: [SamplerState], _ labels: [Int32], step: Int,
    captures: [Executor.Capture] = []
  ) -> [Float] {
    timed(network, states, labels, step: step) { inputs in
      network.predict(
        states: inputs, timestep: trajectory.steps[step].timestep, labels: labels,
        captures: captures)
    }
  }

  /// The same where some of the network's values come from earlier steps: see `Predictor.predict`.
  func forward(
    _ network: Predictor, _ states: [SamplerState], _ labels: [Int32], step: Int, orders: [Int?],
    forecasts: [[ValueForecast?]], memory: ReuseMemory, groups: Range<Int>
  ) throws(RuntimeError) -> [Float] {
    try timed(network, states, labels, step: step) { inputs throws(RuntimeError) in
      try network.predict(
        states: inputs, timestep: trajectory.steps[step].timestep, labels: labels, step: step,
        orders: orders, forecasts: forecasts, memory: memory, groups: groups)
    }
  }

  private func timed<E: Error>(
    _ network: Predictor, _ states: [SamplerState], _ labels: [Int32], step: Int,
    _ predict: ([Float]) throws(E) -> [Float]
  ) throws(E) -> [Float] {
    let inputs =
      states.count == 1
      ? sampler.networkInput(states[0], step: step)
      : states.flatMap { sampler.networkInput($0, step: step) }
    let clock = ContinuousClock.now
    let output = try predict(inputs)
    work.add(labels.count * network.forwardsPerSample, ContinuousClock.now - clock)
    return output
  }
}
