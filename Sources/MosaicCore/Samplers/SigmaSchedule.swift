#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A noise schedule told as sigma = sqrt((1 - a) / a), rising with the timestep.
struct SigmaSchedule {
  /// One for each step of training. Float32 like diffusers', whose first levels carry its rounding.
  let sigmas: [Double]
  private let logarithms: [Double]

  init(_ schedule: NoiseSchedule) {
    let levels = schedule.alphasCumulative.map { ((1 - Float($0)) / Float($0)).squareRoot() }
    sigmas = levels.map(Double.init)
    logarithms = levels.map { Double(log($0)) }
  }

  /// Between two timesteps the level is linear in them.
  func sigma(at timestep: Double) -> Double {
    let low = min(max(Int(timestep.rounded(.down)), 0), sigmas.count - 1)
    let high = min(low + 1, sigmas.count - 1)
    return sigmas[low] + (timestep - Double(low)) * (sigmas[high] - sigmas[low])
  }

  /// The timestep of a level, between two of training linear in the level's logarithm.
  func timestep(of sigma: Double) -> Double {
    let logarithm = log(max(sigma, 1e-10))
    // The last level that is not above this one.
    var (low, end) = (0, max(logarithms.count - 1, 1))
    while end - low > 1 {
      let middle = (low + end) / 2
      if logarithms[middle] <= logarithm { low = middle } else { end = middle }
    }
    let high = min(low + 1, logarithms.count - 1)
    let distance = logarithms[high] - logarithms[low]
    let place = distance > 0 ? (logarithm - logarithms[low]) / distance : 0
    return Double(low) + min(max(place, 0), 1)
  }

  /// Levels evenly spaced in their seventh root.
  ///
  /// Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
  /// NeurIPS 2022, equation 5.
  static func karras(from largest: Double, to least: Double, count: Int) -> [Double] {
    let rho = 7.0
    let (first, last) = (pow(largest, 1 / rho), pow(least, 1 / rho))
    return (0..<count).map { index in
      // The ends are set, not computed.
      if index == 0 { return largest }
      if index == count - 1 { return least }
      return pow(first + Double(index) / Double(count - 1) * (last - first), rho)
    }
  }
}
