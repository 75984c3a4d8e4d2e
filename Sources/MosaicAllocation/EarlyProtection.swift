/// The policy of sparing early steps, for those who want the same picture rather than an equally
/// good one: where the data has separate modes, errors made in noise decide which of them is
/// reached, and no second moment of the error shows it.
public enum EarlyProtection {
  /// Factors for `AllocationRequest.stepFactors`: the squared error of steps in the noisiest third of
  /// the trajectory's log-SNR counts `strength` times as much.
  ///
  /// A third of the log-SNR and not of the steps, so that their spacing does not matter. On the
  /// linear schedule it ends near t = 700, before fast learning begins; and unlike the speed of
  /// learning it is there for every noise schedule.
  ///
  /// - Parameters:
  ///   - strength: 1 changes nothing; below 1 early steps are spared less.
  ///   - logSNR: Of each step, noisiest first; infinite ones count to their end of the rest.
  /// - Returns: One factor of amplitude a step, √strength or 1.
  /// - Throws: `AllocationError.badMeasurement`.
  public static func factors(
    strength: Double, logSNR: [Double]
  ) throws(AllocationError) -> [Double] {
    guard strength > 0, strength.isFinite else {
      throw .badMeasurement(
        what: "protection of early steps", problem: "\(strength) is not a finite number above 0")
    }
    guard !logSNR.contains(where: \.isNaN) else {
      throw .badMeasurement(what: "log-SNR of the steps", problem: "not all of them are numbers")
    }
    let finite = logSNR.filter(\.isFinite)
    guard let noisiest = finite.min(), let cleanest = finite.max() else {
      return logSNR.map { _ in 1 }
    }
    let end = noisiest + (cleanest - noisiest) / 3
    return logSNR.map { $0 < end ? strength.squareRoot() : 1 }
  }
}
