import Testing

@testable import MosaicCore

@Suite struct SchedulerConfigTests {
  static func config(
    _ json: JSONValue, sampler: SamplerKind? = nil
  ) throws(SchedulerError) -> SchedulerConfig {
    try SchedulerConfig(json: json, file: "scheduler_config.json", sampler: sampler)
  }

  /// As diffusers writes it, every field there.
  static let stableDiffusion: JSONValue = [
    "_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": false,
    "clip_sample_range": 1.0, "dynamic_thresholding_ratio": 0.995, "num_train_timesteps": 1000,
    "prediction_type": "epsilon", "rescale_betas_zero_snr": false, "sample_max_value": 1.0,
    "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "thresholding": false,
    "timestep_spacing": "leading", "trained_betas": nil,
  ]

  @Test func readsWhatDiffusersWrites() throws {
    let config = try Self.config(Self.stableDiffusion)
    #expect(
      config
        == SchedulerConfig(
          betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear, stepsOffset: 1,
          setAlphaToOne: false))
  }

  @Test func defaultsAreTheClassesOwn() throws {
    #expect(
      try Self.config(["_class_name": "DDIMScheduler"]) == SchedulerConfig(clipSampleRange: 1))
    #expect(
      try Self.config(["_class_name": "DDPMScheduler", "variance_type": "fixed_small"])
        == SchedulerConfig(sampler: .ddpm, clipSampleRange: 1))
  }

  @Test func honoursEveryField() throws {
    let config = try Self.config([
      "_class_name": "DDIMScheduler", "num_train_timesteps": 3, "trained_betas": [0.1, 0.2, 0.3],
      "prediction_type": "v_prediction", "timestep_spacing": "trailing", "steps_offset": 2,
      "rescale_betas_zero_snr": true, "clip_sample": true, "clip_sample_range": 2.5,
      "beta_schedule": "squaredcos_cap_v2",
    ])
    #expect(
      config
        == SchedulerConfig(
          trainSteps: 3, betaSchedule: .squaredCosine, trainedBetas: [0.1, 0.2, 0.3],
          prediction: .velocity, spacing: .trailing, stepsOffset: 2, clipSampleRange: 2.5,
          rescaleBetasZeroSNR: true))
  }

  @Test func ddimTakesOtherSamplersNoise() throws {
    let euler: JSONValue = [
      "_class_name": "EulerDiscreteScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear",
      "beta_start": 0.00085, "final_sigmas_type": "zero", "interpolation_type": "linear",
      "prediction_type": "epsilon", "steps_offset": 1, "timestep_spacing": "leading",
      "use_karras_sigmas": true,
    ]
    #expect(
      try Self.config(euler, sampler: .ddim)
        == SchedulerConfig(
          betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear, stepsOffset: 1))
    #expect(
      try Self.config(["_class_name": "UniPCMultistepScheduler"], sampler: .ddim).spacing
        == .linspace)
    #expect(
      try !Self.config(["_class_name": "PNDMScheduler"], sampler: .ddim).setAlphaToOne)
    let ddpm = try Self.config(
      ["_class_name": "DDPMScheduler", "variance_type": "learned_range"], sampler: .ddim)
    #expect(ddpm == SchedulerConfig(clipSampleRange: 1))
    #expect(try Self.config([:], sampler: .ddim) == SchedulerConfig(clipSampleRange: 1))
  }

  static let unsupported: [(JSONValue, String)] = [
    (
      ["_class_name": "EulerAncestralDiscreteScheduler"],
      "EulerAncestralDiscreteScheduler is not supported; "
        + "give --sampler to sample its noise schedule with ddim, ddpm, euler, dpmpp2m"
    ),
    (
      ["_class_name": "FlowMatchHeunDiscreteScheduler"],
      "FlowMatchHeunDiscreteScheduler is not supported; use DDIMScheduler, DDPMScheduler, "
        + "EulerDiscreteScheduler, DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler"
    ),
    (
      ["_class_name": "DDIMScheduler", "beta_schedule": "sigmoid"],
      "beta_schedule is 'sigmoid', which is not supported; "
        + "use one of linear, scaled_linear, squaredcos_cap_v2"
    ),
    (
      ["_class_name": "DDIMScheduler", "prediction_type": "flow_prediction"],
      "prediction_type is 'flow_prediction', which is not supported; "
        + "use one of epsilon, sample, v_prediction"
    ),
    (
      ["_class_name": "DDIMScheduler", "timestep_spacing": "karras"],
      "timestep_spacing is 'karras', which is not supported; "
        + "use one of leading, trailing, linspace"
    ),
    (
      ["_class_name": "DDIMScheduler", "thresholding": true],
      "thresholding is true, which is not supported; use false"
    ),
    (
      ["_class_name": "DDPMScheduler", "variance_type": "learned_range"],
      "variance_type is \"learned_range\", which is not supported; use \"fixed_small\""
    ),
    (
      ["_class_name": "DDPMScheduler", "set_alpha_to_one": false],
      "set_alpha_to_one is false, which is not supported; use true"
    ),
    (
      ["_class_name": "DDIMScheduler", "use_karras_sigmas": true],
      "use_karras_sigmas is true, which is not supported; use false"
    ),
    (
      ["_class_name": "DDIMScheduler", "snr_shift_scale": 3.0],
      "field 'snr_shift_scale' is not known; remove it if the sampler does not need it"
    ),
    (
      ["_class_name": "DDIMScheduler", "variance_type": "fixed_small"],
      "field 'variance_type' is not known; remove it if the sampler does not need it"
    ),
  ]

  @Test(arguments: unsupported)
  func refusesByName(json: JSONValue, message: String) {
    let error = #expect(throws: SchedulerError.self) { try Self.config(json) }
    #expect(error?.description == "scheduler_config.json: " + message)
    #expect(error?.exitStatus == .unsupported)
  }

  static let bad: [(JSONValue, String)] = [
    ([1, 2], "the file is an array; expected an object"),
    (
      [:],
      "_class_name is missing; expected a class as DDIMScheduler, or --sampler"
    ),
    (["_class_name": 3], "_class_name is 3; expected a string"),
    (
      ["_class_name": "DDIMScheduler", "num_train_timesteps": 0],
      "num_train_timesteps is 0; expected an integer of 1 or more"
    ),
    (
      ["_class_name": "DDIMScheduler", "num_train_timesteps": 4_000_000_000],
      "num_train_timesteps is 4000000000; expected 1 to 1000000"
    ),
    (
      ["_class_name": "DDIMScheduler", "steps_offset": -1],
      "steps_offset is -1; expected an integer of 0 or more"
    ),
    (
      ["_class_name": "DDIMScheduler", "clip_sample": "no"],
      "clip_sample is \"no\"; expected true or false"
    ),
    (
      ["_class_name": "DDIMScheduler", "clip_sample_range": 0],
      "clip_sample_range is 0.0; expected a number above 0"
    ),
    (
      ["_class_name": "DDIMScheduler", "beta_end": 1.5],
      "beta_end is 1.5; expected numbers above 0 and below 1"
    ),
    (
      ["_class_name": "DDIMScheduler", "beta_start": nil],
      "beta_start is null; expected a number"
    ),
    (
      ["_class_name": "DDIMScheduler", "trained_betas": [0.1, "x"]],
      "trained_betas is [0.1,\"x\"]; expected a list of numbers"
    ),
    (
      ["_class_name": "DDIMScheduler", "trained_betas": []],
      "trained_betas is []; expected a list of numbers"
    ),
    (
      ["_class_name": "DDIMScheduler", "trained_betas": [0.1]],
      "trained_betas is a list of 1; expected one for each of the 1000 num_train_timesteps"
    ),
  ]

  @Test(arguments: bad)
  func refusesBadValues(json: JSONValue, message: String) {
    let error = #expect(throws: SchedulerError.self) { try Self.config(json) }
    #expect(error?.description == "scheduler_config.json: " + message)
    #expect(error?.exitStatus == .badConfiguration)
  }

  @Test func refusesSamplersThatAreNotThere() {
    let error = #expect(throws: SchedulerError.self) {
      try Self.config(Self.stableDiffusion, sampler: .flow)
    }
    #expect(
      error?.description
        == "scheduler_config.json: the noise of DDIMScheduler cannot be sampled with flow; "
        + "use ddim, ddpm, euler, dpmpp2m")
    #expect(error?.exitStatus == .unsupported)
  }

  /// Thresholding is shared by the samplers, so `ddim` may not pass over it.
  @Test func ddimStillRefusesThresholding() {
    #expect(throws: SchedulerError.self) {
      try Self.config(
        ["_class_name": "DPMSolverMultistepScheduler", "thresholding": true], sampler: .ddim)
    }
  }
}
