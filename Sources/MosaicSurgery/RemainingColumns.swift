internal import MosaicKernels

/// The columns of a consumer that greedy elimination has not removed yet: their weights, refitted so
/// far, and the inverse covariance among them.
///
/// Removing columns I takes `V -= V_I (G_II)⁻¹ G_I,:` and the Schur downdate
/// `G -= G_:,I (G_II)⁻¹ G_I,:` for `G = Hc⁻¹`. With `G_II = L Lᵀ` and `U = L⁻¹ G_I,:` both are
/// products with U. Rows of U wait in a panel and reach G many at a time, since G is large and an
/// update by few rows is bound by memory; G shrinks to what remains in the same pass.
///
/// Source: Hassibi and Stork, "Second order derivatives for network pruning: Optimal Brain
/// Surgeon", NIPS 1992; blocks of columns as in Kurtic, Frantar and Alistarh, "ZipLM",
/// arXiv:2302.04089.
struct RemainingColumns {
  /// The unit at each slot, ascending. Slots of removed units stay until the panel is applied.
  private(set) var units: [Int]
  private var isRemoved: [Bool]
  private let unitSize: Int
  /// `[columns, outputs]`, always up to date.
  private var weights: Matrix
  /// The lower triangle of G but for what waits in `panel`.
  private var inverse: Matrix
  /// G's diagonal, always up to date.
  private var diagonal: [Double]
  /// `[pending, columns]`.
  private var panel: Matrix
  private let panelRows: Int

  /// - Parameters:
  ///   - weights: `[width, outputs]`, the consumer's weight transposed.
  ///   - inverse: The inverse of the damped covariance.
  init(weights: Matrix, inverse: Matrix, unitSize: Int) {
    self.weights = weights
    self.inverse = inverse
    self.unitSize = unitSize
    units = Array(0..<inverse.rows / unitSize)
    isRemoved = Array(repeating: false, count: units.count)
    diagonal = (0..<inverse.rows).map { inverse[$0, $0] }
    panel = Matrix(rows: 0, columns: inverse.columns)
    // Blocks are scored from G itself, so each block's removal is applied at once.
    panelRows = unitSize == 1 ? 64 : unitSize
  }

  /// What removing each unit left would cost alone.
  func unitCosts() throws(NotPositiveDefinite) -> [(unit: Int, cost: Double)] {
    let costs = try unitSize == 1 ? columnCosts() : blockCosts()
    return costs.indices.filter { !isRemoved[$0] }.map { (units[$0], costs[$0]) }
  }

  /// The slots of units that are left.
  func slots(of wanted: [Int]) -> [Int] {
    var places: [Int: Int] = [:]
    for (slot, unit) in units.enumerated() { places[unit] = slot }
    return wanted.compactMap { places[$0] }
  }

  /// Removes the units at `slots` together.
  ///
  /// - Returns: What each adds to the loss, given that those before it are gone.
  mutating func remove(_ slots: [Int]) throws(NotPositiveDefinite) -> [Double] {
    let columns = columnsOfUnits(slots, unitSize: unitSize)
    var update = inverse.selectingSymmetric(rows: columns)
    subtractProduct(transposed: panel.selecting(columns: columns), panel, from: &update)
    let factor = try CholeskyFactor(update.selecting(columns: columns))
    factor.solveLower(&update)
    var change = weights.selecting(rows: columns)
    factor.solveLower(&change)
    subtractProduct(transposed: update, change, from: &weights)
    update.subtractSquaredColumnNorms(from: &diagonal)
    for slot in slots { isRemoved[slot] = true }
    panel.elements += update.elements
    panel.rows += update.rows
    if panel.rows >= panelRows { applyPanel() }

    let costs = change.squaredRowNorms()
    return slots.indices.map { costs[$0 * unitSize..<($0 + 1) * unitSize].reduce(0, +) }
  }

  /// The inverse covariance among the remaining columns, lower triangle.
  mutating func currentInverse() -> Matrix {
    applyPanel()
    return inverse
  }

  private mutating func applyPanel() {
    let slots = units.indices.filter { !isRemoved[$0] }
    let columns = columnsOfUnits(slots, unitSize: unitSize)
    inverse.keepLowerTriangle(of: columns)
    subtractGram(of: panel.selecting(columns: columns), fromLowerTriangleOf: &inverse)
    weights = weights.selecting(rows: columns)
    diagonal = columns.map { diagonal[$0] }
    units = slots.map { units[$0] }
    isRemoved = Array(repeating: false, count: units.count)
    panel = Matrix(rows: 0, columns: columns.count)
  }

  /// `‖V_j‖² / G_jj` of every slot's one column.
  private func columnCosts() throws(NotPositiveDefinite) -> [Double] {
    var costs = weights.squaredRowNorms()
    for slot in costs.indices where !isRemoved[slot] {
      guard diagonal[slot] > 0 else { throw NotPositiveDefinite(leadingMinor: slot + 1) }
      costs[slot] /= diagonal[slot]
    }
    return costs
  }

  /// `tr(V_I (G_II)⁻¹ V_Iᵀ)` of every slot's columns I.
  private func blockCosts() throws(NotPositiveDefinite) -> [Double] {
    var costs: [Double] = []
    for slot in units.indices {
      let columns = Array(slot * unitSize..<(slot + 1) * unitSize)
      var block = weights.selecting(rows: columns)
      let factor = try CholeskyFactor(
        inverse.selecting(rows: columns).selecting(columns: columns))
      factor.solveLower(&block)
      costs.append(block.squaredRowNorms().reduce(0, +))
    }
    return costs
  }
}
