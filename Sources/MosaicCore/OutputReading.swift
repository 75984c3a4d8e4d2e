/// The clean sample and the noise that a state `x = signal x0 + noise e` and a network output stand
/// for, both linear.
struct OutputReading {
  let sampleOfState: Double
  let sampleOfOutput: Double
  let noiseOfState: Double
  let noiseOfOutput: Double

  /// - Precondition: The squares of `signal` and `noise` add up to 1, or with flow prediction the two
  ///   themselves. Readings that divide by a 0 are infinite.
  init(_ prediction: SchedulerConfig.Prediction, signal: Double, noise: Double) {
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
    case .flow:
      (sampleOfState, sampleOfOutput, noiseOfState, noiseOfOutput) = (1, -noise, 1, signal)
    }
  }
}
