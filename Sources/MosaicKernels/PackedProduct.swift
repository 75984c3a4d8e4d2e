internal import CMosaicSIMD

/// Rows of a weight rearranged for products: what `PackedRows.pack` wrote.
public struct PackedRows {
  public var elements: UnsafePointer<Float>
  /// Rows that are packed.
  public var count: Int

  public init(elements: UnsafePointer<Float>, count: Int) {
    self.elements = elements
    self.count = count
  }

  /// Floats that `rows` rows of `inner` elements take when packed.
  public static func elementCount(rows: Int, inner: Int) -> Int { mosaic_packed_count(rows, inner) }

  /// Writes weight [rows, inner] rearranged to `packed`, which must not overlap it.
  ///
  /// - Parameter packed: Memory for `elementCount(rows:inner:)` floats.
  public static func pack(
    _ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, rows: Int, inner: Int
  ) {
    mosaic_pack_rows(weight, packed, rows, inner)
  }

  /// Writes the rows as they were before: [count, inner].
  public func unpack(into weight: UnsafeMutablePointer<Float>, inner: Int) {
    for row in 0..<count { mosaic_unpack_row(elements, weight + row * inner, row, count, inner) }
  }

  /// Rows may be taken apart at multiples of this many.
  public static let grain = 48
}

/// `y = activation(x · weightᵀ + bias)`: x [m, k], packed weight [n, k], bias [n], y [m, n].
///
/// Every element of y is summed in the order of k, so neither the batch, nor threads, nor how the
/// rows are divided shows in the result. `y` must not overlap an operand.
///
/// - Parameters:
///   - xStride: Distance between rows of x, in elements; at least `k`.
///   - weight: Parts of the weight's rows whose counts add up to `n`.
///   - yStride: Distance between rows of y, in elements; at least `n`. What lies between rows is
///     left alone.
public func linear(
  _ x: UnsafePointer<Float>, xStride: Int, weight: some Collection<PackedRows>,
  bias: UnsafePointer<Float>? = nil, activation: Activation = .none,
  into y: UnsafeMutablePointer<Float>, yStride: Int, m: Int, k: Int
) {
  var column = 0
  for part in weight {
    if m > 0, part.count > 0 {
      mosaic_packed_product(
        x, xStride, part.elements, bias.map { $0 + column }, y + column, yStride, m, part.count, k,
        activation.number)
    }
    column += part.count
  }
}

/// Rows of a weight rounded to bf16 and rearranged for products; pairs of neighbours along k are one
/// element.
public struct PackedPairs {
  public var elements: UnsafePointer<UInt32>
  /// Rows that are packed.
  public var count: Int

  public init(elements: UnsafePointer<UInt32>, count: Int) {
    self.elements = elements
    self.count = count
  }

  /// Pairs that `rows` rows of `inner` elements take when packed.
  public static func elementCount(rows: Int, inner: Int) -> Int {
    mosaic_packed_bf16_count(rows, inner)
  }

  /// Pairs that a row of `inner` elements is.
  public static func rowCount(inner: Int) -> Int { (inner + 1) / 2 }

  /// Writes weight [rows, inner] rounded and rearranged to `packed`.
  ///
  /// - Parameter packed: Memory for `elementCount(rows:inner:)` pairs.
  public static func pack(
    _ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<UInt32>, rows: Int,
    inner: Int
  ) {
    mosaic_pack_rows_bf16(weight, packed, rows, inner)
  }

  /// Writes the rounded rows in their order: [count, inner].
  public func unpack(into weight: UnsafeMutablePointer<Float>, inner: Int) {
    for row in 0..<count {
      mosaic_unpack_row_bf16(elements, weight + row * inner, row, count, inner)
    }
  }

  /// Rounds x [m, inner] for a product: [m, rowCount(inner:)] pairs.
  public static func round(
    _ x: UnsafePointer<Float>, xStride: Int, into pairs: UnsafeMutablePointer<UInt32>, m: Int,
    inner: Int
  ) {
    mosaic_round_rows(x, xStride, pairs, m, inner)
  }
}

/// `y = activation(x · weightᵀ + bias)` of operands in bf16 with sums in f32: x [m, k] and the packed
/// weight [n, k] as pairs, bias [n], y [m, n].
///
/// The products' sums are in the order of k, in pairs; where the processor adds a pair in one
/// instruction, it rounds otherwise than two additions do.
///
/// - Parameters:
///   - x: What `PackedPairs.round` wrote.
///   - weight: Parts of the weight's rows whose counts add up to `n`.
public func linear(
  _ x: UnsafePointer<UInt32>, weight: some Collection<PackedPairs>,
  bias: UnsafePointer<Float>? = nil, activation: Activation = .none,
  into y: UnsafeMutablePointer<Float>, yStride: Int, m: Int, k: Int
) {
  var column = 0
  for part in weight {
    if m > 0, part.count > 0 {
      mosaic_packed_product_bf16(
        x, part.elements, bias.map { $0 + column }, y + column, yStride, m, part.count, k,
        activation.number)
    }
    column += part.count
  }
}

extension Activation {
  fileprivate var number: Int32 {
    switch self {
    case .none: Int32(MOSAIC_NO_ACTIVATION)
    case .silu: Int32(MOSAIC_SILU)
    case .geluTanh: Int32(MOSAIC_GELU_TANH)
    case .geluErf: Int32(MOSAIC_GELU_ERF)
    }
  }
}
