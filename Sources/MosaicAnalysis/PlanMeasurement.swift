internal import MosaicCore
public import MosaicRuntime

/// What a chosen sequence of networks costs, measured on held-out samples before anybody sees the
/// proof's.
public struct PlanMeasurement: Sendable, Equatable {
  /// Mean squared error of each step's output on the dense state.
  public var ownErrors: [Double]
  /// The mean squared error at the final sample that each step's error comes to alone.
  public var arrivingErrors: [Double]
  /// The sum of all steps' errors at the final sample, mean squared: the prediction.
  public var predictedError: Double
}

extension CalibrationSubject {
  /// Measures each step's own error with the network that will run there, carries it to the final
  /// sample, and adds what arrives.
  ///
  /// - Parameter network: The network of a step; nil for the dense one, which costs nothing.
  public func measurePlan(
    on base: DenseTrajectories, progress: ProgressHandler, network: (Int) -> Predictor?
  ) throws -> PlanMeasurement {
    var outputs = [[Float]](repeating: [], count: trajectory.steps.count)
    var own = [Double](repeating: 0, count: trajectory.steps.count)
    for (step, info) in trajectory.steps.enumerated() where info.needsForward {
      guard let pruned = network(step) else { continue }
      outputs[step] = pruned.predict(
        states: base.states[step], timestep: info.timestep, labels: base.labels)
      own[step] = meanSquare(outputs[step], base.outputs[step])
    }
    let deltas = try propagate(outputs, in: base, stage: "prediction", progress: progress)
    let gram = gramMatrix(deltas)
    return PlanMeasurement(
      ownErrors: own,
      arrivingErrors: own.indices.map { gram[$0 * own.count + $0] },
      predictedError: max(0, gram.reduce(0, +)))
  }
}
