import MosaicSurgery
import MosaicTestSupport

/// A consumer with calibration inputs, and what it should become, in plain f64 loops.
struct Problem {
  let width: Int
  let outputs: Int
  let rows: Int
  /// `[rows, width]`.
  var inputs: [Float]
  /// `[outputs, width]`.
  var weight: [Float]

  /// Inputs whose columns are shifted, of unlike scales, and share a few common factors.
  init(width: Int, outputs: Int, rows: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    self.width = width
    self.outputs = outputs
    self.rows = rows
    let factors = 4
    let mixing = random.floats(factors * width)
    let shift = random.floats(width)
    let scale = random.floats(width).map { 1.5 + $0 }
    inputs = []
    for _ in 0..<rows {
      let common = random.floats(factors)
      let own = random.floats(width)
      for column in 0..<width {
        let shared = (0..<factors).reduce(Float(0)) {
          $0 + common[$1] * mixing[$1 * width + column]
        }
        inputs.append(scale[column] * (shared + own[column] + shift[column]))
      }
    }
    weight = random.floats(outputs * width)
  }

  var statistics: GramStatistics { GramStatistics(width: width, inputs: inputs) }

  func refit(unitSize: Int = 1, damp: Double = 0.01) throws -> SecondOrderRefit {
    try SecondOrderRefit(
      weight: weight, outputs: outputs, statistics: statistics, unitSize: unitSize, damp: damp)
  }

  func input(_ row: Int, _ column: Int) -> Double { Double(inputs[row * width + column]) }

  var mean: [Double] {
    (0..<width).map { column in
      (0..<rows).reduce(0) { $0 + input($1, column) } / Double(rows)
    }
  }

  /// Covariance by differences from the mean, with the ridge.
  func covariance(damp: Double) -> [[Double]] {
    let mean = mean
    var result = Array(repeating: Array(repeating: 0.0, count: width), count: width)
    for row in 0..<rows {
      let x = (0..<width).map { input(row, $0) - mean[$0] }
      for i in 0..<width { for j in 0..<width { result[i][j] += x[i] * x[j] / Double(rows) } }
    }
    let ridge = damp * (0..<width).reduce(0) { $0 + result[$1][$1] } / Double(width)
    for i in 0..<width { result[i][i] += ridge }
    return result
  }

  /// The minimiser of `tr((W - W') C (W - W')ᵀ)` on the kept columns, and the minimum.
  func leastSquares(kept: [Int], covariance: [[Double]]) -> (weight: [[Double]], loss: Double) {
    let block = kept.map { row in kept.map { covariance[row][$0] } }
    var weights: [[Double]] = []
    var loss = 0.0
    for output in 0..<outputs {
      let w = (0..<width).map { Double(weight[output * width + $0]) }
      let target = kept.map { row in (0..<width).reduce(0) { $0 + covariance[row][$1] * w[$1] } }
      let narrow = solve(block, target)
      weights.append(narrow)
      var difference = w
      for (place, column) in kept.enumerated() { difference[column] -= narrow[place] }
      loss += quadratic(difference, covariance)
    }
    return (weights, loss)
  }
}

/// `vᵀ A v`.
func quadratic(_ v: [Double], _ a: [[Double]]) -> Double {
  var sum = 0.0
  for i in v.indices { for j in v.indices { sum += v[i] * a[i][j] * v[j] } }
  return sum
}

/// Gaussian elimination with row pivoting.
func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
  var a = a
  var b = b
  let n = b.count
  for column in 0..<n {
    let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
    a.swapAt(column, pivot)
    b.swapAt(column, pivot)
    for row in column + 1..<max(n, column + 1) {
      let factor = a[row][column] / a[column][column]
      for k in column..<n { a[row][k] -= factor * a[column][k] }
      b[row] -= factor * b[column]
    }
  }
  for row in stride(from: n - 1, through: 0, by: -1) {
    for k in row + 1..<max(n, row + 1) { b[row] -= a[row][k] * b[k] }
    b[row] /= a[row][row]
  }
  return b
}

/// All ways to choose `count` of `0..<total`.
func combinations(_ total: Int, _ count: Int) -> [[Int]] {
  if count == 0 { return [[]] }
  if count > total { return [] }
  return combinations(total - 1, count)
    + combinations(total - 1, count - 1).map { $0 + [total - 1] }
}
