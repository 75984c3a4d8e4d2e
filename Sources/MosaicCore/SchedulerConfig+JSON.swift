extension SchedulerConfig {
  /// Reads diffusers' `scheduler_config.json`: every field is honoured or refused by name, but for
  /// names that begin with an underscore.
  ///
  /// - Parameters:
  ///   - file: The file's name, for messages.
  ///   - sampler: What the user asks for, or nil for the class's own sampler. A sampler also takes
  ///     configs of other samplers of the same noise process: the shared fields count, and what
  ///     only the named class understands is passed over.
  /// - Throws: `SchedulerError` at the first field that cannot be honoured, or that gives no noise
  ///   schedule.
  ///
  /// Source: the constructors of diffusers 0.42, whose defaults differ by class.
  public init(
    json: JSONValue, file: String, sampler: SamplerKind? = nil
  ) throws(SchedulerError) {
    var fields = try SchedulerFields(json, file: file)
    let className = try fields.string("_class_name")
    let (chosen, family) = try SchedulerFamily.choose(
      className: className, sampler: sampler, file: file)
    self.init(sampler: chosen)
    trainSteps = try fields.integer("num_train_timesteps", atLeast: 1) ?? trainSteps
    if chosen == .flow {
      try readFlow(&fields)
    } else {
      try readBetas(&fields)
      spacing = try fields.choice("timestep_spacing") ?? family.spacing
      stepsOffset = try fields.integer("steps_offset", atLeast: 0) ?? 0
      try fields.refuse("thresholding", unless: false)
    }
    switch chosen {
    case .ddim, .ddpm: try readClipping(&fields, family, isOwn: family.sampler == chosen)
    case .euler: try readEuler(&fields)
    case .dpmpp2m: try readSolver(&fields)
    case .flow: break
    }
    if flow == nil {
      prediction =
        try fields.choice("prediction_type", among: Prediction.variancePreserving) ?? prediction
    }
    if className == nil || family.sampler == chosen { try fields.refuseTheRest() }
    do throws(SchedulerError) {
      try check()
    } catch {
      throw SchedulerError(file: file, error.reason)
    }
  }

  /// - Throws: `SchedulerError` where no noise level can be had from the fields.
  private func check() throws(SchedulerError) {
    guard let flow else {
      _ = try NoiseSchedule(self)
      return
    }
    try NoiseSchedule.checkTrainSteps(trainSteps)
    try flow.check()
  }

  private mutating func readBetas(_ fields: inout SchedulerFields) throws(SchedulerError) {
    betaStart = try fields.number("beta_start") ?? betaStart
    betaEnd = try fields.number("beta_end") ?? betaEnd
    betaSchedule = try fields.choice("beta_schedule") ?? betaSchedule
    trainedBetas = try fields.numbers("trained_betas") ?? []
    rescaleBetasZeroSNR = try fields.bool("rescale_betas_zero_snr") ?? false
  }

  private mutating func readClipping(
    _ fields: inout SchedulerFields, _ family: SchedulerFamily, isOwn: Bool
  ) throws(SchedulerError) {
    setAlphaToOne = try fields.bool("set_alpha_to_one") ?? family.setAlphaToOne
    let range = try fields.number("clip_sample_range") ?? 1
    guard range > 0 else { throw fields.bad("clip_sample_range", "\(range)", "a number above 0") }
    clipSampleRange = try fields.bool("clip_sample") ?? family.clipSample ? range : nil
    guard sampler == .ddpm else { return }
    if isOwn {
      // DDPM always ends at the clean sample.
      if !setAlphaToOne { throw fields.unsupported("set_alpha_to_one", "false", "true") }
      try fields.refuse("variance_type", unless: "fixed_small")
    }
    setAlphaToOne = true
  }
}
