internal import MosaicCore

/// What is to be sampled.
public struct SampleRequest: Sendable {
  public var count = 1
  /// Classes taken in turn; empty draws them from the seed.
  public var classes: [Int] = []
  public var seed: UInt64 = 0
  /// Noise to start from, [n, channels, height, width] with its shape, in place of the seed's.
  public var noise: (values: [Float], shape: [Int])?
  /// Where the run begins at a later step, from as many images as noise is given or drawn for.
  public var later: LaterStart?
  /// Classes of the given noise, [n].
  public var labels: [Int]?

  public init() {}
}

/// Samples, with what they were made from.
public struct SampleResult: Sendable {
  /// [n, channels, height, width].
  public var images: [Float]
  public var shape: [Int]
  /// Classes, or rows of the conditioning.
  public var labels: [Int32]
  public var noise: [Float]
  /// What the network was told, one for each step.
  public var timesteps: [Double]
  /// One report for each step.
  public var steps: [StepReport]

  public var seconds: Double { steps.reduce(0) { $0 + $1.seconds } }
}

extension Sampler {
  /// Samples what `request` asks for, each step with the network that serves it.
  ///
  /// - Throws: `RuntimeError` for classes and shapes that do not fit the network.
  public func run(
    _ request: SampleRequest, with denoiser: inout some Denoiser,
    progress: (StepReport) throws -> Void = { _ in }
  ) throws -> SampleResult {
    let model = denoiser.model
    let (noise, count) = try start(of: request, model)
    if let later = request.later, later.shape != [count] + model.sampleShape {
      throw RuntimeError(
        .inputShape(name: "images", expected: [count] + model.sampleShape, found: later.shape))
    }
    let labels = try labels(of: request, count: count, model, denoiser.conditioning)
    var reports: [StepReport] = []
    var networks = denoiser
    let isWhole = request.later == nil
    defer { denoiser = networks }
    let images = try sample(
      noise: noise, labels: labels, from: request.later,
      // What a plan takes from earlier steps is not there when they are left out.
      reuse: isWhole ? try networks.reuse(samples: count, along: trajectory) : nil,
      predictor: { step in
        guard isWhole else {
          return try networks.predictor(logSNR: trajectory.steps[step].logSNR)
        }
        let found = try networks.predictor(step: step, of: trajectory)
        // Far enough ahead that a variant is there when it is needed.
        for coming in trajectory.steps.indices.dropFirst(step + 1).prefix(3) {
          networks.prepare(step: coming, of: trajectory)
        }
        return found
      },
      progress: {
        reports.append($0)
        try progress($0)
      })
    return SampleResult(
      images: images, shape: [count] + model.sampleShape, labels: labels, noise: noise,
      timesteps: trajectory.steps.map(\.timestep), steps: reports)
  }

  private func start(
    of request: SampleRequest, _ model: ModelDescription
  ) throws(RuntimeError) -> (noise: [Float], count: Int) {
    guard let given = request.noise else {
      return (
        Self.noise(
          seed: request.seed, samples: request.count, stateSize: model.sampleCount),
        request.count
      )
    }
    guard given.shape.count == model.sampleShape.count + 1, given.shape[0] > 0,
      Array(given.shape.dropFirst()) == model.sampleShape
    else {
      throw RuntimeError(
        .inputShape(name: "noise", expected: [-1] + model.sampleShape, found: given.shape))
    }
    return (given.values, given.shape[0])
  }

  private func labels(
    of request: SampleRequest, count: Int, _ model: ModelDescription,
    _ conditioning: Conditioning?
  ) throws(RuntimeError) -> [Int32] {
    guard model.classInput != nil || conditioning != nil else {
      return [Int32](repeating: 0, count: count)
    }
    let known =
      conditioning?.rowCount ?? max(model.classCount, (model.nullClass ?? -1) + 1)
    if let given = request.labels, request.classes.isEmpty {
      guard given.count == count else {
        throw RuntimeError(.inputShape(name: "labels", expected: [count], found: [given.count]))
      }
      return try check(given, below: known)
    }
    guard !request.classes.isEmpty else {
      return Self.labels(
        seed: request.seed, samples: count, of: model, conditioning: conditioning)
    }
    return try check(
      (0..<count).map { request.classes[$0 % request.classes.count] }, below: known)
  }

  private func check(_ labels: [Int], below count: Int) throws(RuntimeError) -> [Int32] {
    for label in labels where !(0..<count).contains(label) {
      throw RuntimeError(.classOutside(label, count: count))
    }
    return labels.map { Int32($0) }
  }
}
