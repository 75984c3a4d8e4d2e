/// What was measured of pruning on each held-out sample: the sensitivity report is a mean of it.
///
/// Kept sample by sample, so that parts join without rounding, more samples can be added, and
/// intervals are known.
public struct SensitivitySamples: Sendable, Equatable {
  public let influence: CalibrationOptions.Influence
  /// Sparsities at which errors were measured, rising.
  public let levels: [Double]
  /// The levels, by index, at which influence was measured.
  public let probes: [Int]
  public let steps: Int
  /// What the groups' losses come to in the output's squared error: [bucket][group]; empty
  /// rows where the criterion knows no losses.
  public internal(set) var groupGains: [[GroupGain]]
  public internal(set) var count = 0
  /// Mean squared error of the output, [sample][step][level].
  var errors: [Double] = []
  /// For each probe ⟨δ_n, δ_m⟩ / d of every two steps, [probe][sample · step · step], δ being the
  /// change of the final sample; with scalar influence δ is the output's own error.
  var products: [[Double]]

  init(
    influence: CalibrationOptions.Influence, levels: [Double], probes: [Int], steps: Int,
    groupGains: [[GroupGain]]
  ) {
    self.influence = influence
    self.levels = levels
    self.probes = influence == .measured ? probes : Array(probes.suffix(1))
    self.steps = steps
    self.groupGains = groupGains
    products = self.probes.map { _ in [] }
  }

  /// Adds samples measured after these.
  mutating func append(errors more: [Double], products other: [[Double]]) {
    errors += more
    for probe in products.indices { products[probe] += other[probe] }
    count = errors.count / (steps * levels.count)
  }

  /// Means over the samples, each counted `weights` times.
  func means(_ weights: [Double]) -> (errors: [[Double]], grams: [[Double]]) {
    let total = max(weights.reduce(0, +), 1)
    func mean(of values: [Double], size: Int) -> [Double] {
      var sum = [Double](repeating: 0, count: size)
      for (sample, weight) in weights.enumerated() where weight != 0 {
        let start = sample * size
        for index in 0..<size { sum[index] += weight * values[start + index] }
      }
      return sum.map { $0 / total }
    }
    let flat = mean(of: errors, size: steps * levels.count)
    return (
      (0..<steps).map { Array(flat[$0 * levels.count..<($0 + 1) * levels.count]) },
      products.map { mean(of: $0, size: steps * steps) }
    )
  }
}

/// `⟨a_n, a_m⟩ / d` of every two steps' vectors, sample by sample: [sample][step · step]; zeros for
/// empty ones.
///
/// - Parameter vectors: One a step, [samples · size], or empty.
func sampleProducts(_ vectors: [[Float]], samples: Int, size: Int) -> [Double] {
  let count = vectors.count
  var result = [Double](repeating: 0, count: samples * count * count)
  for sample in 0..<samples {
    let place = sample * count * count
    for n in 0..<count where !vectors[n].isEmpty {
      for m in 0...n where !vectors[m].isEmpty {
        var sum = 0.0
        vectors[n].withUnsafeBufferPointer { a in
          vectors[m].withUnsafeBufferPointer { b in
            for index in sample * size..<(sample + 1) * size {
              sum += Double(a[index]) * Double(b[index])
            }
          }
        }
        result[place + n * count + m] = sum / Double(size)
        result[place + m * count + n] = sum / Double(size)
      }
    }
  }
  return result
}
