internal import COpenBLAS

/// `y = a · b`: a [m, k], b [k, n], y [m, n], row-major and dense. `y` overlaps no operand.
public func product(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  m: Int, n: Int, k: Int
) {
  if m == 0 || n == 0 { return }
  if k == 0 { return y.update(repeating: 0, count: m * n) }
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasNoTrans, blasInteger(m), blasInteger(n), blasInteger(k),
    1, a, blasInteger(k), b, blasInteger(n), 0, y, blasInteger(n))
}
