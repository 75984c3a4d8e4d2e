// The fields that Euler, DPM-Solver++ and flow matching have of their own.

extension SchedulerConfig {
  /// Leftovers of DDIM that published configs of other samplers carry, and that mean nothing there.
  private static let leftovers = ["clip_sample", "clip_sample_range", "set_alpha_to_one"]

  private mutating func readSigmas(_ fields: inout SchedulerFields) throws(SchedulerError) {
    sigmas.isKarras = try fields.bool("use_karras_sigmas") ?? false
    sigmas.final = try fields.choice("final_sigmas_type") ?? .zero
    for field in ["use_exponential_sigmas", "use_beta_sigmas"] {
      try fields.refuse(field, unless: false)
    }
    for field in ["sigma_min", "sigma_max"] {
      // They bound Karras levels alone.
      if sigmas.isKarras { try fields.refuse(field, unless: nil) }
    }
    fields.passOver(Self.leftovers + ["sigma_min", "sigma_max"])
  }

  mutating func readEuler(_ fields: inout SchedulerFields) throws(SchedulerError) {
    try readSigmas(&fields)
    try fields.refuse("interpolation_type", unless: "linear")
    try fields.refuse("timestep_type", unless: "discrete")
  }

  mutating func readSolver(_ fields: inout SchedulerFields) throws(SchedulerError) {
    try readSigmas(&fields)
    solver.order = try fields.integer("solver_order", atLeast: 1) ?? 2
    guard solver.order <= 2 else {
      throw fields.unsupported("solver_order", "\(solver.order)", "1 or 2")
    }
    solver.isLowerOrderFinal = try fields.bool("lower_order_final") ?? true
    solver.isEulerAtFinal = try fields.bool("euler_at_final") ?? false
    solver.leastLambda = try fields.unboundedNumber("lambda_min_clipped") ?? -.infinity
    let algorithm = try fields.string("algorithm_type") ?? "dpmsolver++"
    guard ["dpmsolver++", "deis"].contains(algorithm) else {
      throw fields.unsupported("algorithm_type", "'\(algorithm)'", "dpmsolver++")
    }
    let kind = try fields.string("solver_type") ?? "midpoint"
    // diffusers takes the types of other solvers for midpoint.
    let isForeign = ["logrho", "bh1", "bh2"].contains(kind)
    guard let known = isForeign ? .midpoint : Solver.Kind(rawValue: kind) else {
      throw fields.unsupported("solver_type", "'\(kind)'", "midpoint or heun")
    }
    solver.kind = known
    try fields.refuse("use_lu_lambdas", unless: false)
    try fields.refuse("use_dynamic_shifting", unless: false)
    let shift = try fields.number("flow_shift") ?? 1
    if try fields.bool("use_flow_sigmas") ?? false {
      try readSolverFlow(&fields, shift: shift)
    }
    // The learned variance is cut off before the sampler sees it.
    fields.passOver(["variance_type", "time_shift_type"])
  }

  /// DPM-Solver++ along a flow.
  private mutating func readSolverFlow(
    _ fields: inout SchedulerFields, shift: Double
  ) throws(SchedulerError) {
    flow = Flow(shift: shift)
    prediction = try fields.choice("prediction_type", among: [.flow]) ?? .flow
    guard !sigmas.isKarras else {
      throw fields.unsupported("use_karras_sigmas", "true", "false with use_flow_sigmas")
    }
    guard sigmas.final == .zero else {
      throw fields.unsupported("final_sigmas_type", "'sigma_min'", "zero with use_flow_sigmas")
    }
  }

  mutating func readFlow(_ fields: inout SchedulerFields) throws(SchedulerError) {
    prediction = .flow
    var made = Flow(shift: try fields.number("shift") ?? 1)
    let terminal = try fields.numberOrNull("shift_terminal")
    made.terminal = terminal == 0 ? nil : terminal
    let isDynamic = try fields.bool("use_dynamic_shifting") ?? false
    var dynamic = Flow.DynamicShift()
    dynamic.baseShift = try fields.numberOrNull("base_shift") ?? dynamic.baseShift
    dynamic.maxShift = try fields.numberOrNull("max_shift") ?? dynamic.maxShift
    dynamic.baseTokens =
      try fields.integer("base_image_seq_len", atLeast: 1) ?? dynamic.baseTokens
    dynamic.maxTokens = try fields.integer("max_image_seq_len", atLeast: 1) ?? dynamic.maxTokens
    if isDynamic {
      made.dynamicShift = dynamic
      // The pipelines that shift by the image's size say where the steps end.
      made.endsEvenly = true
      try fields.refuse("time_shift_type", unless: "exponential")
    }
    let refused = [
      "invert_sigmas", "stochastic_sampling", "use_karras_sigmas", "use_exponential_sigmas",
      "use_beta_sigmas",
    ]
    for field in refused { try fields.refuse(field, unless: false) }
    fields.passOver(["time_shift_type"])
    flow = made
  }
}
