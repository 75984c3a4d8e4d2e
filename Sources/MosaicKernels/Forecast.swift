internal import CMosaicSIMD
public import MosaicCore

/// `y = Σ weight · x`, and a constant for each channel; a lone term of weight 1 without constants is
/// copied.
///
/// `y` must not overlap an operand.
///
/// - Parameters:
///   - terms: Of as many elements as `axis` says; there is at least one.
///   - constants: By channel; empty for none.
///   - axis: Where the channels of `y` and of each term lie.
public func forecast(
  _ terms: [(values: UnsafePointer<Float>, weight: Float)], constants: [Float],
  into y: UnsafeMutablePointer<Float>, axis: ChannelAxis
) {
  let hasConstants = constants.count == axis.count
  if terms.count == 1, terms[0].weight == 1, !hasConstants {
    y.update(from: terms[0].values, count: axis.outer * axis.count * axis.inner)
    return
  }
  terms.map { Optional($0.values) }.withUnsafeBufferPointer { values in
    terms.map(\.weight).withUnsafeBufferPointer { weights in
      constants.withUnsafeBufferPointer { constants in
        mosaic_forecast(
          values.baseAddress, weights.baseAddress, terms.count,
          hasConstants ? constants.baseAddress : nil, y, axis.outer, axis.count, axis.inner)
      }
    }
  }
}
