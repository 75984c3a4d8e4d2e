extension Trajectory {
  /// One update of `state` in place: x ← A x + B f + H h + C noise, or with clipping through the
  /// predicted x0. Computed in double with one rounding an element.
  ///
  /// - Parameters:
  ///   - index: Index into `steps`.
  ///   - output: The network's output, as long as `state`; not read where `needsForward` is false.
  ///   - history: What the step before kept, as long as `state`: replaced by what this one keeps.
  ///     Required where `isMultistep`.
  ///   - noise: Unit noise as long as `state`; required where `noiseGain` is not 0.
  public func advance(
    step index: Int, state: UnsafeMutableBufferPointer<Float>, output: UnsafePointer<Float>?,
    history: UnsafeMutablePointer<Float>? = nil, noise: UnsafePointer<Float>? = nil
  ) {
    let step = steps[index]
    precondition(step.noiseGain == 0 || noise != nil, "a step with noise gets none")
    precondition(!isMultistep || history != nil, "a multistep sampler has no history")
    // What is not read is not looked at: it may hold anything.
    let output = step.needsForward ? output : nil
    precondition(output != nil || !step.needsForward, "a step lacks the network's output")
    if let history, isMultistep {
      advance(step, state: state, output: output, history: history)
    } else if let clipping, let output {
      advance(step, clipping, state: state, output: output)
    } else if let output {
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

  private func advance(
    _ step: Step, state: UnsafeMutableBufferPointer<Float>, output: UnsafePointer<Float>?,
    history: UnsafeMutablePointer<Float>
  ) {
    for element in state.indices {
      let x = Double(state[element])
      let f = output.map { Double($0[element]) } ?? 0
      // The first step finds nothing kept: 0 times anything would not do.
      let kept = step.historyGain == 0 ? 0 : step.historyGain * Double(history[element])
      history[element] = Float(step.keptOfState * x + step.keptOfOutput * f)
      state[element] = Float(step.stateGain * x + step.outputGain * f + kept)
    }
  }

  private func advance(
    _ step: Step, _ clipping: Clipping, state: UnsafeMutableBufferPointer<Float>,
    output: UnsafePointer<Float>
  ) {
    let signal = step.alpha.squareRoot()
    let noiseScale = (1 - step.alpha).squareRoot()
    let reading = OutputReading(prediction, signal: signal, noise: noiseScale)
    let direction = Step.directionGain(nextAlpha: step.nextAlpha, noiseGain: step.noiseGain)
    let sampleGain = step.nextAlpha.squareRoot()
    for element in state.indices {
      let x = Double(state[element])
      let f = Double(output[element])
      let predicted = reading.sampleOfState * x + reading.sampleOfOutput * f
      let sample = min(max(predicted, -clipping.range), clipping.range)
      let noise =
        clipping.rederivesNoise
        ? (x - signal * sample) / noiseScale
        : reading.noiseOfState * x + reading.noiseOfOutput * f
      state[element] = Float(sampleGain * sample + direction * noise)
    }
  }
}
