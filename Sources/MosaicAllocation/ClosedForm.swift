extension ErrorModel {
  /// The mean squared error per element of the final sample that the model predicts, with the
  /// correlations as measured.
  ///
  /// - Parameter sparsities: sₙ, one for each step.
  /// - Returns: Σₙₘ Rₙₘ bₙ(sₙ) bₘ(sₘ). A correlation matrix that was interpolated may not be
  ///   positive semi-definite; then, and only then, the sum can fall below 0.
  public func predictedError(_ sparsities: [Double]) -> Double {
    quadraticForm(correlation, amplitudes(at: sparsities))
  }

  /// The same with negative correlations set to 0: an upper bound, and what the solver minimises.
  public func clippedError(_ sparsities: [Double]) -> Double {
    quadraticForm(clippedCorrelation, amplitudes(at: sparsities))
  }

  /// The derivative of `clippedError` in each step's sparsity: 2 bₙ′(sₙ) Σₘ Rₙₘ bₘ(sₘ).
  public func gradient(at sparsities: [Double]) -> [Double] {
    let pulls = product(clippedCorrelation, amplitudes(at: sparsities))
    return curves.indices.map { 2 * curves[$0].derivative(at: sparsities[$0]) * pulls[$0] }
  }

  /// The derivative of `clippedError` in each range's one sparsity.
  ///
  /// - Parameters:
  ///   - rangeSparsities: One for each of `ranges`.
  ///   - ranges: Contiguous, covering all steps.
  public func gradient(at rangeSparsities: [Double], ranges: [Range<Int>]) -> [Double] {
    RangeObjective(model: self, ranges: ranges).derivatives(at: rangeSparsities).gradient
  }

  fileprivate func amplitudes(at sparsities: [Double]) -> [Double] {
    precondition(sparsities.count == stepCount, "one sparsity a step")
    return zip(curves, sparsities).map { $0.value(at: $1) }
  }
}

/// The clipped error as a function of one sparsity a range.
struct RangeObjective {
  let model: ErrorModel
  /// Contiguous, covering all steps.
  let ranges: [Range<Int>]

  struct Derivatives {
    var value: Double
    /// One entry a range.
    var gradient: [Double]
    /// The diagonal of the Hessian without its negative parts.
    var curvature: [Double]
  }

  func value(at sparsities: [Double]) -> Double {
    var amplitudes = [Double](repeating: 0, count: model.stepCount)
    for (range, sparsity) in zip(ranges, sparsities) {
      for n in range { amplitudes[n] = model.curves[n].value(at: sparsity) }
    }
    return quadraticForm(model.clippedCorrelation, amplitudes)
  }

  func derivatives(at sparsities: [Double]) -> Derivatives {
    let count = model.stepCount
    var amplitudes = [Double](repeating: 0, count: count)
    var firsts = amplitudes
    var seconds = amplitudes
    for (range, sparsity) in zip(ranges, sparsities) {
      for n in range {
        let jet = model.curves[n].jet(at: sparsity)
        amplitudes[n] = jet.value
        firsts[n] = jet.first
        seconds[n] = jet.second
      }
    }
    let pulls = product(model.clippedCorrelation, amplitudes)
    var result = Derivatives(
      value: 0, gradient: [Double](repeating: 0, count: ranges.count),
      curvature: [Double](repeating: 0, count: ranges.count))
    for (index, range) in ranges.enumerated() {
      for n in range {
        result.value += amplitudes[n] * pulls[n]
        result.gradient[index] += 2 * firsts[n] * pulls[n]
        var within = 0.0
        for m in range { within += model.clippedCorrelation[n * count + m] * firsts[m] }
        result.curvature[index] += 2 * (firsts[n] * within + max(seconds[n], 0) * pulls[n])
      }
    }
    return result
  }
}

/// matrix · vector, for a symmetric matrix [n, n].
func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
  let count = vector.count
  var result = [Double](repeating: 0, count: count)
  // Columns are added whole, so that the inner loop has no sum to keep in order.
  for n in 0..<count where vector[n] != 0 {
    let factor = vector[n]
    for m in 0..<count { result[m] += matrix[n * count + m] * factor }
  }
  return result
}

/// vectorᵀ · matrix · vector, for a symmetric matrix [n, n].
func quadraticForm(_ matrix: [Double], _ vector: [Double]) -> Double {
  zip(vector, product(matrix, vector)).reduce(0) { $0 + $1.0 * $1.1 }
}

extension ErrorModel {
  /// What each step adds to `predictedError`: bₙ Σₘ Rₙₘ bₘ. Below 0 where its error cancels others.
  public func contributions(_ sparsities: [Double]) -> [Double] {
    let values = amplitudes(at: sparsities)
    return zip(values, product(correlation, values)).map { $0 * $1 }
  }
}
