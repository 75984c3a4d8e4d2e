internal import COpenBLAS

// Pieces of blocked elimination on symmetric matrices, of which only the lower triangle is kept.

extension CholeskyFactor {
  /// Replaces `b` [n, r] by `L⁻¹ · b`, for the factor `L` of `A = L · Lᵀ`.
  public func solveLower(_ b: inout Matrix) {
    guard b.rows == factor.rows else {
      fatalError("\(b.rows) right-hand rows do not fit a system of \(factor.rows)")
    }
    if b.rows == 0 || b.columns == 0 { return }
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit,
      blasInteger(b.rows), blasInteger(b.columns), 1,
      factor.elements, blasInteger(factor.columns), &b.elements, blasInteger(b.columns))
  }
}

/// Subtracts `aᵀ · b` from `c` [m, n], for a [k, m] and b [k, n].
public func subtractProduct(transposed a: Matrix, _ b: Matrix, from c: inout Matrix) {
  addProduct(transposed: a, b, to: &c, scale: -1)
}

/// Adds `scale · aᵀ · b` to `c` [m, n], for a [k, m] and b [k, n].
public func addProduct(transposed a: Matrix, _ b: Matrix, to c: inout Matrix, scale: Double = 1) {
  guard a.rows == b.rows, a.columns == c.rows, b.columns == c.columns else {
    fatalError("transposed \(a.rows) x \(a.columns) by \(b.rows) x \(b.columns) does not fit")
  }
  if a.rows == 0 || c.elements.isEmpty { return }
  cblas_dgemm(
    CblasRowMajor, CblasTrans, CblasNoTrans,
    blasInteger(c.rows), blasInteger(c.columns), blasInteger(a.rows),
    scale, a.elements, blasInteger(a.columns), b.elements, blasInteger(b.columns),
    1, &c.elements, blasInteger(c.columns))
}

/// Subtracts `xᵀ · x` from the lower triangle of `c` [n, n], for x [k, n].
public func subtractGram(of x: Matrix, fromLowerTriangleOf c: inout Matrix) {
  guard x.columns == c.rows, c.rows == c.columns else {
    fatalError("columns \(x.columns) do not fit \(c.rows) x \(c.columns)")
  }
  if x.elements.isEmpty { return }
  cblas_dsyrk(
    CblasRowMajor, CblasLower, CblasTrans, blasInteger(c.rows), blasInteger(x.rows),
    -1, x.elements, blasInteger(x.columns), 1, &c.elements, blasInteger(c.columns))
}

extension Matrix {
  /// A symmetric matrix of `size` from its packed lower triangle: (r, c) lies at
  /// `r * (r + 1) / 2 + c`, for c ≤ r.
  public init(symmetricOfSize size: Int, packedLower packed: [Double]) {
    guard packed.count == size * (size + 1) / 2 else {
      fatalError("\(packed.count) elements are no triangle of \(size) rows")
    }
    self.init(rows: size, columns: size)
    elements.withUnsafeMutableBufferPointer { full in
      packed.withUnsafeBufferPointer { packed in
        var start = 0
        for row in 0..<size {
          for column in 0...row { full[row * size + column] = packed[start + column] }
          start += row + 1
        }
      }
    }
    mirrorLowerTriangle()
  }

  /// The rows at `indices`, in their order.
  public func selecting(rows indices: [Int]) -> Matrix {
    var result: [Double] = []
    result.reserveCapacity(indices.count * columns)
    for row in indices { result += elements[row * columns..<(row + 1) * columns] }
    return Matrix(rows: indices.count, columns: columns, elements: result)
  }

  /// The columns at `indices`, in their order.
  public func selecting(columns indices: [Int]) -> Matrix {
    var result = Matrix(rows: rows, columns: indices.count)
    result.elements.withUnsafeMutableBufferPointer { result in
      elements.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          for (place, column) in indices.enumerated() {
            result[row * indices.count + place] = source[row * columns + column]
          }
        }
      }
    }
    return result
  }

  /// Rows of the symmetric matrix whose lower triangle this is.
  public func selectingSymmetric(rows indices: [Int]) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns)
    result.elements.withUnsafeMutableBufferPointer { result in
      elements.withUnsafeBufferPointer { source in
        for (place, row) in indices.enumerated() {
          let target = place * columns
          for column in 0..<row { result[target + column] = source[row * columns + column] }
          for column in row..<columns { result[target + column] = source[column * columns + row] }
        }
      }
    }
    return result
  }

  /// Keeps the lower triangle of the rows and columns at the ascending `indices`; what is above
  /// it afterwards has no meaning.
  public mutating func keepLowerTriangle(of indices: [Int]) {
    let old = columns
    let new = indices.count
    elements.withUnsafeMutableBufferPointer { values in
      // Every element moves towards the front, so that the copy may run in place.
      for (row, oldRow) in indices.enumerated() {
        for column in 0...row {
          values[row * new + column] = values[oldRow * old + indices[column]]
        }
      }
    }
    elements.removeLast(elements.count - new * new)
    rows = new
    columns = new
  }

  /// The sum of squares of each row.
  public func squaredRowNorms() -> [Double] {
    elements.withUnsafeBufferPointer { values in
      (0..<rows).map { row in
        guard columns > 0, let base = values.baseAddress else { return 0 }
        let start = base + row * columns
        return cblas_ddot(blasInteger(columns), start, 1, start, 1)
      }
    }
  }

  /// Subtracts the sum of squares of each column from the value of that column in `values`.
  public func subtractSquaredColumnNorms(from values: inout [Double]) {
    values.withUnsafeMutableBufferPointer { values in
      elements.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          for column in 0..<columns {
            let value = source[row * columns + column]
            values[column] -= value * value
          }
        }
      }
    }
  }
}

/// Returns the sum of products of elements at equal places.
public func innerProduct(_ a: Matrix, _ b: Matrix) -> Double {
  guard a.rows == b.rows, a.columns == b.columns else {
    fatalError("\(a.rows) x \(a.columns) and \(b.rows) x \(b.columns) differ in shape")
  }
  return a.elements.withUnsafeBufferPointer { a in
    b.elements.withUnsafeBufferPointer { b in
      var sum = 0.0
      // Row sums of a fixed size keep the length within BLAS' 32 bits, and the rounding small.
      for start in stride(from: 0, to: a.count, by: 4096) {
        guard let x = a.baseAddress, let y = b.baseAddress else { break }
        let count = min(4096, a.count - start)
        sum += cblas_ddot(blasInteger(count), x + start, 1, y + start, 1)
      }
      return sum
    }
  }
}
