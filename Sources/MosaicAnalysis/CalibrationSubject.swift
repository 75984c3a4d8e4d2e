public import MosaicCore
internal import MosaicIR
public import MosaicLowering
public import MosaicRuntime
public import MosaicSurgery

/// What calibration works on: the dense network on the fast path, its groups, and the trajectory.
public struct CalibrationSubject: Sendable {
  public let dense: DenseNetwork
  public let groups: [PruningGroup]
  /// What takes the groups' units up, each once.
  public let consumers: [GroupConsumer]
  public let model: ModelDescription
  public let conditioning: Conditioning?
  public let sampler: Sampler
  public let options: CalibrationOptions
  public let predictor: Predictor
  public let work = ForwardWork()

  public init(
    dense: DenseNetwork, groups: [PruningGroup], model: ModelDescription,
    scheduler: SchedulerConfig, options: CalibrationOptions, conditioning: Conditioning? = nil
  ) throws {
    self.conditioning = conditioning
    self.dense = dense
    self.groups = groups
    consumers = groups.consumers
    self.model = model
    self.options = options
    let trajectory = try Trajectory(config: scheduler, steps: options.steps, eta: options.eta)
    guard trajectory.steps.contains(where: { $0.needsForward }) else {
      throw AnalysisError.noForwards(steps: options.steps)
    }
    sampler = Sampler(trajectory: trajectory, seed: options.seed)
    predictor = try Predictor(
      executor: try dense.executor(
        threads: options.threads, leaf: CalibrationStatistics.leafSize), model: model,
      guidance: options.guidance, conditioning: conditioning)
  }

  public var trajectory: Trajectory { sampler.trajectory }

  /// Neighbouring steps that share statistics: as equal as whole steps allow, each with a step whose
  /// output the sampler uses.
  public var buckets: [Range<Int>] {
    let steps = trajectory.steps
    let needed = steps.indices.filter { steps[$0].needsForward }
    let count = min(options.buckets, needed.count)
    let starts = (0..<count).map { $0 == 0 ? 0 : needed[$0 * needed.count / count] }
    return zip(starts, starts.dropFirst() + [steps.count]).map { $0..<$1 }
  }

  /// A network with units removed, behind the roles of the dense one.
  ///
  /// - Parameter weights: What its dense weights are; by default those of the checkpoint.
  public func predictor(
    of network: PrunedNetwork, from weights: DenseNetwork? = nil, reusing units: ReuseUnits? = nil
  ) throws -> Predictor {
    try Predictor(
      executor: try network.executor(
        of: weights ?? dense, threads: options.threads, leaf: CalibrationStatistics.leafSize,
        reusing: units?.units ?? []),
      model: model, guidance: options.guidance, conditioning: conditioning)
  }

  /// The dense network with units that steps may reuse.
  func predictor(reusing units: ReuseUnits) throws -> Predictor {
    try Predictor(
      executor: try dense.executor(
        threads: options.threads, leaf: CalibrationStatistics.leafSize, reusing: units.units),
      model: model, guidance: options.guidance, conditioning: conditioning)
  }

  public func noise(from first: Int, samples: Int) -> [Float] {
    Sampler.noise(
      seed: options.seed, samples: samples, first: first, stateSize: predictor.stateSize)
  }

  public func labels(from first: Int, samples: Int) -> [Int32] {
    Sampler.labels(
      seed: options.seed, samples: samples, first: first, of: model, conditioning: conditioning)
  }

  /// Multiply-accumulates of one needed forward of a network, guidance included.
  public func macsPerStep(_ macs: Int) -> Double {
    Double(macs) * Double(predictor.forwardsPerSample)
  }

  /// Those of the dense sampling run of one sample.
  public var denseMacs: Double {
    let needed = trajectory.steps.count { $0.needsForward }
    return macsPerStep(dense.graph.macs) * Double(needed)
  }
}
