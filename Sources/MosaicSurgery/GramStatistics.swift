public import MosaicKernels

/// Second moments of one consumer's input over calibration rows, as sums in f64.
///
/// Sums add: statistics of disjoint samples merge into those of all of them.
public struct GramStatistics: Sendable, Equatable {
  /// Input columns of the consumer.
  public let width: Int
  /// The lower triangle of `Σ w x xᵀ`, row by row: (r, c), c ≤ r, lies at `r * (r + 1) / 2 + c`.
  public var gram: [Double]
  /// `Σ w x`.
  public var sum: [Double]
  /// `Σ w`: the number of rows, unless they were weighted.
  public var weight: Double
  /// Rows seen, whatever their weight.
  public var rows: Int

  /// Statistics of no rows.
  public init(width: Int) {
    self.width = width
    gram = Array(repeating: 0, count: width * (width + 1) / 2)
    sum = Array(repeating: 0, count: width)
    weight = 0
    rows = 0
  }

  /// Statistics of the rows of `inputs` [n, width], each of weight 1.
  ///
  /// - Precondition: `inputs` is whole rows.
  public init(width: Int, inputs: [Float]) {
    self.init(width: width)
    inputs.withUnsafeBufferPointer { add(rows: $0, scratch: GramScratch(width: width)) }
  }

  /// Adds rows of weight 1.
  ///
  /// - Parameters:
  ///   - inputs: [n, width].
  ///   - scratch: Made for `width`.
  /// - Precondition: `inputs` is whole rows.
  public mutating func add(rows inputs: UnsafeBufferPointer<Float>, scratch: GramScratch) {
    precondition(width > 0 && inputs.count.isMultiple(of: width))
    let count = inputs.count / width
    gram.withUnsafeMutableBufferPointer { gram in
      sum.withUnsafeMutableBufferPointer { sum in
        guard let rows = inputs.baseAddress, let products = gram.baseAddress,
          let columnSums = sum.baseAddress
        else { return }
        gramAccumulate(
          rows: rows, rowCount: count, width: width, rowStride: width, into: products,
          columnSums: columnSums, scratch: scratch)
      }
    }
    weight += Double(count)
    rows += count
  }

  /// Adds `scale` times the sums of `other`.
  ///
  /// - Precondition: The widths are equal.
  public mutating func add(_ other: GramStatistics, scaledBy scale: Double = 1) {
    precondition(width == other.width)
    accumulate(other.gram, into: &gram, scale: scale)
    accumulate(other.sum, into: &sum, scale: scale)
    weight += scale * other.weight
    rows += other.rows
  }

  /// Bytes that the sums of so many columns take.
  public static func byteCount(width: Int) -> Int {
    (width * (width + 1) / 2 + width) * MemoryLayout<Double>.size
  }

  /// The weighted mean of each column; zeros where there are no rows.
  public func mean() -> [Double] {
    weight > 0 ? sum.map { $0 / weight } : Array(repeating: 0, count: width)
  }
}

private func accumulate(_ source: [Double], into target: inout [Double], scale: Double) {
  target.withUnsafeMutableBufferPointer { target in
    source.withUnsafeBufferPointer { source in
      for index in 0..<target.count { target[index] += scale * source[index] }
    }
  }
}
