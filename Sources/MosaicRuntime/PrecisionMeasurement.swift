public import MosaicBundle

/// What computing a variant's products in another precision changes.
public struct PrecisionMeasurement: Sendable, Equatable {
  public var precision: Precision
  /// Bytes of the variant's weights in memory.
  public var weightBytes: Int
  /// Largest |a - b| / max |b| of one forward's output a against the one in f32, b.
  public var relativeError: Double
}

extension BundleReader {
  /// Runs a forward of two samples of noise in every precision; those that this processor has no
  /// instructions for are computed slowly.
  ///
  /// - Precondition: The bundle has a variant of this number.
  /// - Throws: `BundleError` where the variant is damaged.
  public func measuredPrecisions(
    ofVariant number: Int, threads: Int
  ) throws -> [PrecisionMeasurement] {
    let variant = try variant(at: number)
    let batch = 2
    let inputs = RandomInputs(of: variant.program, batch: batch)
    defer { withExtendedLifetime(inputs) {} }
    var exact: [Float] = []
    return try Precision.allCases.map { precision in
      let executor = Executor(
        program: variant.program,
        weights: try VariantWeights(self, precision: precision).load(variant, threads: threads),
        threads: threads)
      let count = batch * variant.program.outputShape.reduce(1, *)
      let output = [Float](unsafeUninitializedCapacity: count) { buffer, filled in
        if let base = buffer.baseAddress {
          executor.run(inputs: inputs.addresses, output: base, batch: batch)
          filled = count
        }
      }
      if precision == .f32 { exact = output }
      return PrecisionMeasurement(
        precision: precision, weightBytes: executor.weightBytes,
        relativeError: relativeError(of: output, to: exact))
    }
  }

  private func relativeError(of values: [Float], to exact: [Float]) -> Double {
    let difference = zip(values, exact).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
    let largest = exact.reduce(0) { max($0, abs(Double($1))) }
    return largest > 0 ? difference / largest : difference
  }
}
