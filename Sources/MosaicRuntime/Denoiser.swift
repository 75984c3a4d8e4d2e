public import MosaicBundle
public import MosaicCore

/// The network, or networks, that sampling asks: one for every step.
public protocol Denoiser {
  var model: ModelDescription { get }
  /// Of a network that takes more than states, timesteps and classes.
  var conditioning: Conditioning? { get }

  /// The network that serves a noise level, and its number.
  mutating func predictor(logSNR: Double) throws -> (Predictor, Int)

  /// The network that serves a step, and its number: that of its noise level, unless a plan says
  /// otherwise.
  mutating func predictor(step: Int, of trajectory: Trajectory) throws -> (Predictor, Int)

  /// What steps of a run of so many samples take from earlier ones, and the memory for it; nil where
  /// every step computes all anew.
  func reuse(samples: Int, along trajectory: Trajectory) throws -> RunReuse?

  /// Says that the network of this step will be asked for soon. It may be made ready meanwhile; what
  /// goes wrong is said when it is asked for.
  mutating func prepare(step: Int, of trajectory: Trajectory)
}

extension Denoiser {
  public var conditioning: Conditioning? { nil }

  public mutating func predictor(
    step: Int, of trajectory: Trajectory
  ) throws -> (Predictor, Int) {
    try predictor(logSNR: trajectory.steps[step].logSNR)
  }

  public func reuse(samples: Int, along trajectory: Trajectory) throws -> RunReuse? { nil }

  public mutating func prepare(step: Int, of trajectory: Trajectory) {}
}

/// One network at every noise level: a dense checkpoint.
public struct DenseDenoiser: Denoiser, Sendable {
  public let predictor: Predictor

  public init(_ predictor: Predictor) { self.predictor = predictor }

  public var model: ModelDescription { predictor.model }
  public var conditioning: Conditioning? { predictor.conditioning }

  public func predictor(logSNR: Double) -> (Predictor, Int) { (predictor, 0) }
}

/// A bundle's variants, each read when the trajectory reaches its range, or the plan a step of it, or
/// shortly before. What variants share stays in memory, and a switch copies none of it.
public struct BundleDenoiser: Denoiser, Sendable {
  /// Which variants are in memory.
  public enum Residency: String, Sendable, CaseIterable {
    /// That of the step, and the next one from a few steps before it is needed.
    case next
    /// That of the step alone.
    case one
    /// All that were needed so far.
    case all
  }

  private let bundle: BundleReader
  private let threads: Int
  private let guidance: Float?
  public let conditioning: Conditioning?
  /// What runs follow; nil takes each step's variant by noise level.
  public let plan: FollowedPlan?
  private let residency: Residency
  private let weights: VariantWeights
  private var resident: [Int: Predictor] = [:]
  /// The variant of the step before.
  private var current: Int?
  private var coming: Prefetch<Predictor>?

  /// - Parameters:
  ///   - guidance: Weight of classifier-free guidance, or nil.
  ///   - plan: One of the bundle's.
  ///   - conditioning: Of a network that takes more than states, timesteps and classes.
  public init(
    _ bundle: BundleReader, threads: Int, guidance: Float?, plan: FollowedPlan? = nil,
    residency: Residency = .next, precision: Precision = .f32,
    conditioning: Conditioning? = nil
  ) {
    self.conditioning = conditioning
    self.bundle = bundle
    self.threads = threads
    self.guidance = guidance
    self.plan = plan
    self.residency = residency
    weights = VariantWeights(bundle, precision: precision)
  }

  public var model: ModelDescription { bundle.manifest.model }

  /// - Throws: `BundleError` where the variant is damaged, `RuntimeError` where it cannot be guided.
  public mutating func predictor(logSNR: Double) throws -> (Predictor, Int) {
    let number = number(logSNR: logSNR)
    return (try predictor(ofVariant: number), number)
  }

  public mutating func predictor(
    step: Int, of trajectory: Trajectory
  ) throws -> (Predictor, Int) {
    guard let plan else { return try predictor(logSNR: trajectory.steps[step].logSNR) }
    let planned = plan.plan.steps[step]
    // Nothing is read for a network that is not run.
    if !planned.isNeeded, let current, let known = resident[current] { return (known, current) }
    return (try predictor(ofVariant: planned.variant), planned.variant)
  }

  /// - Throws: `RuntimeError` where the plan is for another trajectory, `BundleError` where the values
  ///   take more memory than the bundle may.
  public func reuse(samples: Int, along trajectory: Trajectory) throws -> RunReuse? {
    guard let plan else { return nil }
    try plan.check(against: trajectory)
    guard plan.uses.counts.taken > 0 else { return nil }
    let forwards = guidance == nil || guidance == 1 ? 1 : 2
    let bytes = plan.byteCount(samples: samples, forwardsPerSample: forwards)
    guard bytes <= bundle.memoryLimit else {
      throw BundleError(
        path: bundle.path,
        reason: .memory(
          what: "reuse for \(samples) samples", needs: bytes, limit: bundle.memoryLimit))
    }
    return RunReuse(
      orders: plan.plan.reuse.orders, forecasts: try forecasts(of: plan.plan),
      memory: plan.memory(samples: samples, forwardsPerSample: forwards))
  }

  private func forecasts(of plan: SamplingPlan) throws(BundleError) -> [[ValueForecast?]] {
    guard let index = plan.forecasts, let channels = bundle.manifest.channels(of: plan)
    else { return [] }
    // The reader has seen to it that the tensor has as many elements as the plan asks for.
    let values = FloatBuffer(try bundle.load(tensor: index)).array
    let maps = try plan.maps.map { maps throws(BundleError) in
      FloatBuffer(try bundle.load(tensor: maps.tensor)).array
    }
    return plan.unpacked(values, maps: maps ?? [], channels)
  }

  /// - Precondition: The bundle has a variant of this number.
  public mutating func predictor(ofVariant number: Int) throws -> Predictor {
    current = number
    if let known = resident[number] { return known }
    if residency != .all { resident = [:] }
    let prefetch = coming
    coming = nil
    // Awaited whatever it reads, so that no more than two variants are ever in memory.
    let ready = try? prefetch?.wait()
    let predictor =
      if let ready, prefetch?.number == number { ready } else { try maker(number, threads) }
    resident[number] = predictor
    return predictor
  }

  public mutating func prepare(step: Int, of trajectory: Trajectory) {
    guard residency != .one, coming == nil else { return }
    let planned = plan?.plan.steps[step]
    if planned?.isNeeded == false { return }
    let number = planned?.variant ?? number(logSNR: trajectory.steps[step].logSNR)
    guard resident[number] == nil else { return }
    let make = maker
    // The step's own work goes on beside it.
    coming = Prefetch(number) { try make(number, 1) }
  }

  private func number(logSNR: Double) -> Int {
    bundle.manifest.variants.lastIndex { $0.logSNRLower <= logSNR } ?? 0
  }

  /// Reads a variant with as many threads as said.
  private var maker: @Sendable (_ number: Int, _ readers: Int) throws -> Predictor {
    { [bundle, weights, threads, guidance, conditioning] number, readers in
      let variant = try bundle.variant(at: number)
      return try Predictor(
        executor: Executor(
          program: variant.program, weights: weights.load(variant, threads: readers),
          threads: threads),
        model: bundle.manifest.model, guidance: guidance, conditioning: conditioning)
    }
  }
}
