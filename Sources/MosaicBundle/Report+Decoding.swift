internal import CMosaicProto
internal import MosaicProto

extension Manifest.Schedule {
  init(_ message: Mosaic__Schedule) throws(BundleError.Reason) {
    let place = "the schedule"
    self.init(
      kind: text(message.kind), criterion: text(message.criterion), budget: message.budget,
      influence: text(message.influence), sampler: text(message.sampler),
      steps: try integer(message.steps, place), guidance: message.guidance)
    for step in list(message.per_step, message.n_per_step) {
      perStep.append(
        Step(
          timestep: step.timestep, logSNR: step.log_snr,
          variant: try integer(step.variant, place), sparsity: step.sparsity,
          influence: step.influence, predictedError: step.predicted_error))
    }
  }
}

extension Manifest.SensitivityCurve {
  init(_ message: Mosaic__SensitivityCurve) throws(BundleError.Reason) {
    self.init(
      step: try integer(message.step, "the sensitivity"),
      sparsities: array(message.sparsities, message.n_sparsities),
      errors: array(message.errors, message.n_errors))
  }
}

extension Manifest.Proof {
  init(_ message: Mosaic__Proof) throws(BundleError.Reason) {
    let place = "the proof"
    self.init(
      parityMaxRelative: message.parity_max_relative,
      parityOpSamplesMax: message.parity_op_samples_max,
      comparedWithOriginal: message.compared_with_original != 0,
      samples: try integer(message.samples, place), predictedMSE: message.predicted_mse,
      measuredMSE: message.measured_mse, standardError: message.standard_error,
      median: message.median, uniformMeasuredMSE: message.uniform_measured_mse,
      denseMACs: try integer(message.dense_macs, place),
      mosaicMACs: try integer(message.mosaic_macs, place),
      uniformMACs: try integer(message.uniform_macs, place))
  }
}
