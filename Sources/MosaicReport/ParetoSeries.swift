/// One way to spend fewer multiply-accumulates, at several budgets.
public struct ParetoSeries: Sendable, Equatable {
  public var name: String
  /// In any order; drawn by rising cost.
  public var points: [Point]
  /// Whether it is what the others have to beat, as dense with fewer steps: drawn dashed.
  public var isBaseline: Bool

  public init(name: String, points: [Point], isBaseline: Bool = false) {
    self.name = name
    self.points = points
    self.isBaseline = isBaseline
  }

  public struct Point: Sendable, Equatable {
    /// Share of the dense run's multiply-accumulates.
    public var macShare: Double
    /// Mean squared error of the final sample against dense.
    public var error: Estimate
    /// What a scoring command said, as a number to draw.
    public var score: Double?
    /// What a scoring command said, as it said it; the table shows this before `score`.
    public var scoreText: String?

    public init(
      macShare: Double, error: Estimate, score: Double? = nil, scoreText: String? = nil
    ) {
      self.macShare = macShare
      self.error = error
      self.score = score
      self.scoreText = scoreText
    }
  }
}
