extension SchedulerConfig {
  /// Reads diffusers' `scheduler_config.json`: every field is honoured or refused by name, but for
  /// names that begin with an underscore.
  ///
  /// - Parameters:
  ///   - file: The file's name, for messages.
  ///   - sampler: What the user asks for, or nil for the class's own sampler. `ddim` also takes
  ///     configs of other samplers of the same noise process: the shared fields count, and what
  ///     only the named class understands is passed over.
  /// - Throws: `SchedulerError` at the first field that cannot be honoured, or that gives no noise
  ///   schedule.
  ///
  /// Source: the constructors of diffusers 0.42, whose defaults differ by class.
  public init(json: JSONValue, file: String, sampler: String? = nil) throws(SchedulerError) {
    var fields = try SchedulerFields(json, file: file)
    let family = try SchedulerFamily(
      className: try fields.string("_class_name"), sampler: sampler, file: file)
    self.init(className: family.className, eta: family.eta)

    trainSteps = try fields.integer("num_train_timesteps", atLeast: 1) ?? trainSteps
    betaStart = try fields.number("beta_start") ?? betaStart
    betaEnd = try fields.number("beta_end") ?? betaEnd
    betaSchedule = try fields.choice("beta_schedule") ?? betaSchedule
    trainedBetas = try fields.numbers("trained_betas") ?? []
    rescaleBetasZeroSNR = try fields.bool("rescale_betas_zero_snr") ?? false
    prediction = try fields.choice("prediction_type") ?? prediction
    spacing = try fields.choice("timestep_spacing") ?? family.spacing
    stepsOffset = try fields.integer("steps_offset", atLeast: 0) ?? 0
    setAlphaToOne = try fields.bool("set_alpha_to_one") ?? family.setAlphaToOne
    let range = try fields.number("clip_sample_range") ?? 1
    clipSampleRange = try fields.bool("clip_sample") ?? family.clipSample ? range : nil

    try fields.refuse("thresholding", unless: false)
    guard range > 0 else { throw fields.bad("clip_sample_range", "\(range)", "a number above 0") }
    if family.className == "DDPMScheduler" {
      // DDPM always ends at the clean sample.
      guard setAlphaToOne else {
        throw SchedulerError(
          file: file,
          .unsupportedValue(field: "set_alpha_to_one", found: "false", supported: "true"))
      }
      try fields.refuse("variance_type", unless: "fixed_small")
    }
    if !family.isForeign { try fields.refuseTheRest() }
    do {
      _ = try NoiseSchedule(self)
    } catch {
      throw SchedulerError(file: file, error.reason)
    }
  }
}

/// What a scheduler class stands for where its config leaves fields out.
private struct SchedulerFamily {
  var className = "DDIMScheduler"
  var eta = 0.0
  var spacing = SchedulerConfig.Spacing.leading
  var setAlphaToOne = true
  var clipSample = true
  /// Whether the config is of a class that is not carried out, read for its shared fields.
  var isForeign = false

  /// Samplers of the same noise process whose timesteps are spaced evenly by default.
  private static let evenlySpaced: Set<String> = [
    "DEISMultistepScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler", "LMSDiscreteScheduler",
    "UniPCMultistepScheduler",
  ]

  init(className name: String?, sampler: String?, file: String) throws(SchedulerError) {
    if let sampler, sampler != "ddim" {
      throw SchedulerError(file: file, .unsupportedSampler(sampler))
    }
    switch (name, sampler) {
    case ("DDIMScheduler", _), (nil, .some):
      break
    case ("DDPMScheduler", nil):
      className = "DDPMScheduler"
      eta = 1
    case ("DDPMScheduler", .some):
      isForeign = true
    case ("PNDMScheduler", .some):
      (setAlphaToOne, clipSample, isForeign) = (false, false, true)
    case (let name?, .some) where SchedulerFamily.evenlySpaced.contains(name):
      (spacing, clipSample, isForeign) = (.linspace, false, true)
    case (let name?, _):
      let hasFields = name == "PNDMScheduler" || SchedulerFamily.evenlySpaced.contains(name)
      throw SchedulerError(file: file, .unsupportedClass(name, hasFields: hasFields))
    case (nil, nil):
      throw SchedulerError(
        file: file,
        .badValue(
          field: "_class_name", found: "missing",
          expected: "DDIMScheduler or DDPMScheduler, or --sampler ddim"))
    }
  }
}
