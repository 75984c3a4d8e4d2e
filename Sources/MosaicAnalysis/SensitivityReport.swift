internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What pruning costs, measured on samples that the refit has not seen.
public struct SensitivityReport: Sendable, Equatable {
  public let influence: CalibrationOptions.Influence
  /// Sparsities at which errors were measured, rising.
  public let levels: [Double]
  /// Mean squared error of the (guided) output at each step: [step][level].
  public let errors: [[Double]]
  /// Root mean squared error that arrives at the final sample: [step][level]; zeros where the
  /// sampler does not use the output.
  public let amplitudes: [[Double]]
  /// What a unit error of a step's output comes to at the final sample.
  public let gains: [Double]
  /// How the arriving errors of different steps correlate: [steps · steps], row-major.
  public let correlation: [Double]
  /// What the groups' losses come to in the output's squared error: [bucket][group]; empty
  /// rows where the criterion knows no losses.
  public let groupGains: [[GroupGain]]
  public let samples: Int

  public init(
    influence: CalibrationOptions.Influence, levels: [Double], errors: [[Double]],
    amplitudes: [[Double]], gains: [Double], correlation: [Double],
    groupGains: [[GroupGain]], samples: Int
  ) {
    self.influence = influence
    self.levels = levels
    self.errors = errors
    self.amplitudes = amplitudes
    self.gains = gains
    self.correlation = correlation
    self.groupGains = groupGains
    self.samples = samples
  }
}

extension SensitivityReport {
  /// The means over what was measured sample by sample.
  ///
  /// - Parameters:
  ///   - scalarGains: Omega of each step by the closed form; read with scalar influence only.
  ///   - weights: How often each sample counts; once by default.
  public init(
    _ measured: SensitivitySamples, scalarGains: [Double], weights: [Double]? = nil
  ) {
    let (errors, grams) = measured.means(
      weights ?? [Double](repeating: 1, count: measured.count))
    let steps = measured.steps
    let levels = measured.levels
    let amplitudes: [[Double]]
    let gains: [Double]
    switch measured.influence {
    case .measured:
      let probed = (0..<steps).map { step in
        zip(measured.probes, grams).map { level, gram -> Double in
          let own = errors[step][level]
          return own > 0 ? (gram[step * steps + step] / own).squareRoot() : 0
        }
      }
      amplitudes = (0..<steps).map { step in
        levels.indices.map { level in
          errors[step][level].squareRoot()
            * interpolatedGain(
              probed[step], at: levels[level], probes: measured.probes.map { levels[$0] })
        }
      }
      gains = probed.map { $0[0] }
    case .scalar:
      gains = scalarGains.map(abs)
      amplitudes = zip(errors, gains).map { errors, gain in
        errors.map { $0.squareRoot() * gain }
      }
    }
    self.init(
      influence: measured.influence, levels: levels, errors: errors, amplitudes: amplitudes,
      gains: gains, correlation: stepCorrelation(of: grams[grams.count - 1], count: steps),
      groupGains: measured.groupGains, samples: measured.count)
  }

  /// Reports from samples drawn again with replacement, from which intervals follow.
  ///
  /// Source: Efron, "Bootstrap methods: another look at the jackknife", 1979.
  public static func resampled(
    _ measured: SensitivitySamples, scalarGains: [Double], times: Int = 64
  ) -> [SensitivityReport] {
    let random = CounterRandom(seed: 0, stream: 5)
    guard measured.count > 1 else { return [] }
    return (0..<times).map { round in
      var weights = [Double](repeating: 0, count: measured.count)
      for draw in 0..<measured.count {
        weights[random.integer(below: measured.count, item: UInt64(round), index: UInt64(draw))] +=
          1
      }
      return SensitivityReport(measured, scalarGains: scalarGains, weights: weights)
    }
  }
}

/// The gain at a level between or beyond the probes: linear in its logarithm, carried at most half
/// the probes' distance beyond them.
private func interpolatedGain(_ probed: [Double], at level: Double, probes: [Double]) -> Double {
  guard let low = probed.first, let high = probed.last, low > 0, high > 0,
    let first = probes.first, let last = probes.last, first != last
  else { return probed.first ?? 0 }
  let place = min(max((level - first) / (last - first), 0), 1.5)
  return low * pow(high / low, place)
}

/// A Gram matrix with its rows and columns scaled to a diagonal of 1; the identity for rows of
/// zeros.
func stepCorrelation(of gram: [Double], count: Int) -> [Double] {
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
