public import MosaicAllocation
public import MosaicAnalysis
internal import MosaicKernels
internal import MosaicLowering
internal import MosaicRuntime
internal import MosaicSurgery

extension Calibration {
  /// Times networks of several sparsities on this machine, as `run` would run them.
  ///
  /// Which units are gone does not matter for the time, so nothing is refitted. Rounds go through
  /// all networks in turn, so that a slow moment of the machine meets all alike; medians are kept.
  public func measureLatency(
    samples: Int = 16, rounds: Int = 9, progress: ProgressHandler
  ) throws -> LatencyModel {
    let sparsities = [0, 0.25, 0.5, 0.75, 0.875]
    let orders = try Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .random, seed: 0,
      threads: subject.options.threads
    ).order { [consumers = subject.consumers] in GramStatistics(width: consumers[$0].columns) }
    let predictors = try orders.networks(
      removing: sparsities.map { uniformRemovals(of: subject.groups, sparsity: $0) }
    ).map { network in
      try Predictor(
        executor: try network.executor(of: subject.dense, threads: subject.options.threads),
        model: subject.model, guidance: subject.options.guidance,
        conditioning: subject.conditioning)
    }
    let states = subject.noise(from: 0, samples: samples)
    let labels = subject.labels(from: 0, samples: samples)
    let timestep = subject.trajectory.steps[0].timestep
    var times = sparsities.map { _ in [Double]() }
    // The first round pays for fresh memory.
    for round in 0...rounds {
      for (index, predictor) in predictors.enumerated() {
        let clock = ContinuousClock.now
        _ = predictor.predict(states: states, timestep: timestep, labels: labels)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        if round > 0 { times[index].append(1000 * seconds / Double(samples)) }
      }
      try progress(Progress(stage: "timing", done: round, total: rounds))
    }
    let points = zip(sparsities, times).map { sparsity, times in
      LatencyModel.Point(
        sparsity: sparsity, milliseconds: times.sorted()[times.count / 2])
    }
    return try LatencyModel(
      points: points, machine: "\(BLAS.coreName), \(subject.options.threads) threads")
  }
}
