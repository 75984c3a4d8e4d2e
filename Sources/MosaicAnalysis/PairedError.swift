/// Paired errors of samples against dense ones from the same noise.
public struct PairedError: Sendable, Equatable {
  /// Mean over samples of the mean squared difference.
  public var mean: Double
  public var standardError: Double
  public var median: Double
  public var samples: Int

  /// - Parameters: [samples · size] each.
  public init(_ a: [Float], _ b: [Float], sampleSize size: Int) {
    self.init(sampleErrors(a, b, sampleSize: size))
  }

  /// - Parameter errors: The mean squared difference of each sample.
  public init(_ errors: [Double]) {
    let count = errors.count
    let mean = errors.reduce(0, +) / Double(max(count, 1))
    let square = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let sorted = errors.sorted()
    self.mean = mean
    standardError =
      count > 1 ? (square / Double(count - 1) / Double(count)).squareRoot() : .infinity
    median =
      count == 0 ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    samples = count
  }
}

/// The mean squared difference of each sample.
///
/// - Parameters: [samples · size] each.
func sampleErrors(_ a: [Float], _ b: [Float], sampleSize size: Int) -> [Double] {
  (0..<a.count / max(size, 1)).map { sample in
    var sum = 0.0
    for index in sample * size..<(sample + 1) * size {
      let difference = Double(a[index]) - Double(b[index])
      sum += difference * difference
    }
    return sum / Double(size)
  }
}

/// Mean of the squared differences; 0 of nothing.
public func meanSquare(_ a: [Float], _ b: [Float]) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) {
    let difference = Double(x) - Double(y)
    sum += difference * difference
  }
  return a.isEmpty ? 0 : sum / Double(a.count)
}
