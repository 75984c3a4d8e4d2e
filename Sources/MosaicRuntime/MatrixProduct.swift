internal import MosaicKernels

/// A product with a packed matrix, divided among a team.
struct MatrixProduct {
  var matrix: PackedMatrix
  var bias: UnsafePointer<Float>?
  var activation: Activation
  var team: Team

  /// `y = activation(x · matrixᵀ + bias)` for m rows.
  func run(
    _ x: UnsafePointer<Float>, xStride: Int, into y: UnsafeMutablePointer<Float>, yStride: Int,
    m: Int
  ) {
    let k = matrix.inner
    switch matrix.precision {
    case .f32:
      let parts = matrix.packedRows
      divide(m) { rows, columns in
        linear(
          x + rows.lowerBound * xStride, xStride: xStride,
          weight: columns.map { [parts[$0.part].taking($0.columns, inner: k)] } ?? parts,
          bias: bias(columns), activation: activation,
          into: y + rows.lowerBound * yStride + first(columns), yStride: yStride, m: rows.count,
          k: k)
      }
    case .int8:
      let parts = matrix.packedCodes
      divide(m) { rows, columns in
        linear(
          x + rows.lowerBound * xStride, xStride: xStride,
          weight: columns.map { [parts[$0.part].taking($0.columns, inner: k)] } ?? parts,
          bias: bias(columns), activation: activation,
          into: y + rows.lowerBound * yStride + first(columns), yStride: yStride, m: rows.count,
          k: k)
      }
    case .bf16:
      let parts = matrix.packedPairs
      let width = PackedPairs.rowCount(inner: k)
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(1, m * width)) { pairs in
        guard let pairs = pairs.baseAddress else { return }
        PackedPairs.round(x, xStride: xStride, into: pairs, m: m, inner: k)
        divide(m) { rows, columns in
          linear(
            pairs + rows.lowerBound * width,
            weight: columns.map { [parts[$0.part].taking($0.columns, inner: k)] } ?? parts,
            bias: bias(columns), activation: activation,
            into: y + rows.lowerBound * yStride + first(columns), yStride: yStride,
            m: rows.count, k: k)
        }
      }
    }
  }

  /// Some columns of y: rows of one part of the matrix.
  private struct Columns {
    var part: Int
    var columns: Range<Int>
    /// Columns of y before the part.
    var start: Int
  }

  private func first(_ columns: Columns?) -> Int {
    columns.map { $0.start + $0.columns.lowerBound } ?? 0
  }

  private func bias(_ columns: Columns?) -> UnsafePointer<Float>? {
    bias.map { $0 + first(columns) }
  }

  /// Calls `body` with rows and columns that make up y: by rows where there are enough, else by
  /// columns; nil columns are all.
  private func divide(_ m: Int, _ body: (Range<Int>, Columns?) -> Void) {
    if team.threads == 1 { return body(0..<m, nil) }
    if m >= 16 * team.threads {
      return team.split(m, grain: 8) { body($0, nil) }
    }
    var start = 0
    for (number, part) in matrix.parts.enumerated() {
      team.split(part.rows, grain: PackedRows.grain) { columns in
        body(0..<m, Columns(part: number, columns: columns, start: start))
      }
      start += part.rows
    }
  }
}

extension PackedRows {
  /// Some of the rows, from a multiple of `grain` on.
  fileprivate func taking(_ rows: Range<Int>, inner: Int) -> PackedRows {
    PackedRows(elements: elements + rows.lowerBound * inner, count: rows.count)
  }
}

extension PackedPairs {
  /// Some of the rows, from a multiple of `PackedRows.grain` on.
  fileprivate func taking(_ rows: Range<Int>, inner: Int) -> PackedPairs {
    PackedPairs(
      elements: elements + rows.lowerBound * PackedPairs.rowCount(inner: inner),
      count: rows.count)
  }
}
