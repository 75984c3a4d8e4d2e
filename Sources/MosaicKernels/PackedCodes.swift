internal import CMosaicSIMD

/// Rows of a weight rounded to integers of -127 to 127 times a scale a row, and rearranged for
/// products as `PackedRows` are.
public struct PackedCodes {
  public var codes: UnsafePointer<Int8>
  /// One a row.
  public var scales: UnsafePointer<Float>
  /// Rows that are packed.
  public var count: Int

  public init(codes: UnsafePointer<Int8>, scales: UnsafePointer<Float>, count: Int) {
    self.codes = codes
    self.scales = scales
    self.count = count
  }

  /// Codes that `rows` rows of `inner` elements take when packed.
  public static func codeCount(rows: Int, inner: Int) -> Int { mosaic_packed_count(rows, inner) }

  /// Scales that `rows` rows take when packed.
  public static func scaleCount(rows: Int) -> Int { mosaic_packed_scale_count(rows) }

  /// Writes weight [rows, inner] rounded to the nearest codes; a row's scale is its largest magnitude
  /// by 127.
  ///
  /// - Parameters:
  ///   - codes: Memory for `codeCount(rows:inner:)` codes.
  ///   - scales: Memory for `scaleCount(rows:)` floats.
  public static func pack(
    _ weight: UnsafePointer<Float>, into codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>, rows: Int, inner: Int
  ) {
    mosaic_pack_rows_int8(weight, codes, scales, rows, inner)
  }

  /// Writes the rows as floats in the order of `PackedRows`: `PackedRows.elementCount` of them.
  func unpackPanels(into packed: UnsafeMutablePointer<Float>, inner: Int) {
    mosaic_unpack_panels_int8(codes, scales, packed, count, inner)
  }

  /// Writes the rounded rows in their order: [count, inner].
  public func unpack(into weight: UnsafeMutablePointer<Float>, inner: Int) {
    let floats = PackedRows.elementCount(rows: count, inner: inner)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, floats)) { panels in
      guard let panels = panels.baseAddress else { return }
      unpackPanels(into: panels, inner: inner)
      PackedRows(elements: panels, count: count).unpack(into: weight, inner: inner)
    }
  }

  /// Some of the rows, from a multiple of `PackedRows.grain` on.
  public func taking(_ rows: Range<Int>, inner: Int) -> PackedCodes {
    PackedCodes(
      codes: codes + rows.lowerBound * inner, scales: scales + rows.lowerBound, count: rows.count)
  }
}

/// `y = activation(x · weightᵀ + bias)` for a weight of codes: x [m, k], the packed weight [n, k], bias
/// [n], y [m, n], as `linear` is for `PackedRows`.
///
/// A few columns of the weight at a time become floats, which stay in cache while all rows of x pass.
public func linear(
  _ x: UnsafePointer<Float>, xStride: Int, weight: some Collection<PackedCodes>,
  bias: UnsafePointer<Float>? = nil, activation: Activation = .none,
  into y: UnsafeMutablePointer<Float>, yStride: Int, m: Int, k: Int
) {
  // Half of a second-level cache of 1 MiB, in whole panels.
  let block = max(1, (1 << 17) / max(1, k * PackedRows.grain)) * PackedRows.grain
  let capacity = max(1, PackedRows.elementCount(rows: block, inner: k))
  withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { panels in
    guard let panels = panels.baseAddress else { return }
    var column = 0
    for part in weight {
      for first in stride(from: 0, to: part.count, by: block) {
        let rows = first..<min(first + block, part.count)
        part.taking(rows, inner: k).unpackPanels(into: panels, inner: k)
        linear(
          x, xStride: xStride,
          weight: CollectionOfOne(PackedRows(elements: panels, count: rows.count)),
          bias: bias.map { $0 + column }, activation: activation, into: y + column,
          yStride: yStride, m: m, k: k)
        column += rows.count
      }
    }
  }
}
