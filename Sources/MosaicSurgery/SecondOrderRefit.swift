internal import MosaicKernels

/// Second-order pruning of one consumer `Y = X Wᵀ + b`: which units go at the least error, and the
/// weights of those that stay, refitted to make up for them.
///
/// The error is `tr((W - W') Hc (W - W')ᵀ)`, with `Hc` the inputs' damped covariance; the mean part
/// of the error goes into the bias.
///
/// - Complexity: O(width³ + width² · outputs) for the elimination, O(kept³ + width² · outputs) for
///   each refit; about 3 · width² doubles of memory while either runs.
public struct SecondOrderRefit: Sendable {
  private let original: [Float]
  private let outputs: Int
  private let unitSize: Int
  private let damp: Double
  private let centred: CentredGram
  /// `[width, outputs]`; rows of constant columns are 0, since only the bias makes up for those.
  private let transposed: Matrix

  /// Units of the consumer.
  public var unitCount: Int { centred.mean.count / unitSize }

  /// - Parameters:
  ///   - weight: `[outputs, width]`, row-major; a unit is a block of `unitSize` columns.
  ///   - damp: Ridge, as a share of the mean variance of the columns.
  /// - Throws: `RefitError` where shapes disagree, there are no rows, or values are not finite.
  public init(
    weight: [Float], outputs: Int, statistics: GramStatistics, unitSize: Int, damp: Double = 0.01
  ) throws(RefitError) {
    precondition(outputs > 0 && unitSize > 0 && damp >= 0)
    let width = statistics.width
    guard width > 0, weight.count.isMultiple(of: width), weight.count / width == outputs else {
      throw RefitError(reason: .shape(weights: weight.count, outputs: outputs, width: width))
    }
    guard width.isMultiple(of: unitSize) else {
      throw RefitError(reason: .units(width: width, unitSize: unitSize))
    }
    guard weight.allSatisfy(\.isFinite) else { throw RefitError(reason: .notFinite("weights")) }
    guard
      statistics.weight.isFinite, statistics.sum.allSatisfy(\.isFinite),
      statistics.gram.allSatisfy(\.isFinite)
    else { throw RefitError(reason: .notFinite("statistics")) }
    guard statistics.weight > 0 else { throw RefitError(reason: .noRows) }

    original = weight
    self.outputs = outputs
    self.unitSize = unitSize
    self.damp = damp
    centred = CentredGram(statistics, damp: damp)
    transposed = transposedToDouble(weight, rows: outputs, zeroing: centred.isConstant)
  }

  /// Removes `count` units one after another, each time the cheapest given those already gone.
  ///
  /// Units of one column go in batches. The order does not depend on `count`: a shorter elimination
  /// is a prefix of a longer one.
  ///
  /// - Throws: `RefitError.Reason.singular` where the damped covariance has no inverse.
  /// - Precondition: `count` is in `0...unitCount`.
  public func elimination(removing count: Int) throws(RefitError) -> Elimination {
    try Elimination(
      of: count, among: unitCount, takenUpBy: [(self, UnitPlaces(block: unitSize))])
  }

  /// The columns of `count` units, ready for an elimination among them; all others stay, and make up
  /// for what goes.
  func remainingColumns(
    _ places: UnitPlaces, units count: Int
  ) throws(RefitError) -> RemainingColumns {
    let columns = places.elementsByUnit(0..<count)
    let inverse: Matrix
    do throws(NotPositiveDefinite) {
      inverse = try CholeskyFactor(centred.covariance).inverse()
    } catch {
      throw singular
    }
    if columns.elementsEqual(0..<transposed.rows) {
      return RemainingColumns(weights: transposed, inverse: inverse, unitSize: places.unitSize)
    }
    // Downdates of a block of the inverse need nothing outside it.
    return RemainingColumns(
      weights: transposed.selecting(rows: columns),
      inverse: inverse.selectingSymmetric(rows: columns).selecting(columns: columns),
      unitSize: places.unitSize)
  }

  var singular: RefitError { RefitError(reason: .singular(damp: damp)) }

  /// Returns the consumer with each of `counts` units removed, from one elimination.
  ///
  /// - Precondition: `counts` ascend and are in `0...unitCount`.
  public func removals(counts: [Int]) throws(RefitError) -> [UnitRemoval] {
    precondition(zip(counts, counts.dropFirst()).allSatisfy { $0 <= $1 })
    guard let most = counts.last else { return [] }
    let elimination = try elimination(removing: most)
    var results: [UnitRemoval] = []
    for count in counts { results.append(try refit(kept: elimination.kept(removing: count))) }
    return results
  }

  /// Returns the minimiser of the error among weights on the units `kept` alone.
  ///
  /// This is `W_K + W_I Hc_IK (Hc_KK)⁻¹` for the kept columns K and the removed ones I, by one
  /// Cholesky solve: nothing of an elimination's rounding is left in it. Where no unit is kept, the
  /// mean in the bias is all that remains.
  ///
  /// - Throws: `RefitError.Reason.singular` where the damped covariance has no inverse.
  /// - Precondition: `kept` ascends strictly and is in `0..<unitCount`.
  public func refit(kept: [Int]) throws(RefitError) -> UnitRemoval {
    precondition(zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
    precondition(kept.allSatisfy { (0..<unitCount).contains($0) })
    let gone = columnsOfUnits(removed(kept, of: unitCount), unitSize: unitSize)
    let refit = try refit(removing: gone)
    return UnitRemoval(
      kept: kept, weight: refit.weight, biasChange: refit.biasChange, loss: refit.loss)
  }

  /// The same without the columns `removedColumns`, whichever they are.
  ///
  /// - Precondition: They ascend strictly.
  public func refit(removing removedColumns: [Int]) throws(RefitError) -> ConsumerRefit {
    guard !removedColumns.isEmpty else {
      return ConsumerRefit(
        weight: original, biasChange: Array(repeating: 0, count: outputs), loss: 0)
    }
    let keptColumns = removed(removedColumns, of: centred.mean.count)
    let removedWeights = transposed.selecting(rows: removedColumns)
    let pull = multiply(
      centred.covariance.selecting(rows: removedColumns), leftTransposed: true, by: removedWeights)
    let pullOnKept = pull.selecting(rows: keptColumns)
    let change: Matrix
    do {
      let block = centred.covariance.selecting(rows: keptColumns).selecting(columns: keptColumns)
      change = try CholeskyFactor(block).solve(pullOnKept)
    } catch {
      throw singular
    }
    let loss =
      innerProduct(pull.selecting(rows: removedColumns), removedWeights)
      - innerProduct(pullOnKept, change)
    let weight = refitted(keptColumns, change: change)
    return ConsumerRefit(
      weight: weight,
      biasChange: biasChange(keptColumns, weight: weight, removed: removedColumns),
      // Rounding may leave a loss of nothing a little below it.
      loss: max(0, loss))
  }

  /// `[outputs, columns.count]`: the original weights plus `change` [columns, outputs] transposed.
  private func refitted(_ columns: [Int], change: Matrix) -> [Float] {
    let width = centred.mean.count
    var weight = [Float](repeating: 0, count: outputs * columns.count)
    weight.withUnsafeMutableBufferPointer { weight in
      original.withUnsafeBufferPointer { original in
        change.elements.withUnsafeBufferPointer { change in
          for (place, column) in columns.enumerated() {
            for output in 0..<outputs {
              weight[output * columns.count + place] = Float(
                Double(original[output * width + column]) + change[place * outputs + output])
            }
          }
        }
      }
    }
    return weight
  }

  /// `(W - W') μ`, of the weights as rounded to f32.
  private func biasChange(_ columns: [Int], weight: [Float], removed: [Int]) -> [Float] {
    let width = centred.mean.count
    return (0..<outputs).map { output in
      var sum = 0.0
      for (place, column) in columns.enumerated() {
        let difference =
          Double(original[output * width + column])
          - Double(weight[output * columns.count + place])
        sum += difference * centred.mean[column]
      }
      for column in removed {
        sum += Double(original[output * width + column]) * centred.mean[column]
      }
      return Float(sum)
    }
  }
}

/// `weight` [rows, columns] transposed, with zeros in the columns that `isZero` names.
private func transposedToDouble(
  _ weight: [Float], rows: Int, zeroing isZero: [Bool]
) -> Matrix {
  let width = isZero.count
  var result = Matrix(rows: width, columns: rows)
  result.elements.withUnsafeMutableBufferPointer { result in
    weight.withUnsafeBufferPointer { weight in
      for column in 0..<width where !isZero[column] {
        for row in 0..<rows {
          result[column * rows + row] = Double(weight[row * width + column])
        }
      }
    }
  }
  return result
}
