internal import MosaicKernels

/// Products of the same rows with packed matrices, divided among a team.
///
/// A member of the team takes its rows through every matrix before it waits for the others, and rows
/// are rounded to bf16 once for all of them.
struct MatrixProduct {
  /// A matrix, what follows its product, and where that goes.
  struct Factor {
    var matrix: PackedMatrix
    var bias: UnsafePointer<Float>?
    var activation: Activation
    var y: UnsafeMutablePointer<Float>
    var yStride: Int
  }

  /// All of one precision and of rows of one length; no result overlaps another.
  var factors: [Factor]
  var team: Team

  /// `y = activation(x · matrixᵀ + bias)` for m rows and every factor.
  func run(_ x: UnsafePointer<Float>, xStride: Int, m: Int) {
    guard let matrix = factors.first?.matrix else { return }
    guard matrix.precision == .bf16 else {
      return divide(m) { multiply(.floats(x, stride: xStride), $0) }
    }
    let width = PackedPairs.rowCount(inner: matrix.inner)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(1, m * width)) { pairs in
      guard let pairs = pairs.baseAddress else { return }
      PackedPairs.round(x, xStride: xStride, into: pairs, m: m, inner: matrix.inner)
      divide(m) { multiply(.pairs(pairs, stride: width), $0) }
    }
  }

  private enum Operand {
    case floats(UnsafePointer<Float>, stride: Int)
    case pairs(UnsafePointer<UInt32>, stride: Int)
  }

  private func multiply(_ x: Operand, _ share: Share) {
    let (factor, rows, k) = (share.factor, share.rows, share.factor.matrix.inner)
    let y = factor.y + rows.lowerBound * factor.yStride + share.firstColumn
    let bias = factor.bias.map { $0 + share.firstColumn }
    switch x {
    case .pairs(let pairs, let stride):
      linear(
        pairs + rows.lowerBound * stride, weight: share.taking(factor.matrix.packedPairs),
        bias: bias, activation: factor.activation, into: y, yStride: factor.yStride,
        m: rows.count, k: k)
    case .floats(let floats, let stride) where factor.matrix.precision == .int8:
      linear(
        floats + rows.lowerBound * stride, xStride: stride,
        weight: share.taking(factor.matrix.packedCodes), bias: bias,
        activation: factor.activation, into: y, yStride: factor.yStride, m: rows.count, k: k)
    case .floats(let floats, let stride):
      linear(
        floats + rows.lowerBound * stride, xStride: stride,
        weight: share.taking(factor.matrix.packedRows), bias: bias,
        activation: factor.activation, into: y, yStride: factor.yStride, m: rows.count, k: k)
    }
  }

  // MARK: Division

  /// Rows of one factor's product, or some columns of them.
  private struct Share {
    var factor: Factor
    var rows: Range<Int>
    /// Of one part of the matrix; all columns where nil.
    var columns: (part: Int, range: Range<Int>)?
    /// Of the product.
    var firstColumn = 0

    func taking<Part: PackedPart>(_ parts: [Part]) -> [Part] {
      guard let columns else { return parts }
      return [parts[columns.part].taking(columns.range, inner: factor.matrix.inner)]
    }
  }

  /// Calls `body` with shares that make up the products: of some rows where there are enough, else of
  /// some columns.
  private func divide(_ m: Int, _ body: (Share) -> Void) {
    if m >= 16 * team.threads || team.threads == 1 {
      return team.split(m, grain: 8) { rows in
        for factor in factors { body(Share(factor: factor, rows: rows)) }
      }
    }
    for factor in factors {
      var start = 0
      for (part, rows) in factor.matrix.parts.map(\.rows).enumerated() {
        team.split(rows, grain: PackedRows.grain) { columns in
          body(
            Share(
              factor: factor, rows: 0..<m, columns: (part, columns),
              firstColumn: start + columns.lowerBound))
        }
        start += rows
      }
    }
  }
}

/// Packed rows that can be taken apart.
private protocol PackedPart {
  /// Some of the rows, from a multiple of `PackedRows.grain` on.
  func taking(_ rows: Range<Int>, inner: Int) -> Self
}

extension PackedRows: PackedPart {
  func taking(_ rows: Range<Int>, inner: Int) -> PackedRows {
    PackedRows(elements: elements + rows.lowerBound * inner, count: rows.count)
  }
}

extension PackedPairs: PackedPart {
  func taking(_ rows: Range<Int>, inner: Int) -> PackedPairs {
    PackedPairs(
      elements: elements + rows.lowerBound * PackedPairs.rowCount(inner: inner),
      count: rows.count)
  }
}

extension PackedCodes: PackedPart {}
