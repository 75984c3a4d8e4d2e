/// How long one step's forward takes for one sample, as a function of its sparsity:
/// fixed + prunable (1 − s) milliseconds.
public struct LatencyModel: Sendable, Equatable {
  /// A network that was timed.
  public struct Point: Sendable, Equatable {
    public var sparsity: Double
    /// For one sample.
    public var milliseconds: Double

    public init(sparsity: Double, milliseconds: Double) {
      self.sparsity = sparsity
      self.milliseconds = milliseconds
    }
  }

  /// What was measured.
  public let points: [Point]
  /// What it was measured on, in words; empty where nobody said.
  public let machine: String
  /// Milliseconds that no sparsity saves.
  public let fixed: Double
  /// Milliseconds that sparsity 1 would save.
  public let prunable: Double

  /// Fits fixed and prunable, both 0 or more, by least squares.
  ///
  /// - Parameter points: Timed networks, of at least two sparsities.
  /// - Throws: `AllocationError.badMeasurement`.
  public init(points: [Point], machine: String = "") throws(AllocationError) {
    for (index, point) in points.enumerated() {
      guard point.sparsity >= 0, point.sparsity <= 1 else {
        throw .badMeasurement(
          what: "timing \(index)", problem: "sparsity \(point.sparsity) is not within 0 and 1")
      }
      guard point.milliseconds > 0, point.milliseconds.isFinite else {
        throw .badMeasurement(
          what: "timing \(index)",
          problem: "\(point.milliseconds) ms is not a finite time above 0")
      }
    }
    guard let first = points.first, points.contains(where: { $0.sparsity != first.sparsity })
    else {
      throw .badMeasurement(
        what: "timings", problem: "a cost model needs networks of two sparsities or more")
    }
    self.points = points
    self.machine = machine
    (fixed, prunable) = Self.fit(points)
  }

  /// With two unknowns the non-negative least squares solution is the plain one, or else the best
  /// of those with one of them 0: the one whose sign was wrong.
  private static func fit(_ points: [Point]) -> (fixed: Double, prunable: Double) {
    let count = Double(points.count)
    let kept = points.map { 1 - $0.sparsity }
    let times = points.map(\.milliseconds)
    let meanKept = kept.reduce(0, +) / count
    let meanTime = times.reduce(0, +) / count
    var covariance = 0.0
    var variance = 0.0
    for (share, time) in zip(kept, times) {
      covariance += (share - meanKept) * (time - meanTime)
      variance += (share - meanKept) * (share - meanKept)
    }
    let slope = covariance / variance
    if slope <= 0 { return (meanTime, 0) }
    let offset = meanTime - slope * meanKept
    if offset >= 0 { return (offset, slope) }
    var product = 0.0
    var square = 0.0
    for (share, time) in zip(kept, times) {
      product += share * time
      square += share * share
    }
    return (0, product / square)
  }

  public func milliseconds(at sparsity: Double) -> Double { fixed + prunable * (1 - sparsity) }

  /// The largest |fitted − measured| / measured.
  public var largestError: Double { relativeErrors.map(abs).max() ?? 0 }

  /// The root mean square of (fitted − measured) / measured.
  public var rootMeanSquareError: Double {
    let squares = relativeErrors.reduce(0) { $0 + $1 * $1 }
    return (squares / Double(points.count)).squareRoot()
  }

  private var relativeErrors: [Double] {
    points.map { (milliseconds(at: $0.sparsity) - $0.milliseconds) / $0.milliseconds }
  }

  /// The time of each step of one sample's run.
  ///
  /// - Parameter needsForward: For each step, whether the sampler uses its forward; the others take
  ///   no time.
  /// - Throws: `AllocationError.badMeasurement` where no step needs its forward.
  public func costs(needsForward: [Bool]) throws(AllocationError) -> CostModel {
    try CostModel(
      fixed: needsForward.map { $0 ? fixed : 0 },
      prunable: needsForward.map { $0 ? prunable : 0 })
  }
}
