internal import MosaicKernels

/// The refit of a consumer whose remaining columns do not hold what they held before, as behind a norm
/// that takes its statistics over fewer channels: the weights W' and the bias that bring `X' W'ᵀ`
/// nearest to `X Wᵀ`.
///
/// With `C` the covariance of [X, X'] the minimiser is
/// `W' = W_K + (W C_XK - W_K C_KK) (C_KK + damp mean(diag C_KK) I)⁻¹`: the ridge draws it to the weights
/// that the columns had. The bias takes `W μ - W' μ_K`.
public struct MaskedRefit: Sendable {
  private let weight: Matrix
  private let columns: [Int]
  private let damp: Double
  private let centred: CentredGram

  /// - Parameters:
  ///   - weight: `[outputs, width]`, row-major.
  ///   - columns: Which of the consumer's columns X' has, ascending.
  ///   - joint: Moments of the rows [X, X'], `width + columns.count` wide.
  /// - Throws: `RefitError` where shapes disagree, there are no rows, or values are not finite.
  public init(
    weight: [Float], columns: [Int], joint: GramStatistics, damp: Double = 0.01
  ) throws(RefitError) {
    let width = joint.width - columns.count
    guard width > 0, weight.count.isMultiple(of: width) else {
      throw RefitError(reason: .shape(weights: weight.count, outputs: 0, width: width))
    }
    guard weight.allSatisfy(\.isFinite) else { throw RefitError(reason: .notFinite("weights")) }
    guard joint.weight.isFinite, joint.sum.allSatisfy(\.isFinite),
      joint.gram.allSatisfy(\.isFinite)
    else { throw RefitError(reason: .notFinite("statistics")) }
    guard joint.weight > 0 else { throw RefitError(reason: .noRows) }
    self.weight = Matrix(
      rows: weight.count / width, columns: width, elements: weight.map(Double.init))
    self.columns = columns
    self.damp = damp
    centred = CentredGram(joint, damp: 0)
  }

  /// The consumer on the columns of X' but for `removed`, which ascend.
  ///
  /// - Throws: `RefitError.Reason.singular` where the damped covariance has no inverse.
  public func refit(removing removed: [Int]) throws(RefitError) -> ConsumerRefit {
    let gone = Set(removed)
    let kept = columns.indices.filter { !gone.contains(columns[$0]) }
    let places = kept.map { weight.columns + $0 }
    let dense = Array(0..<weight.columns)
    let old = weight.selecting(columns: kept.map { columns[$0] })
    let rows = centred.covariance.selecting(rows: places)
    var block = rows.selecting(columns: places)
    // [columns, outputs] of `W C_XK - W_K C_KK`.
    var pull = multiply(rows.selecting(columns: dense), by: weight, rightTransposed: true)
    let own = multiply(block, by: old, rightTransposed: true)
    for index in pull.elements.indices { pull.elements[index] -= own.elements[index] }
    let ridge = damp * kept.indices.reduce(0) { $0 + block[$1, $1] } / Double(max(kept.count, 1))
    for index in kept.indices { block[index, index] += ridge }
    let change: Matrix
    do {
      change = try CholeskyFactor(block).solve(pull)
    } catch {
      throw RefitError(reason: .singular(damp: damp))
    }
    var refitted: [Float] = []
    refitted.reserveCapacity(weight.rows * kept.count)
    for output in 0..<weight.rows {
      for place in kept.indices {
        refitted.append(Float(old[output, place] + change[place, output]))
      }
    }
    return ConsumerRefit(
      weight: refitted, biasChange: biasChange(refitted, places), loss: .nan)
  }

  /// `W μ - W' μ_K`, of the weights as rounded to f32.
  private func biasChange(_ refitted: [Float], _ places: [Int]) -> [Float] {
    (0..<weight.rows).map { output in
      var sum = 0.0
      for column in 0..<weight.columns { sum += weight[output, column] * centred.mean[column] }
      for (index, place) in places.enumerated() {
        sum -= Double(refitted[output * places.count + index]) * centred.mean[place]
      }
      return Float(sum)
    }
  }
}
