/// A sampler's steps, noisiest first. Without clipping every step is affine in the state and in
/// the network's output: x ← A x + B f + C noise.
///
/// The first state is unit noise: these samplers scale it by 1.
///
/// Source: Song, Meng and Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, equations 12
/// and 16; which timestep follows which is diffusers' choice for each class.
public struct Trajectory: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    /// What the network is told.
    public var timestep: Int
    /// ln(a / (1 - a)) at `timestep`; -inf where no signal is left.
    public var logSNR: Double
    /// The cumulative alpha a at `timestep`.
    public var alpha: Double
    /// That of the state the step leads to.
    public var nextAlpha: Double
    /// A.
    public var stateGain: Double
    /// B.
    public var outputGain: Double
    /// C, 0 where the step is deterministic.
    public var noiseGain: Double
    /// False where the network's output leaves the next state as it is.
    public var needsForward: Bool

    public init(
      timestep: Int, logSNR: Double, alpha: Double, nextAlpha: Double, stateGain: Double,
      outputGain: Double, noiseGain: Double, needsForward: Bool
    ) {
      self.timestep = timestep
      self.logSNR = logSNR
      self.alpha = alpha
      self.nextAlpha = nextAlpha
      self.stateGain = stateGain
      self.outputGain = outputGain
      self.noiseGain = noiseGain
      self.needsForward = needsForward
    }
  }

  public let steps: [Step]
  public let prediction: SchedulerConfig.Prediction
  /// The predicted x0 is clipped to ± this value, or nil.
  public let clipRange: Double?
  /// Whether the noise direction follows from the clipped x0, as in DDPM, or stays the network's
  /// own, as in DDIM. They differ only where clipping happens.
  public let rederivesNoise: Bool

  /// - Parameters:
  ///   - steps: Network calls, 1 to the steps of training.
  ///   - eta: Share of DDPM's noise, 0 to 1; nil takes the config's.
  /// - Throws: `SchedulerError` where the config has no noise schedule, or not these steps.
  public init(
    config: SchedulerConfig, steps count: Int, eta: Double? = nil
  ) throws(SchedulerError) {
    let alphas = try NoiseSchedule(config).alphasCumulative
    let eta = eta ?? config.eta
    guard (0...1).contains(eta) else {
      throw SchedulerError(.badValue(field: "eta", found: "\(eta)", expected: "0 to 1"))
    }
    let isDDPM = config.className == "DDPMScheduler"
    let timesteps = try Trajectory.timesteps(config, count: count)
    let finalAlpha = isDDPM || config.setAlphaToOne ? 1 : alphas[0]
    var made: [Step] = []
    for (index, timestep) in timesteps.enumerated() {
      // DDIM steps down by T / count whatever the spacing; DDPM to the timestep that comes next.
      let following = index + 1 < timesteps.count ? timesteps[index + 1] : -1
      let next = isDDPM ? following : timestep - config.trainSteps / count
      let alpha = alphas[timestep]
      guard alpha > 0 || config.prediction != .epsilon else {
        throw SchedulerError(
          .badValue(
            field: "prediction_type", found: "epsilon",
            expected:
              "v_prediction or sample, because no signal is left at timestep \(timestep)"))
      }
      made.append(
        Step(
          prediction: config.prediction, timestep: timestep, alpha: alpha,
          nextAlpha: next >= 0 ? alphas[next] : finalAlpha, eta: eta,
          isClipped: config.clipSampleRange != nil))
    }
    steps = made
    prediction = config.prediction
    clipRange = config.clipSampleRange
    rederivesNoise = isDDPM
  }
}

extension Trajectory.Step {
  fileprivate init(
    prediction: SchedulerConfig.Prediction, timestep: Int, alpha: Double, nextAlpha: Double,
    eta: Double, isClipped: Bool
  ) {
    let reading = OutputReading(prediction, alpha: alpha)
    // Alphas fall with the timesteps, so the variance is negative by rounding only.
    let variance = max(0, (1 - nextAlpha) / (1 - alpha) * (1 - alpha / nextAlpha))
    let noiseGain = eta * variance.squareRoot()
    let directionGain = Self.directionGain(nextAlpha: nextAlpha, noiseGain: noiseGain)
    let sampleGain = nextAlpha.squareRoot()
    // A step that stays where it is has B = 0 by algebra; rounding must not hide that.
    let isStill = alpha == nextAlpha
    let outputGain =
      isStill ? 0 : sampleGain * reading.sampleOfOutput + directionGain * reading.noiseOfOutput
    self.init(
      timestep: timestep, logSNR: NoiseSchedule.logSNR(alpha), alpha: alpha, nextAlpha: nextAlpha,
      stateGain: isStill
        ? 1 : sampleGain * reading.sampleOfState + directionGain * reading.noiseOfState,
      outputGain: outputGain, noiseGain: noiseGain, needsForward: isClipped || outputGain != 0)
  }

  /// Gain of the predicted noise in the next state: what fresh noise leaves of its noise.
  fileprivate static func directionGain(nextAlpha: Double, noiseGain: Double) -> Double {
    max(0, 1 - nextAlpha - noiseGain * noiseGain).squareRoot()
  }
}

/// The clean sample and the noise that a state and a network output stand for, both linear.
struct OutputReading {
  let sampleOfState: Double
  let sampleOfOutput: Double
  let noiseOfState: Double
  let noiseOfOutput: Double

  init(_ prediction: SchedulerConfig.Prediction, alpha: Double) {
    let signal = alpha.squareRoot()
    let noise = (1 - alpha).squareRoot()
    switch prediction {
    case .epsilon:
      (sampleOfState, sampleOfOutput, noiseOfState, noiseOfOutput) = (
        1 / signal, -noise / signal, 0, 1
      )
    case .sample:
      (sampleOfState, sampleOfOutput, noiseOfState, noiseOfOutput) = (
        0, 1, 1 / noise, -signal / noise
      )
    case .velocity:
      (sampleOfState, sampleOfOutput, noiseOfState, noiseOfOutput) = (signal, -noise, noise, signal)
    }
  }
}

extension Trajectory {
  /// One update of `state` in place: x ← A x + B f + C noise, or with clipping through the
  /// predicted x0. Computed in double with one rounding an element.
  ///
  /// - Parameters:
  ///   - step: Index into `steps`.
  ///   - output: The network's output, as long as `state`. Not read where `needsForward` is false.
  ///   - noise: Unit noise as long as `state`; required where `noiseGain` is not 0.
  public func advance(
    step index: Int, state: UnsafeMutableBufferPointer<Float>, output: UnsafePointer<Float>,
    noise: UnsafePointer<Float>?
  ) {
    let step = steps[index]
    precondition(step.noiseGain == 0 || noise != nil, "a step with noise gets none")
    if let clipRange {
      advanceClipped(step, range: clipRange, state: state, output: output)
    } else if step.needsForward {
      for element in state.indices {
        state[element] = Float(
          step.stateGain * Double(state[element]) + step.outputGain * Double(output[element]))
      }
    } else if step.stateGain != 1 {
      for element in state.indices {
        state[element] = Float(step.stateGain * Double(state[element]))
      }
    }
    if step.noiseGain != 0, let noise {
      for element in state.indices {
        state[element] = Float(Double(state[element]) + step.noiseGain * Double(noise[element]))
      }
    }
  }

  private func advanceClipped(
    _ step: Step, range: Double, state: UnsafeMutableBufferPointer<Float>,
    output: UnsafePointer<Float>
  ) {
    let reading = OutputReading(prediction, alpha: step.alpha)
    let direction = Step.directionGain(nextAlpha: step.nextAlpha, noiseGain: step.noiseGain)
    let sampleGain = step.nextAlpha.squareRoot()
    let signal = step.alpha.squareRoot()
    let noiseScale = (1 - step.alpha).squareRoot()
    for element in state.indices {
      let x = Double(state[element])
      let f = Double(output[element])
      let predicted = reading.sampleOfState * x + reading.sampleOfOutput * f
      let sample = min(max(predicted, -range), range)
      let noise =
        rederivesNoise
        ? (x - signal * sample) / noiseScale
        : reading.noiseOfState * x + reading.noiseOfOutput * f
      state[element] = Float(sampleGain * sample + direction * noise)
    }
  }
}
