internal import COpenBLAS

/// Memory that `gramAccumulate` needs for rows of one width; one thread uses it at a time.
public final class GramScratch: @unchecked Sendable {
  public let width: Int
  /// Rows in f64, `rowBlock` at a time.
  fileprivate let rows: UnsafeMutableBufferPointer<Double>
  /// The lower triangle of their products, in square storage.
  fileprivate let products: UnsafeMutableBufferPointer<Double>
  fileprivate let rowBlock: Int

  public init(width: Int) {
    self.width = width
    // About two megabytes of rows: enough that adding the triangle afterwards costs little.
    rowBlock = max(64, (1 << 18) / max(width, 1))
    rows = .allocate(capacity: rowBlock * width)
    rows.initialize(repeating: 0)
    products = .allocate(capacity: width * width)
    products.initialize(repeating: 0)
  }

  deinit {
    rows.deallocate()
    products.deallocate()
  }
}

/// Number of elements of the lower triangle, diagonal included, of a [width, width] matrix.
public func triangleCount(width: Int) -> Int { width * (width + 1) / 2 }

/// Adds `rowsᵀ · rows` to `products` and the columns' sums to `columnSums`, all in f64.
///
/// Products of f32 are exact in f64, so only the sums round.
///
/// - Parameters:
///   - rows: [rowCount, width], `rowStride` elements apart.
///   - products: The lower triangle by rows: element (i, j), j <= i, at i (i + 1) / 2 + j.
///   - columnSums: [width].
///   - scratch: Made for `width`.
public func gramAccumulate(
  rows: UnsafePointer<Float>, rowCount: Int, width: Int, rowStride: Int,
  into products: UnsafeMutablePointer<Double>, columnSums: UnsafeMutablePointer<Double>,
  scratch: GramScratch
) {
  guard scratch.width == width else {
    fatalError("scratch for width \(scratch.width) does not serve width \(width)")
  }
  if width == 0 { return }
  guard let wide = scratch.rows.baseAddress, let square = scratch.products.baseAddress else {
    return
  }
  for first in stride(from: 0, to: rowCount, by: scratch.rowBlock) {
    let count = min(scratch.rowBlock, rowCount - first)
    for row in 0..<count {
      let source = rows + (first + row) * rowStride
      let target = wide + row * width
      for column in 0..<width {
        let value = Double(source[column])
        target[column] = value
        columnSums[column] += value
      }
    }
    cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasTrans, blasInteger(width), blasInteger(count),
      1, wide, blasInteger(width), 0, square, blasInteger(width))
    var packed = products
    for row in 0..<width {
      let line = square + row * width
      for column in 0...row { packed[column] += line[column] }
      packed += row + 1
    }
  }
}
