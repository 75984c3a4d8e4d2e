internal import COpenBLAS

/// The eigenvectors of the largest eigenvalues of a symmetric matrix, largest first.
///
/// - Parameters:
///   - a: [n, n], of which the lower triangle is read; finite.
///   - count: At most n.
/// - Returns: [count, n], a row each of length 1; nil where the iteration does not converge.
public func leadingEigenvectors(of a: Matrix, count: Int) -> Matrix? {
  guard a.rows == a.columns else { fatalError("\(a.rows) x \(a.columns) is not square") }
  let size = a.rows
  let wanted = min(count, size)
  if wanted == 0 { return Matrix(rows: 0, columns: size) }
  var (order, leading) = (blasInteger(size), blasInteger(size))
  var (first, last) = (blasInteger(size - wanted + 1), blasInteger(size))
  var (lower, upper, tolerance) = (0.0, 0.0, 0.0)
  var (found, info) = (Int32(0), Int32(0))
  var matrix = a.elements
  var values = [Double](repeating: 0, count: size)
  var vectors = [Double](repeating: 0, count: wanted * size)
  var support = [Int32](repeating: 0, count: 2 * wanted)
  var work = [Double](repeating: 0, count: 26 * size)
  var integers = [Int32](repeating: 0, count: 10 * size)
  var (workCount, integerCount) = (blasInteger(work.count), blasInteger(integers.count))
  // A row-major lower triangle is a column-major upper one.
  dsyevr_(
    "V", "I", "U", &order, &matrix, &leading, &lower, &upper, &first, &last, &tolerance, &found,
    &values, &vectors, &leading, &support, &work, &workCount, &integers, &integerCount, &info)
  guard info == 0, Int(found) == wanted else { return nil }
  var result = Matrix(rows: wanted, columns: size)
  for row in 0..<wanted {
    for column in 0..<size {
      result[row, column] = vectors[(wanted - 1 - row) * size + column]
    }
  }
  return result
}
