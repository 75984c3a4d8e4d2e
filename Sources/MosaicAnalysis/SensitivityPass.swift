internal import MosaicCore
internal import MosaicRuntime
public import MosaicSurgery

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension CalibrationSubject {
  /// Measures, on held-out samples, what pruning costs at every step and level, and what of
  /// a step's error arrives at the final sample.
  ///
  /// Each level's network is refitted in every bucket. A step's own error is the pruned output on
  /// the dense state; its arrival is measured by finishing the dense trajectory from it, at the
  /// probe levels, and interpolated between them in the logarithm of the gain.
  public func measureSensitivity(
    _ statistics: CalibrationStatistics, criterion: Criterion, on base: DenseTrajectories,
    progress: ProgressHandler
  ) throws -> SensitivityReport {
    let steps = trajectory.steps.count
    let pruner = Pruner(
      dense: dense, groups: groups, criterion: criterion, seed: options.seed,
      threads: options.threads)
    var groupGains: [[Double]] = []
    var errors = [[Double]](
      repeating: [Double](repeating: 0, count: options.levels.count), count: steps)
    var probed = options.probes.map { _ in [[Float]](repeating: [], count: steps) }
    for (bucket, range) in buckets.enumerated() {
      let orders = try pruner.order(by: statistics.moments[bucket])
      groupGains.append(try measureGroupGains(orders, in: range, on: base))
      let candidates = options.levels.map { level in
        removals(sparsity: level, orders: orders, groupGains: groupGains[bucket])
      }
      let networks = try orders.networks(removing: candidates)
      for (level, network) in networks.enumerated() {
        let pruned = try predictor(of: network)
        for step in range where trajectory.steps[step].needsForward {
          let output = pruned.predict(
            states: base.states[step], timestep: trajectory.steps[step].timestep,
            labels: base.labels)
          errors[step][level] = meanSquare(output, base.outputs[step])
          if let probe = options.probes.firstIndex(of: level) { probed[probe][step] = output }
        }
      }
      try progress(Progress(stage: "sensitivity", done: bucket + 1, total: buckets.count))
    }
    switch options.influence {
    case .measured:
      return try measuredReport(errors, probed, groupGains, base, progress)
    case .scalar:
      return scalarReport(
        errors, outputs: probed[probed.count - 1], groupGains, base,
        variance: statistics.variance)
    }
  }

  /// The dense trajectories of the samples that sensitivity is measured on.
  public func sensitivityTrajectories(progress: ProgressHandler) throws -> DenseTrajectories {
    try trajectories(
      from: SampleStart.sensitivity, samples: options.sensitivitySamples, progress: progress)
  }

  /// Those of the samples that the prediction comes from.
  public func predictionTrajectories(progress: ProgressHandler) throws -> DenseTrajectories {
    try trajectories(
      from: SampleStart.prediction, samples: options.predictionSamples,
      stage: "prediction: dense", progress: progress)
  }

  private func measuredReport(
    _ errors: [[Double]], _ probed: [[[Float]]], _ groupGains: [[Double]],
    _ base: DenseTrajectories, _ progress: ProgressHandler
  ) throws -> SensitivityReport {
    let steps = trajectory.steps.count
    var grams: [[Double]] = []
    for (number, outputs) in probed.enumerated() {
      let stage = "influence \(number + 1)/\(probed.count)"
      grams.append(
        gramMatrix(try propagate(outputs, in: base, stage: stage, progress: progress)))
    }
    let gains = (0..<steps).map { step in
      zip(options.probes, grams).map { level, gram -> Double in
        let own = errors[step][level]
        return own > 0 ? (gram[step * steps + step] / own).squareRoot() : 0
      }
    }
    let amplitudes = (0..<steps).map { step in
      options.levels.indices.map { level in
        errors[step][level].squareRoot() * gain(gains[step], at: options.levels[level])
      }
    }
    return SensitivityReport(
      influence: .measured, levels: options.levels, errors: errors, amplitudes: amplitudes,
      gains: gains.map { $0[0] },
      correlation: correlation(of: grams[grams.count - 1], count: steps),
      groupGains: groupGains, samples: options.sensitivitySamples)
  }

  /// The gain at a level between or beyond the probes: linear in its logarithm, carried at most
  /// half the probes' distance beyond them.
  private func gain(_ probed: [Double], at level: Double) -> Double {
    guard let low = probed.first, let high = probed.last, low > 0, high > 0,
      let first = options.probes.first, let last = options.probes.last, first != last
    else { return probed.first ?? 0 }
    let span = options.levels[last] - options.levels[first]
    let place = min(max((level - options.levels[first]) / span, 0), 1.5)
    return low * pow(high / low, place)
  }

  private func scalarReport(
    _ errors: [[Double]], outputs: [[Float]], _ groupGains: [[Double]],
    _ base: DenseTrajectories, variance: Double
  ) -> SensitivityReport {
    let gains = trajectory.influence(variance: variance).map(abs)
    let own = zip(outputs, base.outputs).map { pruned, dense in
      zip(pruned, dense).map { $0 - $1 }
    }
    return SensitivityReport(
      influence: .scalar, levels: options.levels, errors: errors,
      amplitudes: zip(errors, gains).map { errors, gain in
        errors.map { $0.squareRoot() * gain }
      },
      gains: gains, correlation: correlation(of: gramMatrix(own), count: own.count),
      groupGains: groupGains, samples: options.sensitivitySamples)
  }
}

/// Mean of the squared differences.
func meanSquare(_ a: [Float], _ b: [Float]) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) {
    let difference = Double(x) - Double(y)
    sum += difference * difference
  }
  return a.isEmpty ? 0 : sum / Double(a.count)
}
