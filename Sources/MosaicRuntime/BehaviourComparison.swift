internal import MosaicCore

/// How the trajectories of two networks part, from the same noise and classes.
public struct BehaviourComparison: Sendable {
  /// The states after one step.
  public struct Step: Sendable {
    public var timestep: Double
    public var logSNR: Double
    /// Numbers of the networks that made it.
    public var variants: Pair<Int>
    public var error: StateError
    /// Of the step alone, without reading a network.
    public var seconds: Pair<Double>
  }

  /// Consecutive steps made by the same two networks.
  public struct Range: Sendable {
    public var variants: Pair<Int>
    public var steps: Swift.Range<Int>
    /// Mean squared, before the first step and after the last.
    public var errorBefore: Double
    public var errorAfter: Double
  }

  /// What belongs to the network taken as correct and to the other.
  public struct Pair<Value: Sendable & Equatable>: Sendable, Equatable {
    public var reference: Value
    public var candidate: Value

    public init(_ reference: Value, _ candidate: Value) {
      self.reference = reference
      self.candidate = candidate
    }
  }

  public let samples: Int
  public let tolerance: Double
  public let steps: [Step]
  /// Of the final samples.
  public let final: StateError

  /// Carries `samples` samples through `sampler`'s trajectory twice, in step.
  ///
  /// - Parameters:
  ///   - reference: The network taken as correct. Noise and classes are drawn for it from the
  ///     sampler's seed.
  ///   - candidate: Of the same sample shape.
  ///   - tolerance: Largest accepted max |a - b| / max |a| of the final samples.
  ///   - progress: Called after each step; what it throws ends the run.
  /// - Throws: `RuntimeError` where the sample shapes differ, or a network's output is not finite.
  public init(
    _ reference: any Denoiser, _ candidate: any Denoiser, sampler: Sampler, samples: Int,
    tolerance: Double, progress: (StepReport) throws -> Void = { _ in }
  ) throws {
    guard reference.model.sampleShape == candidate.model.sampleShape else {
      throw RuntimeError(
        .inputShape(
          name: candidate.model.sampleInput, expected: reference.model.sampleShape,
          found: candidate.model.sampleShape))
    }
    var (first, second) = (
      try Lane(reference, samples, sampler), try Lane(candidate, samples, sampler)
    )
    // Labels that both know.
    var known = reference.model
    known.classCount =
      [reference.model, candidate.model].filter { $0.classInput != nil }.map(\.classCount).min()
      ?? 0
    let labels = Sampler.labels(
      seed: sampler.seed, samples: samples, of: known,
      conditioning: reference.conditioning ?? candidate.conditioning)
    let noise = Sampler.noise(
      seed: sampler.seed, samples: samples, stateSize: reference.model.sampleCount)
    var states = Pair(sampler.start(noise: noise), sampler.start(noise: noise))
    var made: [Step] = []
    for (index, info) in sampler.trajectory.steps.enumerated() {
      let a = try first.advance(&states.reference, labels, index, sampler)
      let b = try second.advance(&states.candidate, labels, index, sampler)
      made.append(
        Step(
          timestep: info.timestep, logSNR: info.logSNR,
          variants: Pair(a.variant, b.variant),
          error: StateError(states.reference.states, states.candidate.states),
          seconds: Pair(a.seconds, b.seconds)))
      try progress(
        StepReport(
          step: index, steps: sampler.trajectory.steps.count, variant: a.variant,
          seconds: a.seconds + b.seconds))
    }
    self.samples = samples
    self.tolerance = tolerance
    steps = made
    final = StateError(states.reference.states, states.candidate.states)
  }

  public var isAlike: Bool { final.relative <= tolerance }

  /// The first step after which the states differ by more than the tolerance.
  public var firstStepOutside: Int? {
    steps.firstIndex { !($0.error.relative <= tolerance) }
  }

  public var ranges: [Range] {
    var ranges: [Range] = []
    for (index, step) in steps.enumerated() {
      if let last = ranges.last, last.variants == step.variants {
        ranges[ranges.count - 1].steps = last.steps.lowerBound..<index + 1
        ranges[ranges.count - 1].errorAfter = step.error.meanSquared
      } else {
        ranges.append(
          Range(
            variants: step.variants, steps: index..<index + 1,
            errorBefore: ranges.last?.errorAfter ?? 0, errorAfter: step.error.meanSquared))
      }
    }
    return ranges
  }
}

/// One of the two networks on its way.
private struct Lane {
  private var denoiser: any Denoiser
  private let reuse: RunReuse?

  init(_ denoiser: any Denoiser, _ samples: Int, _ sampler: Sampler) throws {
    self.denoiser = denoiser
    reuse = try denoiser.reuse(samples: samples, along: sampler.trajectory)
  }

  mutating func advance(
    _ state: inout SamplerState, _ labels: [Int32], _ step: Int, _ sampler: Sampler
  ) throws -> (variant: Int, seconds: Double) {
    let (network, variant) = try denoiser.predictor(step: step, of: sampler.trajectory)
    let clock = ContinuousClock.now
    try sampler.advance(&state, labels: labels, step: step, reuse: reuse, network)
    return (variant, (ContinuousClock.now - clock) / .seconds(1))
  }
}
