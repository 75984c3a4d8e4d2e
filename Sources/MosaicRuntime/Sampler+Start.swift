internal import MosaicCore

/// Where a run begins that is not to start from noise alone: at a later step, from images.
public struct LaterStart: Sendable, Equatable {
  /// [n, channels, height, width], as a run of the sampler gives them.
  public var images: [Float]
  public var shape: [Int]
  /// Index of the first step that is carried out.
  public var step: Int

  public init(images: [Float], shape: [Int], step: Int) {
    self.images = images
    self.shape = shape
    self.step = step
  }
}

extension Sampler {
  /// The states that images have on the way to noise, at the noise level of a step.
  ///
  /// - Parameters:
  ///   - images: Clean samples [samples, state].
  ///   - noise: Unit noise, as long.
  /// - Throws: `RuntimeError.Reason.startOutside` for a step that the trajectory does not have,
  ///   `.startUnsupported` where the sampler needs the steps before.
  public func start(
    noise: [Float], images: [Float], step: Int
  ) throws(RuntimeError) -> SamplerState {
    guard trajectory.steps.indices.contains(step) else {
      throw RuntimeError(.startOutside(step: step, steps: trajectory.steps.count))
    }
    guard !trajectory.isMultistep || step == 0 else { throw RuntimeError(.startUnsupported) }
    precondition(noise.count == images.count, "images and noise differ in length")
    let (signal, spread) = gains(ofStep: step)
    return SamplerState(
      states: zip(images, noise).map { Float(signal * Double($0) + spread * Double($1)) },
      history: trajectory.isMultistep ? [Float](repeating: 0, count: noise.count) : [])
  }

  /// What images and noise are multiplied by in the sampler's own scale.
  private func gains(ofStep step: Int) -> (signal: Double, noise: Double) {
    let (alpha, scale) = (trajectory.steps[step].alpha, trajectory.steps[step].inputScale)
    guard trajectory.prediction == .flow else {
      return (alpha.squareRoot() / scale, (1 - alpha).squareRoot() / scale)
    }
    // Flow matching's gains add up to 1, and alpha is the signal's share of their squares.
    let (signal, spread) = (alpha.squareRoot(), (1 - alpha).squareRoot())
    return (signal / (signal + spread), spread / (signal + spread))
  }
}
