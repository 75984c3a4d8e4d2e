internal import CMosaicProto
internal import MosaicCore

extension SchedulerConfig {
  /// Whether the first version of the format has fields for it: the samplers there were.
  var isOfFirstVersion: Bool {
    sampler == SamplerKind(ofClass: className) && sigmas == Sigmas() && solver == Solver()
      && flow == nil
  }

  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Scheduler> {
    let result = arena.message(mosaic__scheduler__init)
    result.pointee.class_name = arena.string(className)
    result.pointee.train_steps = arena.unsigned(trainSteps)
    result.pointee.beta_start = betaStart
    result.pointee.beta_end = betaEnd
    result.pointee.beta_schedule = arena.string(betaSchedule.rawValue)
    result.pointee.n_trained_betas = trainedBetas.count
    result.pointee.trained_betas = arena.array(trainedBetas)
    result.pointee.prediction = arena.string(prediction.rawValue)
    result.pointee.spacing = arena.string(spacing.rawValue)
    result.pointee.steps_offset = Int64(stepsOffset)
    result.pointee.set_alpha_to_one = setAlphaToOne ? 1 : 0
    result.pointee.clips_sample = clipSampleRange == nil ? 0 : 1
    result.pointee.clip_sample_range = clipSampleRange ?? 0
    result.pointee.rescale_betas_zero_snr = rescaleBetasZeroSNR ? 1 : 0
    result.pointee.eta = eta
    // What the first version had no fields for is left out where it says nothing new.
    if sampler != SamplerKind(ofClass: className) {
      result.pointee.sampler = arena.string(sampler.rawValue)
    }
    result.pointee.karras_sigmas = sigmas.isKarras ? 1 : 0
    if sigmas.final != .zero {
      result.pointee.final_sigmas = arena.string(sigmas.final.rawValue)
    }
    if solver != Solver() { result.pointee.solver = solver.message(in: arena) }
    result.pointee.flow = flow?.message(in: arena)
    return result
  }
}

extension SamplerKind {
  /// The sampler that a scheduler without one of its own stands for.
  init(ofClass name: String) {
    self = name == Self.ddpm.className ? .ddpm : .ddim
  }
}

extension SchedulerConfig.Solver {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Solver> {
    let result = arena.message(mosaic__solver__init)
    result.pointee.order = arena.unsigned(order)
    result.pointee.kind = arena.string(kind.rawValue)
    result.pointee.lower_order_final = isLowerOrderFinal ? 1 : 0
    result.pointee.euler_at_final = isEulerAtFinal ? 1 : 0
    result.pointee.least_lambda = leastLambda
    return result
  }
}

extension SchedulerConfig.Flow {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Flow> {
    let result = arena.message(mosaic__flow__init)
    result.pointee.shift = shift
    result.pointee.terminal = terminal ?? 0
    result.pointee.ends_evenly = endsEvenly ? 1 : 0
    guard let dynamicShift else { return result }
    let message = arena.message(mosaic__dynamic_shift__init)
    message.pointee.base_shift = dynamicShift.baseShift
    message.pointee.max_shift = dynamicShift.maxShift
    message.pointee.base_tokens = arena.unsigned(dynamicShift.baseTokens)
    message.pointee.max_tokens = arena.unsigned(dynamicShift.maxTokens)
    message.pointee.image_tokens = arena.unsigned(dynamicShift.imageTokens ?? 0)
    result.pointee.dynamic_shift = message
    return result
  }
}
