internal import CMosaicProto
internal import MosaicCore

extension SchedulerConfig {
  private static let place = "the scheduler"

  init(_ message: Mosaic__Scheduler) throws(BundleError.Reason) {
    let place = Self.place
    let className = text(message.class_name)
    let sampler = text(message.sampler)
    let final = text(message.final_sigmas)
    self.init(
      sampler: sampler.isEmpty ? SamplerKind(ofClass: className) : try known("sampler", sampler),
      className: className, trainSteps: try integer(message.train_steps, place),
      betaStart: message.beta_start, betaEnd: message.beta_end,
      betaSchedule: try known("beta schedule", text(message.beta_schedule)),
      trainedBetas: array(message.trained_betas, message.n_trained_betas),
      prediction: try known("prediction type", text(message.prediction)),
      spacing: try known("timestep spacing", text(message.spacing)),
      stepsOffset: Int(message.steps_offset), setAlphaToOne: message.set_alpha_to_one != 0,
      clipSampleRange: message.clips_sample != 0 ? message.clip_sample_range : nil,
      rescaleBetasZeroSNR: message.rescale_betas_zero_snr != 0, eta: message.eta,
      flow: try message.flow.map { flow throws(BundleError.Reason) in try Flow(flow.pointee) })
    sigmas = Sigmas(
      isKarras: message.karras_sigmas != 0,
      final: final.isEmpty ? .zero : try known("final noise level", final))
    if let stored = message.solver?.pointee { solver = try Solver(stored) }
  }

  /// What the sampler of a stranger's file would trap on, or read in another way than it was meant.
  /// The betas are checked where they are used.
  func checkSampler() throws(BundleError.Reason) {
    let samplers: [SamplerKind] = flow == nil ? SamplerKind.ofBetas : [.flow, .dpmpp2m]
    guard samplers.contains(sampler), (prediction == .flow) == (flow != nil) else {
      throw .inconsistent(
        section: Self.place,
        problem: "\(sampler.rawValue) with \(prediction.rawValue) does not sample "
          + (flow == nil ? "the process of betas" : "a flow"))
    }
    guard flow == nil || sigmas == Sigmas() else {
      throw .inconsistent(section: Self.place, problem: "a flow has no noise levels of betas")
    }
    if let flow, sampler == .dpmpp2m {
      guard flow == Flow(shift: flow.shift) else {
        throw .inconsistent(section: Self.place, problem: "dpmpp2m takes a flow's shift alone")
      }
    }
    guard (1...2).contains(solver.order), !solver.leastLambda.isNaN else {
      throw .inconsistent(
        section: Self.place,
        problem: "its solver has order \(solver.order) and starts at \(solver.leastLambda)")
    }
    do throws(SchedulerError) {
      try flow?.check()
    } catch {
      throw .inconsistent(section: Self.place, problem: "\(error)")
    }
  }
}

private func known<T: RawRepresentable<String>>(
  _ kind: String, _ name: String, as type: T.Type = T.self
) throws(BundleError.Reason) -> T {
  guard let value = T(rawValue: name) else {
    throw .unsupported(kind: kind, name: name, place: "the scheduler")
  }
  return value
}

extension SchedulerConfig.Solver {
  fileprivate init(_ message: Mosaic__Solver) throws(BundleError.Reason) {
    self.init(
      order: try integer(message.order, "the solver"),
      kind: try known("solver type", text(message.kind)),
      isLowerOrderFinal: message.lower_order_final != 0,
      isEulerAtFinal: message.euler_at_final != 0, leastLambda: message.least_lambda)
  }
}

extension SchedulerConfig.Flow {
  fileprivate init(_ message: Mosaic__Flow) throws(BundleError.Reason) {
    self.init(
      shift: message.shift, terminal: message.terminal == 0 ? nil : message.terminal,
      endsEvenly: message.ends_evenly != 0)
    guard let stored = message.dynamic_shift?.pointee else { return }
    let place = "the flow"
    let tokens = try integer(stored.image_tokens, place)
    dynamicShift = DynamicShift(
      baseShift: stored.base_shift, maxShift: stored.max_shift,
      baseTokens: try integer(stored.base_tokens, place),
      maxTokens: try integer(stored.max_tokens, place), imageTokens: tokens == 0 ? nil : tokens)
  }
}
