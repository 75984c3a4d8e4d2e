internal import MosaicCore
internal import MosaicKernels

/// What forecasts of reused values follow from: for any plan near the one that it was measured along.
///
/// A forecast is that of least squares from earlier values of the unit. What it leaves is largely a
/// linear function of what the same weights of least squares leave of the branch's *input*, which the
/// step computes anyway but for a norm: the branch changes little from step to step, its input much. The
/// map is kept at a small rank, for its own cost and against fitting noise.
///
/// Source for the best map of a rank: Izenman, "Reduced-rank regression for the multivariate linear
/// model", Journal of Multivariate Analysis 5, 1975.
public struct ForecastModel: Sendable {
  /// Of what units compute.
  public internal(set) var values: ValueMoments
  /// Of their branches' inputs.
  var inputs: ValueMoments
  /// By step and unit, from what is left of the input to what is left of the value.
  var maps: [[InputMap?]]

  /// Channels that a map goes through.
  public static let rank = 8

  var hasMaps: Bool { maps.contains { $0.contains { $0 != nil } } }

  /// The forecast of a unit's value at `step` from those computed at the steps `known`.
  ///
  /// - Parameter known: The latest first.
  /// - Returns: nil where too little was measured; Lagrange's weights are left then.
  func forecast(unit: Int, step: Int, from known: [Int]) -> ValueForecast? {
    guard var result = values.forecast(unit: unit, step: step, from: known) else { return nil }
    guard let map = maps[step][unit],
      let input = inputs.forecast(unit: unit, step: step, from: known)
    else { return result }
    result.correction = ValueForecast.Correction(
      weights: input.weights, down: map.down, up: map.up, rank: map.rank)
    for (channel, mean) in map.apply(to: input.offset).enumerated() {
      result.offset[channel] -= mean
    }
    return result
  }

  /// Whether this is one of such units.
  func fits(_ known: ReuseUnits, steps: Int) -> Bool {
    values.fits(known.axes.map(\.count), steps: steps)
      && inputs.fits(known.inputChannels, steps: steps) && maps.count == steps
      && maps.allSatisfy { row in
        row.count == known.units.count
          && row.enumerated().allSatisfy { unit, map in
            guard let map else { return true }
            guard let input = known.inputAxes[unit] else { return false }
            return map.down.count == map.rank * input.count
              && map.up.count == map.rank * known.axes[unit].count
          }
      }
  }
}

/// A linear map of channels, of a small rank.
struct InputMap: Sendable, Equatable {
  /// [rank, channels of the input].
  var down: [Float]
  /// [rank, channels of the value].
  var up: [Float]
  var rank: Int

  func apply(to input: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: rank == 0 ? 0 : up.count / rank)
    for row in 0..<rank {
      var sum: Float = 0
      for (channel, element) in input.enumerated() {
        sum += down[row * input.count + channel] * element
      }
      for channel in result.indices { result[channel] += up[row * result.count + channel] * sum }
    }
    return result
  }
}

/// Sums from which an `InputMap` follows: of what is left of the input x and of the value y.
struct InputRegression {
  /// xᵀx and xᵀy over all rows.
  private var gram: Matrix
  private var cross: Matrix
  private var inputSums: [Double]
  private var valueSums: [Double]
  private var rows = 0.0

  /// Added to the diagonal, as a share of its mean.
  private static let damping = 1e-2

  init(inputs: Int, values: Int) {
    gram = Matrix(rows: inputs, columns: inputs)
    cross = Matrix(rows: inputs, columns: values)
    inputSums = Array(repeating: 0, count: inputs)
    valueSums = Array(repeating: 0, count: values)
  }

  /// Bytes that one takes.
  static func byteCount(inputs: Int, values: Int) -> Int {
    (inputs * inputs + inputs * values) * MemoryLayout<Double>.size
  }

  /// - Parameters:
  ///   - x: [places, channels of the input].
  ///   - y: [places, channels of the value].
  mutating func add(_ x: Matrix, _ y: Matrix) {
    addProduct(transposed: x, x, to: &gram)
    addProduct(transposed: x, y, to: &cross)
    addColumnSums(of: x, to: &inputSums)
    addColumnSums(of: y, to: &valueSums)
    rows += Double(x.rows)
  }

  /// The map of `rank` that leaves least of y, its elements rounded to bf16; nil where the sums do not
  /// tell.
  func map(rank: Int) -> InputMap? {
    guard rows > 0 else { return nil }
    var (gram, cross) = (gram, cross)
    rankOneUpdate(&gram, scale: -1 / rows, inputSums, inputSums)
    rankOneUpdate(&cross, scale: -1 / rows, inputSums, valueSums)
    let size = gram.rows
    let mean = (0..<size).reduce(0) { $0 + gram[$1, $1] } / Double(size)
    guard mean > 0, mean.isFinite else { return nil }
    for index in 0..<size { gram[index, index] += Self.damping * mean }
    guard let factor = try? CholeskyFactor(gram) else { return nil }
    let whole = factor.solve(cross)
    // Of yᵀx (xᵀx)⁻¹ xᵀy, what is explained, by direction of y.
    let explained = multiply(cross, leftTransposed: true, by: whole)
    guard explained.elements.allSatisfy(\.isFinite),
      let up = leadingEigenvectors(of: explained, count: rank)
    else { return nil }
    let down = multiply(up, by: whole, rightTransposed: true)
    func stored(_ matrix: Matrix) -> [Float] {
      // As bundles keep them, so that what is measured is what ships.
      let rows = matrix.elements.map { floatFromBFloat16(bits: bfloat16Bits(Float($0))) }
      return rows + Array(repeating: 0, count: (rank - matrix.rows) * matrix.columns)
    }
    return InputMap(down: stored(down), up: stored(up), rank: rank)
  }

  private func addColumnSums(of x: Matrix, to sums: inout [Double]) {
    for row in 0..<x.rows {
      for column in 0..<x.columns { sums[column] += x[row, column] }
    }
  }
}
