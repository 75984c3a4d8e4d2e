extension Trajectory {
  /// The network's own response to a changed state, d f / d x, at a step: that of the best
  /// denoiser of Gaussian data.
  ///
  /// - Parameters:
  ///   - step: Index into `steps`.
  ///   - variance: v, the data's variance per element.
  ///
  /// Source: the posterior mean of x0 is `sqrt(a) v / (a v + 1 - a) x`; the other predictions are
  /// the noise and the velocity that go with it.
  public func response(at step: Int, variance: Double) -> Double {
    let alpha = steps[step].alpha
    let power = alpha * variance + 1 - alpha
    return switch prediction {
    case .epsilon: (1 - alpha).squareRoot() / power
    case .sample: alpha.squareRoot() * variance / power
    case .velocity: (alpha * (1 - alpha)).squareRoot() * (1 - variance) / power
    }
  }

  /// Omega: what a small error of the network's output at each step comes to in the final sample,
  /// per unit, in the order of `steps`.
  ///
  /// This is the adjoint of x ← A x + B f with df/dx = `response`: B times the product of A + B j
  /// of the later steps. Clipping is left out of account.
  ///
  /// - Parameter variance: The data's variance per element.
  public func influence(variance: Double) -> [Double] {
    var result = [Double](repeating: 0, count: steps.count)
    var later = 1.0
    for index in steps.indices.reversed() {
      let step = steps[index]
      result[index] = step.outputGain * later
      later *= step.stateGain + step.outputGain * response(at: index, variance: variance)
    }
    return result
  }
}
