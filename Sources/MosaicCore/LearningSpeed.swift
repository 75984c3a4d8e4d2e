/// How fast a diffusion network learns at each timestep, by the closed form of MosaicDiff: the
/// growth of the distance between a noised sample and the clean one.
///
/// Source: MosaicDiff, ICCV 2025, arXiv:2510.11962, theorem 1.
public enum LearningSpeed {
  /// Share of the highest score from which learning counts as fast.
  public static let defaultThreshold = 0.55

  /// g(t) = MSE(t) - MSE(t - 1) with MSE(t) = (1 - sqrt(a_t))² m2 + 1 - a_t.
  ///
  /// - Parameters:
  ///   - alphas: Cumulative alphas of t = 1, 2, …, T; that of t = 0 is 1.
  ///   - secondMoment: m2 = E[x0²] per element.
  /// - Returns: T values; index 0 is t = 1.
  public static func growth(alphas: [Double], secondMoment: Double) -> [Double] {
    var previous = 1.0
    return alphas.map { alpha in
      let change = alpha - previous
      let rootChange = previous.squareRoot() - alpha.squareRoot()
      previous = alpha
      return (change + 2 * rootChange) * secondMoment - change
    }
  }

  /// `growth` as a share of its highest value; zeros where nothing grows.
  public static func scores(alphas: [Double], secondMoment: Double) -> [Double] {
    let growth = growth(alphas: alphas, secondMoment: secondMoment)
    guard let highest = growth.max(), highest > 0 else {
      return growth.map { _ in 0 }
    }
    return growth.map { $0 / highest }
  }

  /// The contiguous run of indices around the highest score where scores reach `threshold`: what
  /// is noisier (later indices) and what is cleaner (earlier ones) is learned slowly, and either
  /// may be empty.
  ///
  /// - Returns: The run, or nil where `scores` is empty.
  public static func fastRange(
    of scores: [Double], threshold: Double = defaultThreshold
  ) -> Range<Int>? {
    guard let peak = scores.indices.max(by: { scores[$0] < scores[$1] }) else { return nil }
    var (lower, upper) = (peak, peak + 1)
    while lower > 0, scores[lower - 1] >= threshold { lower -= 1 }
    while upper < scores.count, scores[upper] >= threshold { upper += 1 }
    return lower..<upper
  }
}
