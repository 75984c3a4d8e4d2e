/// A consumer after some of its columns were removed.
public struct ConsumerRefit: Sendable, Equatable {
  /// `[outputs, columns kept]`, row-major.
  public let weight: [Float]
  /// What the consumer's bias gains, `[outputs]`: `(W - W') μ`, the mean of what is lost.
  public let biasChange: [Float]
  /// `tr((W - W') Hc (W - W')ᵀ)` with the damped covariance; NaN where no statistics judged it.
  public let loss: Double

  public init(weight: [Float], biasChange: [Float], loss: Double) {
    self.weight = weight
    self.biasChange = biasChange
    self.loss = loss
  }

  /// The consumer `weight` [outputs, columns] without the columns `removed`, nothing refitted.
  public init(of weight: [Float], columns: Int, removing removed: [Int]) {
    let kept = MosaicSurgery.removed(removed, of: columns)
    let outputs = columns > 0 ? weight.count / columns : 0
    var narrow: [Float] = []
    narrow.reserveCapacity(outputs * kept.count)
    for output in 0..<outputs {
      for column in kept { narrow.append(weight[output * columns + column]) }
    }
    self.init(weight: narrow, biasChange: Array(repeating: 0, count: outputs), loss: .nan)
  }
}
