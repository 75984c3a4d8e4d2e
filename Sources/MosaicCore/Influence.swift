extension Trajectory {
  /// The network's own response to a changed input, d f / d input, at a step: that of the best
  /// denoiser of Gaussian data.
  ///
  /// - Parameters:
  ///   - step: Index into `steps`.
  ///   - variance: v, the data's variance per element.
  ///
  /// Source: the posterior mean of x0 is `sqrt(a) v / (a v + 1 - a) x`; the other predictions are
  /// the noise and the velocity that go with it, and for a flow at time t
  /// `(t - (1 - t) v) / ((1 - t)² v + t²)`, here with t told by a.
  public func response(at step: Int, variance: Double) -> Double {
    let alpha = steps[step].alpha
    let power = alpha * variance + 1 - alpha
    let (signal, noise) = (alpha.squareRoot(), (1 - alpha).squareRoot())
    return switch prediction {
    case .epsilon: noise / power
    case .sample: signal * variance / power
    case .velocity: (alpha * (1 - alpha)).squareRoot() * (1 - variance) / power
    case .flow: (signal + noise) * (noise - signal * variance) / power
    }
  }

  /// Omega: what a small error of the network's output at each step comes to in the final sample,
  /// per unit, in the order of `steps`.
  ///
  /// This is the adjoint of the steps' recursion with df/d(input) = `response`: without history, B
  /// times the product of A + B j of the later steps. Clipping is left out of account.
  ///
  /// - Parameter variance: The data's variance per element.
  public func influence(variance: Double) -> [Double] {
    var result = [Double](repeating: 0, count: steps.count)
    // Of the state after the step, and of what the step keeps, on the final sample.
    var (later, kept) = (1.0, 0.0)
    for index in steps.indices.reversed() {
      let step = steps[index]
      let response = step.inputScale * response(at: index, variance: variance)
      result[index] = step.outputGain * later + step.keptOfOutput * kept
      (later, kept) = (
        later * (step.stateGain + step.outputGain * response)
          + kept * (step.keptOfState + step.keptOfOutput * response),
        step.historyGain * later
      )
    }
    return result
  }
}
