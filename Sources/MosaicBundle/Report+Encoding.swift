internal import CMosaicProto

extension Manifest.Schedule {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Schedule> {
    let result = arena.message(mosaic__schedule__init)
    result.pointee.kind = arena.string(kind)
    result.pointee.criterion = arena.string(criterion)
    result.pointee.budget = budget
    result.pointee.influence = arena.string(influence)
    result.pointee.sampler = arena.string(sampler)
    result.pointee.steps = arena.unsigned(steps)
    result.pointee.guidance = guidance
    result.pointee.n_per_step = perStep.count
    result.pointee.per_step = arena.list(perStep) { step in
      let message = arena.message(mosaic__schedule_step__init)
      message.pointee.timestep = step.timestep
      message.pointee.log_snr = step.logSNR
      message.pointee.variant = arena.unsigned(step.variant)
      message.pointee.sparsity = step.sparsity
      message.pointee.influence = step.influence
      message.pointee.predicted_error = step.predictedError
      return message
    }
    return result
  }
}

extension Manifest.SensitivityCurve {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__SensitivityCurve> {
    let result = arena.message(mosaic__sensitivity_curve__init)
    result.pointee.step = arena.unsigned(step)
    result.pointee.n_sparsities = sparsities.count
    result.pointee.sparsities = arena.array(sparsities)
    result.pointee.n_errors = errors.count
    result.pointee.errors = arena.array(errors)
    return result
  }
}

extension Manifest.Proof {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Proof> {
    let result = arena.message(mosaic__proof__init)
    result.pointee.parity_max_relative = parityMaxRelative
    result.pointee.parity_op_samples_max = parityOpSamplesMax
    result.pointee.compared_with_original = comparedWithOriginal ? 1 : 0
    result.pointee.samples = arena.unsigned(samples)
    result.pointee.predicted_mse = predictedMSE
    result.pointee.measured_mse = measuredMSE
    result.pointee.standard_error = standardError
    result.pointee.median = median
    result.pointee.uniform_measured_mse = uniformMeasuredMSE
    result.pointee.dense_macs = arena.unsigned(denseMACs)
    result.pointee.mosaic_macs = arena.unsigned(mosaicMACs)
    result.pointee.uniform_macs = arena.unsigned(uniformMACs)
    return result
  }
}
