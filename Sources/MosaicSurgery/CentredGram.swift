public import MosaicKernels

extension GramStatistics {
  /// The damped covariance `H/N - μ μᵀ + damp · mean(diag) · I` [width, width].
  ///
  /// A column that never varies, by f64's rounding of its second moment, is uncoupled from all
  /// others and has a unit diagonal: what it contributes is its mean, which a bias carries.
  public func centred(damp: Double) -> Matrix {
    CentredGram(self, damp: damp).covariance
  }
}

/// Damped covariance of a consumer's input, and which columns vary at all.
struct CentredGram: Sendable {
  let mean: [Double]
  let isConstant: [Bool]
  /// Both triangles.
  let covariance: Matrix

  /// A sum over N rows errs by about `√N · 2⁻⁵³` of the second moment, below this up to 10⁷ rows;
  /// as a deviation it is a millionth of the column's size.
  private static let varianceFloor = 1e-12

  init(_ statistics: GramStatistics, damp: Double) {
    let width = statistics.width
    let mean = statistics.mean()
    let scale = statistics.weight > 0 ? 1 / statistics.weight : 0
    var isConstant = Array(repeating: false, count: width)
    var trace = 0.0
    for column in 0..<width {
      let moment = statistics.gram[column * (column + 1) / 2 + column] * scale
      let variance = moment - mean[column] * mean[column]
      isConstant[column] = variance <= Self.varianceFloor * moment
      if !isConstant[column] { trace += variance }
    }
    let ridge = width > 0 ? damp * trace / Double(width) : 0

    var packed = statistics.gram
    packed.withUnsafeMutableBufferPointer { packed in
      mean.withUnsafeBufferPointer { mean in
        var start = 0
        for row in 0..<width {
          let rowMean = mean[row]
          for column in 0...row {
            packed[start + column] = packed[start + column] * scale - rowMean * mean[column]
          }
          packed[start + row] += ridge
          start += row + 1
        }
      }
    }
    for column in 0..<width where isConstant[column] {
      for other in 0..<width {
        let (row, place) = (max(column, other), min(column, other))
        packed[row * (row + 1) / 2 + place] = row == place ? 1 : 0
      }
    }
    self.mean = mean
    self.isConstant = isConstant
    covariance = Matrix(symmetricOfSize: width, packedLower: packed)
  }
}
