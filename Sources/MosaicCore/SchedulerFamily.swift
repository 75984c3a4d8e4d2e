/// What a scheduler class stands for where its config leaves fields out.
struct SchedulerFamily {
  /// The class's own sampler, where it is one of ours.
  let sampler: SamplerKind?
  var spacing = SchedulerConfig.Spacing.leading
  var setAlphaToOne = true
  var clipSample = true

  /// Samplers of the same noise process whose timesteps are spaced evenly by default, and which do
  /// not clip.
  private static let evenlySpaced: Set<String> = [
    "DEISMultistepScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler", "LMSDiscreteScheduler",
    "UniPCMultistepScheduler",
  ]

  /// nil for a class nobody here knows the fields of.
  init?(className: String) {
    sampler = SamplerKind.allCases.first { $0.className == className }
    if Self.evenlySpaced.contains(className) {
      (spacing, clipSample) = (.linspace, false)
    } else if className == "PNDMScheduler" {
      (setAlphaToOne, clipSample) = (false, false)
    } else if sampler == nil {
      return nil
    }
  }

  /// Samplers that can walk the noise process of the class.
  var samplers: [SamplerKind] { sampler == .flow ? [.flow] : SamplerKind.ofBetas }

  /// What is to be sampled with, and what the config's class stands for.
  static func choose(
    className: String?, sampler: SamplerKind?, file: String
  ) throws(SchedulerError) -> (sampler: SamplerKind, family: SchedulerFamily) {
    guard let name = className ?? sampler?.className else {
      throw SchedulerError(
        file: file,
        .badValue(
          field: "_class_name", found: "missing",
          expected: "a class as DDIMScheduler, or --sampler"))
    }
    guard let family = SchedulerFamily(className: name) else {
      throw SchedulerError(file: file, .unsupportedClass(name, hasFields: false))
    }
    guard let chosen = sampler ?? family.sampler else {
      throw SchedulerError(file: file, .unsupportedClass(name, hasFields: true))
    }
    guard family.samplers.contains(chosen) else {
      throw SchedulerError(
        file: file, .unsupportedSampler(chosen, className: name, supported: family.samplers))
    }
    return (chosen, family)
  }
}
