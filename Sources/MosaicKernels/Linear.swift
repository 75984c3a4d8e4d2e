internal import CMosaicSIMD
internal import COpenBLAS

/// `y = activation(x · weightᵀ + bias)`: x [m, k], weight [n, k], bias [n], y [m, n].
///
/// For a weight that is read once or a few times; `PackedRows` are quicker for one that is read often.
/// Products of few rows run at the speed the weights are read, the others in OpenBLAS. `y` must not
/// overlap an operand.
///
/// - Parameters:
///   - xStride: Distance between rows of x, in elements; at least `k`.
///   - yStride: Distance between rows of y, in elements; at least `n`. What lies between rows is
///     left alone.
public func linear(
  _ x: UnsafePointer<Float>, xStride: Int, weight: UnsafePointer<Float>,
  bias: UnsafePointer<Float>? = nil, activation: Activation = .none,
  into y: UnsafeMutablePointer<Float>, yStride: Int, m: Int, n: Int, k: Int
) {
  if m == 0 || n == 0 { return }
  if m <= fewRows {
    mosaic_row_product(x, xStride, weight, bias, y, yStride, m, n, k)
  } else {
    // A product that adds to y costs no more than one that writes it, so the bias rides along.
    if let bias {
      for row in 0..<m { (y + row * yStride).update(from: bias, count: n) }
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasInteger(m), blasInteger(n), blasInteger(k), 1, x,
      blasInteger(xStride), weight, blasInteger(max(k, 1)), bias == nil ? 0 : 1, y,
      blasInteger(yStride))
  }
  if activation == .none { return }
  if yStride == n {
    activate(activation, y, into: y, count: m * n)
  } else {
    for row in 0..<m { activate(activation, y + row * yStride, into: y + row * yStride, count: n) }
  }
}

/// Up to here own dot products beat OpenBLAS, which packs all weights first; with AVX-512 they do so
/// for longer.
private let fewRows = mosaic_processor_level() == 4 ? 48 : 16

/// `x · xᵀ` of x [rows, n]: [rows, rows].
public func gramOfRows(_ x: [Float], rows: Int) -> [Float] {
  guard rows > 0 else { return [] }
  precondition(x.count.isMultiple(of: rows))
  let size = x.count / rows
  return [Float](unsafeUninitializedCapacity: rows * rows) { products, count in
    x.withUnsafeBufferPointer { x in
      if let x = x.baseAddress, let products = products.baseAddress {
        linear(
          x, xStride: size, weight: x, into: products, yStride: rows, m: rows, n: rows, k: size)
      }
    }
    count = rows * rows
  }
}
