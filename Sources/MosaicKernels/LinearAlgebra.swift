internal import COpenBLAS

/// Returns `a · b`, or the product with `aᵀ` or `bᵀ` in its place.
///
/// - Precondition: The left side has as many columns as the right side has rows.
public func multiply(
  _ a: Matrix, leftTransposed: Bool = false, by b: Matrix, rightTransposed: Bool = false
) -> Matrix {
  let rows = leftTransposed ? a.columns : a.rows
  let inner = leftTransposed ? a.rows : a.columns
  let columns = rightTransposed ? b.rows : b.columns
  guard inner == (rightTransposed ? b.columns : b.rows) else {
    fatalError("inner dimensions \(inner) and \(rightTransposed ? b.columns : b.rows) differ")
  }
  var product = Matrix(rows: rows, columns: columns)
  if rows == 0 || columns == 0 || inner == 0 { return product }
  cblas_dgemm(
    CblasRowMajor, leftTransposed ? CblasTrans : CblasNoTrans,
    rightTransposed ? CblasTrans : CblasNoTrans,
    blasInteger(rows), blasInteger(columns), blasInteger(inner),
    1, a.elements, blasInteger(a.columns), b.elements, blasInteger(b.columns),
    0, &product.elements, blasInteger(columns))
  return product
}

/// Returns `xᵀ · x` for `x` [n, c]: a symmetric [c, c] matrix, both triangles filled.
public func gram(_ x: Matrix) -> Matrix {
  var result = Matrix(rows: x.columns, columns: x.columns)
  if x.rows == 0 || x.columns == 0 { return result }
  cblas_dsyrk(
    CblasRowMajor, CblasLower, CblasTrans, blasInteger(x.columns), blasInteger(x.rows),
    1, x.elements, blasInteger(x.columns), 0, &result.elements, blasInteger(x.columns))
  result.mirrorLowerTriangle()
  return result
}

/// Adds `scale · x · yᵀ` to `a` [rows, columns], for x [rows] and y [columns].
public func rankOneUpdate(_ a: inout Matrix, scale: Double, _ x: [Double], _ y: [Double]) {
  guard x.count == a.rows, y.count == a.columns else {
    fatalError("vectors of \(x.count) and \(y.count) do not fit \(a.rows) x \(a.columns)")
  }
  if x.isEmpty || y.isEmpty { return }
  cblas_dger(
    CblasRowMajor, blasInteger(a.rows), blasInteger(a.columns), scale, x, 1, y, 1,
    &a.elements, blasInteger(a.columns))
}

extension Matrix {
  /// Copies the lower triangle over the upper one.
  mutating func mirrorLowerTriangle() {
    let size = rows
    elements.withUnsafeMutableBufferPointer { values in
      // Square blocks keep both sides of the mirror in cache.
      let block = 32
      for top in stride(from: 0, to: size, by: block) {
        for left in stride(from: 0, through: top, by: block) {
          for row in top..<min(top + block, size) {
            for column in left..<min(left + block, row + 1) {
              values[column * size + row] = values[row * size + column]
            }
          }
        }
      }
    }
  }
}
