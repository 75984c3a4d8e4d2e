internal import COpenBLAS

/// A matrix to be factored is not positive definite, or holds values that are not finite.
public struct NotPositiveDefinite: Error, Equatable {
  /// Size of the smallest leading principal submatrix that is not positive definite.
  public let leadingMinor: Int

  public init(leadingMinor: Int) { self.leadingMinor = leadingMinor }
}

/// The factor `L` of `A = L · Lᵀ`.
public struct CholeskyFactor: Sendable {
  /// `L` in the lower triangle; what is above it has no meaning.
  let factor: Matrix

  /// Factors the symmetric matrix whose lower triangle is that of `a` [n, n].
  public init(_ a: Matrix) throws(NotPositiveDefinite) {
    guard a.rows == a.columns else { fatalError("\(a.rows) x \(a.columns) is not square") }
    var lower = a
    let size = a.rows
    if size > 0 {
      var order = blasInteger(size)
      var leading = order
      var info: Int32 = 0
      // A row-major lower triangle is a column-major upper one.
      dpotrf_("U", &order, &lower.elements, &leading, &info)
      guard info <= 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
      // OpenBLAS compares pivots with zero, which NaN passes.
      for index in 0..<size where !lower[index, index].isFinite {
        throw NotPositiveDefinite(leadingMinor: index + 1)
      }
    }
    factor = lower
  }

  /// Returns X [n, r] with `A · X = b`, for b [n, r].
  public func solve(_ b: Matrix) -> Matrix {
    guard b.rows == factor.rows else {
      fatalError("\(b.rows) right-hand rows do not fit a system of \(factor.rows)")
    }
    var solution = b
    if b.rows == 0 || b.columns == 0 { return solution }
    for transpose in [CblasNoTrans, CblasTrans] {
      cblas_dtrsm(
        CblasRowMajor, CblasLeft, CblasLower, transpose, CblasNonUnit,
        blasInteger(b.rows), blasInteger(b.columns), 1,
        factor.elements, blasInteger(factor.columns),
        &solution.elements, blasInteger(b.columns))
    }
    return solution
  }

  /// Returns the inverse of `A` [n, n], both triangles filled.
  public func inverse() -> Matrix {
    var result = factor
    if result.rows == 0 { return result }
    var order = blasInteger(result.rows)
    var leading = order
    var info: Int32 = 0
    dpotri_("U", &order, &result.elements, &leading, &info)
    // The pivots are positive, so that the factor always has an inverse.
    result.mirrorLowerTriangle()
    return result
  }
}
