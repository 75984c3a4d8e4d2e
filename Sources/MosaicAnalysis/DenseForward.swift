internal import MosaicBundle
internal import MosaicCore
internal import MosaicLowering
internal import MosaicRuntime

extension CalibrationSubject {
  /// The dense network's output at a step; empty where the sampler does not use it.
  ///
  /// - Throws: `RuntimeError.Reason.nonFinite`, naming the step and the operation.
  func denseOutput(
    _ state: SamplerState, _ labels: [Int32], step: Int, captures: [Executor.Capture] = []
  ) throws -> [Float] {
    let info = trajectory.steps[step]
    guard info.needsForward else { return [] }
    let output = forward(predictor, [state], labels, step: step, captures: captures)
    guard output.allSatisfy(\.isFinite) else {
      throw RuntimeError(
        .nonFinite(
          step: step, steps: trajectory.steps.count, timestep: info.timestep,
          operation: try firstNonFiniteOperation(state, labels, step: step)))
    }
    return output
  }

  /// The operation whose result is the first that is not finite, for messages.
  private func firstNonFiniteOperation(
    _ state: SamplerState, _ labels: [Int32], step: Int
  ) throws -> String? {
    let program = predictor.executor.program
    let batch = labels.count * predictor.forwardsPerSample
    var culprit: String?
    // One operand at a time: this is the way out, and memory may be what is short.
    for (index, instruction) in program.instructions.enumerated() {
      let operand = program.values[instruction.inputs[0]]
      guard case .arena = operand.storage else { continue }
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(
        capacity: operand.shape.reduce(1, *) * batch)
      buffer.initialize(repeating: 0)
      defer { buffer.deallocate() }
      guard let base = buffer.baseAddress else { continue }
      _ = forward(
        predictor, [state], labels, step: step,
        captures: [Executor.Capture(instruction: index, destination: base)])
      if !buffer.allSatisfy(\.isFinite) {
        culprit = operand.name
        break
      }
    }
    return culprit ?? program.values.first { $0.storage == .output }?.name
  }
}
