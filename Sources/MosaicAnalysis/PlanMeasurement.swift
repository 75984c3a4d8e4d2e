internal import MosaicCore
public import MosaicRuntime

/// What a chosen sequence of networks costs, measured on held-out samples before anybody sees the
/// proof's.
public struct PlanMeasurement: Sendable, Equatable {
  /// Mean squared error of each step's output on the dense state.
  public var ownErrors: [Double]
  /// Mean squared difference of the states after each step.
  public var stateErrors: [Double]
  /// Mean squared difference of each final sample.
  public var finalErrors: [Double]

  /// Of the final samples: the prediction.
  public var final: PairedError { PairedError(finalErrors) }

  /// Of no samples.
  init() { self.init(ownErrors: [], stateErrors: [], finalErrors: []) }

  init(ownErrors: [Double], stateErrors: [Double], finalErrors: [Double]) {
    self.ownErrors = ownErrors
    self.stateErrors = stateErrors
    self.finalErrors = finalErrors
  }

  /// Adds other samples' measurement of the same networks.
  mutating func add(_ other: PlanMeasurement) {
    let (own, more) = (Double(finalErrors.count), Double(other.finalErrors.count))
    func joined(_ a: [Double], _ b: [Double]) -> [Double] {
      a.isEmpty ? b : zip(a, b).map { ($0 * own + $1 * more) / (own + more) }
    }
    ownErrors = joined(ownErrors, other.ownErrors)
    stateErrors = joined(stateErrors, other.stateErrors)
    finalErrors += other.finalErrors
  }
}

extension CalibrationSubject {
  /// Samples with the networks that will run, from the noise of dense trajectories, and compares.
  ///
  /// A sum of errors that each step makes alone on the dense trajectory is too high where errors are
  /// large, and too low where they are carried into the next step; a rehearsal is neither.
  ///
  /// - Parameter network: The network of a step; nil for the dense one.
  public func measurePlan(
    on base: DenseTrajectories, progress: ProgressHandler, network: (Int) -> Predictor?
  ) throws -> PlanMeasurement {
    let count = trajectory.steps.count
    var own = [Double](repeating: 0, count: count)
    var stateErrors = own
    guard var state = base.states.first else {
      return PlanMeasurement()
    }
    for (step, info) in trajectory.steps.enumerated() {
      let chosen = network(step)
      if let chosen, info.needsForward {
        let output = forward(chosen, [base.states[step]], base.labels, step: step)
        own[step] = meanSquare(output, base.outputs[step])
      }
      try sampler.advance(
        &state, labels: base.labels, step: step, firstItem: base.firstItem, chosen ?? predictor)
      stateErrors[step] = meanSquare(
        state.states, step + 1 < count ? base.states[step + 1].states : base.final)
      try progress(Progress(stage: "prediction", done: step + 1, total: count))
    }
    return PlanMeasurement(
      ownErrors: own, stateErrors: stateErrors,
      finalErrors: sampleErrors(state.states, base.final, sampleSize: predictor.stateSize))
  }
}
