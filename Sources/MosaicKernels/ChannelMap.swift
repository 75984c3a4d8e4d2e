public import MosaicCore

/// A matrix that makes channels of others, at every place by itself.
public struct ChannelMap: Sendable {
  /// Where the channels lie that it reads.
  private let axis: ChannelAxis
  /// How many it makes.
  public let count: Int
  /// [count, channels]; rearranged as `PackedRows` where channels are last.
  private let matrix: [Float]

  /// - Parameter matrix: [count, axis.count].
  public init(_ matrix: [Float], count: Int, axis: ChannelAxis) {
    precondition(matrix.count == count * axis.count)
    self.axis = axis
    self.count = count
    guard axis.inner == 1 else {
      self.matrix = matrix
      return
    }
    let size = PackedRows.elementCount(rows: count, inner: axis.count)
    self.matrix = [Float](unsafeUninitializedCapacity: size) { packed, filled in
      if let base = packed.baseAddress {
        PackedRows.pack(matrix, into: base, rows: count, inner: axis.count)
      }
      filled = size
    }
  }

  /// `y = matrix · x` at every place.
  ///
  /// - Parameters:
  ///   - x: As `axis` says.
  ///   - y: [axis.outer, count, axis.inner]; overlaps no operand.
  public func apply(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    matrix.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress else { return }
      if axis.inner == 1 {
        linear(
          x, xStride: axis.count,
          weight: CollectionOfOne(PackedRows(elements: matrix, count: count)), into: y,
          yStride: count, m: axis.outer, k: axis.count)
        return
      }
      for block in 0..<axis.outer {
        product(
          matrix, x + block * axis.count * axis.inner, into: y + block * count * axis.inner,
          m: count, n: axis.inner, k: axis.count)
      }
    }
  }
}
