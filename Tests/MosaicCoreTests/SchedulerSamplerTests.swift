import Testing

@testable import MosaicCore

/// The configs of Euler, DPM-Solver++ and flow matching, and samplers other than the class's own.
@Suite struct SchedulerSamplerTests {
  static func config(
    _ json: JSONValue, sampler: SamplerKind? = nil
  ) throws(SchedulerError) -> SchedulerConfig {
    try SchedulerConfig(json: json, file: "scheduler_config.json", sampler: sampler)
  }

  /// As published for Stable Diffusion XL, leftovers of other samplers there.
  static let euler: JSONValue = [
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": true,
    "interpolation_type": "linear", "num_train_timesteps": 1000, "prediction_type": "epsilon",
    "sample_max_value": 1.0, "set_alpha_to_one": false, "skip_prk_steps": true,
    "steps_offset": 1, "timestep_spacing": "leading", "trained_betas": nil,
    "use_karras_sigmas": false,
  ]

  /// As diffusers writes it, every field there.
  static let solver: JSONValue = [
    "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++",
    "beta_end": 0.02, "beta_schedule": "linear", "beta_start": 0.0001,
    "dynamic_thresholding_ratio": 0.995, "euler_at_final": true, "final_sigmas_type": "sigma_min",
    "flow_shift": 1.0, "lambda_min_clipped": "-Infinity", "lower_order_final": false,
    "num_train_timesteps": 1000, "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": false, "sample_max_value": 1.0, "solver_order": 2,
    "solver_type": "heun", "steps_offset": 0, "thresholding": false,
    "time_shift_type": "exponential", "timestep_spacing": "trailing", "trained_betas": nil,
    "use_beta_sigmas": false, "use_dynamic_shifting": false, "use_exponential_sigmas": false,
    "use_flow_sigmas": false, "use_karras_sigmas": true, "use_lu_lambdas": false,
    "variance_type": "learned_range",
  ]

  static let flux: JSONValue = [
    "_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256,
    "base_shift": 0.5, "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000,
    "shift": 3.0, "use_dynamic_shifting": true,
  ]

  @Test func readsEuler() throws {
    var expected = SchedulerConfig(
      sampler: .euler, betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear,
      stepsOffset: 1)
    #expect(try Self.config(Self.euler) == expected)
    expected.spacing = .linspace
    expected = SchedulerConfig(sampler: .euler, spacing: .linspace)
    #expect(try Self.config(["_class_name": "EulerDiscreteScheduler"]) == expected)
  }

  @Test func readsSolver() throws {
    var expected = SchedulerConfig(
      sampler: .dpmpp2m, prediction: .velocity, spacing: .trailing)
    expected.sigmas = .init(isKarras: true, final: .least)
    expected.solver = .init(kind: .heun, isLowerOrderFinal: false, isEulerAtFinal: true)
    #expect(try Self.config(Self.solver) == expected)
    #expect(
      try Self.config(["_class_name": "DPMSolverMultistepScheduler"])
        == SchedulerConfig(sampler: .dpmpp2m, spacing: .linspace))
    let other = try Self.config([
      "_class_name": "DPMSolverMultistepScheduler", "solver_order": 1, "solver_type": "bh2",
      "algorithm_type": "deis", "lambda_min_clipped": -5.1,
    ])
    #expect(other.solver == .init(order: 1, leastLambda: -5.1))
  }

  @Test func readsFlows() throws {
    let plain = try Self.config([
      "_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0, "shift_terminal": nil,
      "stochastic_sampling": false, "invert_sigmas": false, "use_karras_sigmas": false,
      "use_dynamic_shifting": false, "base_shift": nil, "time_shift_type": "linear",
    ])
    #expect(
      plain == SchedulerConfig(sampler: .flow, prediction: .flow, flow: .init(shift: 3)))
    let flux = try Self.config(Self.flux)
    #expect(
      flux.flow
        == .init(shift: 3, dynamicShift: .init(), endsEvenly: true))
    let solver = try Self.config([
      "_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true, "flow_shift": 3.0,
      "prediction_type": "flow_prediction",
    ])
    #expect(solver.flow == .init(shift: 3) && solver.sampler == .dpmpp2m)
  }

  /// The size of the image is the caller's to say.
  @Test func dynamicShiftAsksForTheImage() throws {
    var flux = try Self.config(Self.flux)
    let error = #expect(throws: SchedulerError.self) { try Trajectory(config: flux, steps: 4) }
    #expect(
      error?.description
        == "scheduler: use_dynamic_shifting needs the number of tokens of an image; "
        + "give --image-tokens")
    #expect(error?.exitStatus == .usage)
    flux.flow?.dynamicShift?.imageTokens = 4096
    #expect(try Trajectory(config: flux, steps: 4).steps.count == 4)
  }

  /// As diffusers makes one scheduler of another's config: shared fields count, and what the first
  /// does not know is the second's default.
  @Test func samplersTakeOthersNoise() throws {
    let ddim = SchedulerConfigTests.stableDiffusion
    #expect(
      try Self.config(ddim, sampler: .euler)
        == SchedulerConfig(
          sampler: .euler, betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear,
          stepsOffset: 1))
    #expect(try Self.config(Self.euler, sampler: .dpmpp2m).solver == .init())
    #expect(try Self.config(Self.solver, sampler: .euler).sigmas.isKarras)
    #expect(try Self.config(Self.solver, sampler: .ddim).eta == 0)
    #expect(try Self.config(Self.euler, sampler: .ddpm).eta == 1)
    let unknown: JSONValue = [
      "_class_name": "UniPCMultistepScheduler", "solver_order": 2, "solver_type": "bh2",
      "predict_x0": true,
    ]
    #expect(
      try Self.config(unknown, sampler: .dpmpp2m)
        == SchedulerConfig(sampler: .dpmpp2m, spacing: .linspace))
  }

  @Test(arguments: SamplerKind.ofBetas) func configsWalkWithAnotherSampler(
    sampler: SamplerKind
  ) throws {
    let config = try Self.config(SchedulerConfigTests.stableDiffusion).sampled(with: sampler)
    #expect(config.sampler == sampler && config.className == sampler.className)
    #expect(config.eta == (sampler == .ddpm ? 1 : 0))
    #expect(try Trajectory(config: config, steps: 5).steps.count == 5)
    #expect(throws: SchedulerError.self) { try config.sampled(with: .flow) }
    let flow = try Self.config(["_class_name": "FlowMatchEulerDiscreteScheduler"])
    let error = #expect(throws: SchedulerError.self) { try flow.sampled(with: sampler) }
    #expect(
      error?.description
        == "scheduler: the noise of FlowMatchEulerDiscreteScheduler cannot be sampled with "
        + "\(sampler.rawValue); use flow")
  }

  private static func refused(
    _ name: String, _ field: String, _ value: JSONValue, _ supported: String
  ) -> (JSONValue, String) {
    var object = JSONObject([("_class_name", JSONValue(name))])
    object[field] = value
    return (
      .object(object),
      "\(field) is \(value.string.map { "'\($0)'" } ?? value.text()), which is not supported; "
        + "use \(supported)"
    )
  }

  static let unsupported: [(JSONValue, String)] = {
    let solver = "DPMSolverMultistepScheduler"
    let flow = "FlowMatchEulerDiscreteScheduler"
    return [
      refused(solver, "algorithm_type", "sde-dpmsolver++", "dpmsolver++"),
      refused(solver, "algorithm_type", "dpmsolver", "dpmsolver++"),
      refused(solver, "solver_order", 3, "1 or 2"),
      refused(solver, "solver_type", "euler", "midpoint or heun"),
      refused(solver, "thresholding", true, "false"),
      refused(solver, "use_lu_lambdas", true, "false"),
      refused(solver, "use_exponential_sigmas", true, "false"),
      refused(solver, "use_dynamic_shifting", true, "false"),
      refused(
        solver, "prediction_type", "flow_prediction", "one of epsilon, sample, v_prediction"),
      refused("EulerDiscreteScheduler", "use_beta_sigmas", true, "false"),
      refused("EulerDiscreteScheduler", "final_sigmas_type", "most", "one of zero, sigma_min"),
      refused(flow, "stochastic_sampling", true, "false"),
      refused(flow, "invert_sigmas", true, "false"),
      refused(flow, "use_karras_sigmas", true, "false"),
      (
        ["_class_name": "EulerDiscreteScheduler", "interpolation_type": "log_linear"],
        "interpolation_type is \"log_linear\", which is not supported; use \"linear\""
      ),
      (
        ["_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous"],
        "timestep_type is \"continuous\", which is not supported; use \"discrete\""
      ),
      (
        ["_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "sigma_max": 80.0],
        "sigma_max is 80.0, which is not supported; use null"
      ),
      (
        [
          "_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true,
          "time_shift_type": "linear",
        ],
        "time_shift_type is \"linear\", which is not supported; use \"exponential\""
      ),
      (
        [
          "_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true,
          "use_karras_sigmas": true,
        ],
        "use_karras_sigmas is true, which is not supported; use false with use_flow_sigmas"
      ),
      (
        [
          "_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true,
          "final_sigmas_type": "sigma_min",
        ],
        "final_sigmas_type is 'sigma_min', which is not supported; use zero with use_flow_sigmas"
      ),
      (
        ["_class_name": "FlowMatchEulerDiscreteScheduler", "beta_start": 0.1],
        "field 'beta_start' is not known; remove it if the sampler does not need it"
      ),
    ]
  }()

  @Test(arguments: unsupported) func refusesByName(json: JSONValue, message: String) {
    let error = #expect(throws: SchedulerError.self) { try Self.config(json) }
    #expect(error?.description == "scheduler_config.json: " + message)
    #expect(error?.exitStatus == .unsupported)
  }

  static let bad: [(JSONValue, String)] = [
    (["shift": 0], "shift is 0.0; expected a number above 0"),
    (["shift": "3"], "shift is \"3\"; expected a number"),
    (["shift_terminal": 1.5], "shift_terminal is 1.5; expected a time between 0 and 1"),
    (
      ["use_dynamic_shifting": true, "base_image_seq_len": 4096],
      "base_image_seq_len is 4096; expected a count below max_image_seq_len 4096"
    ),
    (["num_train_timesteps": 0], "num_train_timesteps is 0; expected an integer of 1 or more"),
    (
      ["num_train_timesteps": 2_000_000], "num_train_timesteps is 2000000; expected 1 to 1000000"
    ),
  ]

  @Test(arguments: bad) func refusesBadFlows(json: JSONValue, message: String) throws {
    var object = try #require(json.object)
    object["_class_name"] = "FlowMatchEulerDiscreteScheduler"
    let error = #expect(throws: SchedulerError.self) { try Self.config(.object(object)) }
    #expect(error?.description == "scheduler_config.json: " + message)
    #expect(error?.exitStatus == .badConfiguration)
  }

  static let impossible: [(SchedulerConfig, Int, String)] = {
    var clipped = SchedulerConfig(sampler: .dpmpp2m, spacing: .trailing)
    clipped.solver.leastLambda = -2
    var nothing = SchedulerConfig(sampler: .dpmpp2m)
    nothing.solver.leastLambda = .infinity
    return [
      (
        SchedulerConfig(sampler: .euler), 1001,
        "steps is 1001; expected 1 to 1000, the num_train_timesteps"
      ),
      (
        SchedulerConfig(sampler: .dpmpp2m, spacing: .linspace), 1000,
        "steps is 1000; expected 1 to 999, to which num_train_timesteps and lambda_min_clipped lead"
      ),
      (
        SchedulerConfig(sampler: .dpmpp2m, stepsOffset: 950), 20,
        "steps is 20 from steps_offset 950; "
          + "expected fewer, because the first timestep would lie beyond 999"
      ),
      (
        clipped, 10,
        "lambda_min_clipped is -2.0, which is not supported; use -Infinity with trailing timesteps"
      ),
      (
        nothing, 1,
        "lambda_min_clipped is inf; expected a number that leaves timesteps of the 1000"
      ),
      (
        SchedulerConfig(sampler: .flow, prediction: .flow, flow: .init(terminal: 0.1)), 1,
        "steps is 1; expected 2 or more with shift_terminal"
      ),
      (
        SchedulerConfig(sampler: .euler, eta: 0.5), 4,
        "eta is 0.5; expected 0, because euler adds no noise"
      ),
      (
        SchedulerConfig(sampler: .flow), 4,
        "sampler is flow; expected a sampler of the config's betas"
      ),
      (
        SchedulerConfig(prediction: .flow), 4,
        "prediction_type is flow_prediction; expected epsilon, sample or v_prediction, "
          + "because the noise schedule has betas"
      ),
      (
        SchedulerConfig(sampler: .flow, flow: .init()), 4,
        "prediction_type is epsilon; expected flow_prediction, because the process is a flow"
      ),
      (
        SchedulerConfig(sampler: .euler, prediction: .flow, flow: .init()), 4,
        "EulerDiscreteScheduler samples a flow, which has no betas; leave out what needs them"
      ),
    ]
  }()

  /// Trajectories are refused with the field that gives none, and never trap.
  @Test(arguments: impossible)
  func refusesTrajectoriesThatAreNone(config: SchedulerConfig, steps: Int, message: String) {
    let error = #expect(throws: SchedulerError.self) {
      try Trajectory(config: config, steps: steps)
    }
    #expect(error?.description == "scheduler: " + message)
  }

  @Test func pythonWordsAreReadWhereTheyMayStand() throws {
    let text = Array(#"{"lambda_min_clipped": -Infinity, "a": [NaN, Infinity, -1]}"#.utf8)
    let json = try text.withUnsafeBytes { try JSONValue(parsing: $0, pythonWords: true) }
    #expect(json == ["lambda_min_clipped": "-Infinity", "a": ["NaN", "Infinity", -1]])
    #expect(throws: JSONError.self) { try text.withUnsafeBytes { try JSONValue(parsing: $0) } }
    for bad in ["-Inf", "[N]", "Infinit", "--Infinity"] {
      #expect(throws: JSONError.self) {
        try Array(bad.utf8).withUnsafeBytes { try JSONValue(parsing: $0, pythonWords: true) }
      }
    }
  }
}
