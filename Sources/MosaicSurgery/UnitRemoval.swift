internal import MosaicKernels

/// A consumer after some of its units were removed.
public struct UnitRemoval: Sendable, Equatable {
  /// Units that stay, ascending.
  public let kept: [Int]
  /// `[outputs, kept.count * unitSize]`, row-major.
  public let weight: [Float]
  /// What the consumer's bias gains, `[outputs]`: `(W - W') μ`, the mean of what is lost.
  public let biasChange: [Float]
  /// `tr((W - W') Hc (W - W')ᵀ)` with the damped covariance: squared error per row, summed over
  /// outputs. NaN where no statistics judged the removal.
  public let loss: Double

  public init(kept: [Int], weight: [Float], biasChange: [Float], loss: Double) {
    self.kept = kept
    self.weight = weight
    self.biasChange = biasChange
    self.loss = loss
  }
}

/// Returns the mean squared error per row, summed over outputs, of a consumer whose units were
/// removed, on the inputs of `statistics`; those may be others than it was fitted to.
///
/// With `b` the bias change this is `tr(D Hc Dᵀ) + ‖D μ - b‖²` for `D = W - W'`; the second term is
/// zero for a refit under its own statistics.
///
/// - Parameters:
///   - original: `[outputs, width]`, row-major.
///   - damp: Ridge on the covariance, as in the refit; 0 gives the error itself.
/// - Precondition: `original` and `replaced` are of one consumer, as wide as `statistics`.
public func layerLoss(
  original: [Float], replaced: UnitRemoval, under statistics: GramStatistics, damp: Double = 0
) -> Double {
  let width = statistics.width
  let outputs = replaced.biasChange.count
  precondition(original.count == outputs * width)
  if outputs == 0 { return 0 }
  let narrow = replaced.weight.count / outputs
  let unitSize = narrow / max(replaced.kept.count, 1)
  let columns = columnsOfUnits(replaced.kept, unitSize: unitSize)
  precondition(columns.count == narrow && columns.allSatisfy { $0 < width })

  let centred = CentredGram(statistics, damp: damp)
  var difference = Matrix(rows: outputs, columns: width, elements: original.map(Double.init))
  var loss = 0.0
  for output in 0..<outputs {
    for (place, column) in columns.enumerated() {
      difference[output, column] -= Double(replaced.weight[output * narrow + place])
    }
    var offset = -Double(replaced.biasChange[output])
    for column in 0..<width {
      offset += difference[output, column] * centred.mean[column]
      if centred.isConstant[column] { difference[output, column] = 0 }
    }
    loss += offset * offset
  }
  return loss + innerProduct(multiply(difference, by: centred.covariance), difference)
}

/// The columns of `units`, each a block of `unitSize`.
func columnsOfUnits(_ units: [Int], unitSize: Int) -> [Int] {
  units.flatMap { $0 * unitSize..<($0 + 1) * unitSize }
}
