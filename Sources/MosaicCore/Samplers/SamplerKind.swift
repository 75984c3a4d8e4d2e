/// How a trajectory is walked.
public enum SamplerKind: String, Sendable, CaseIterable {
  case ddim
  /// DDIM with eta 1 and the timesteps of diffusers' DDPM.
  case ddpm
  case euler
  /// DPM-Solver++, second order, multistep.
  case dpmpp2m
  /// Euler along the straight paths of flow matching.
  case flow

  /// Those of a variance preserving process, told by betas.
  public static let ofBetas: [Self] = [.ddim, .ddpm, .euler, .dpmpp2m]

  /// diffusers' class of this sampler.
  public var className: String {
    switch self {
    case .ddim: "DDIMScheduler"
    case .ddpm: "DDPMScheduler"
    case .euler: "EulerDiscreteScheduler"
    case .dpmpp2m: "DPMSolverMultistepScheduler"
    case .flow: "FlowMatchEulerDiscreteScheduler"
    }
  }

  /// Whether noise may be added in the course of it: whether eta means something.
  public var isStochastic: Bool { self == .ddim || self == .ddpm }
}
