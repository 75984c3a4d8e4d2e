#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How far states lie from those taken as correct, over all elements of all samples.
public struct StateError: Sendable, Equatable {
  /// Mean of (a - b)².
  public var meanSquared: Double
  /// max |a - b| / max |a|; infinite where an element is not a number.
  public var relative: Double
  /// Between the largest and the least element of a.
  public var dataRange: Double
  /// Of the angle between the two as vectors; 1 where both are zero.
  public var cosine: Double

  /// Peak signal-to-noise ratio in decibels, the peak being the data's range; infinite for equal
  /// states.
  public var peakSignalToNoise: Double {
    meanSquared == 0 ? .infinity : 10 * log10(dataRange * dataRange / meanSquared)
  }

  /// - Precondition: Both have the same number of elements, at least one.
  public init(_ reference: [Float], _ candidate: [Float]) {
    precondition(reference.count == candidate.count && !reference.isEmpty)
    var (squares, largest) = (0.0, 0.0)
    var (lowest, highest) = (Double.infinity, -Double.infinity)
    var (dot, referenceNorm, candidateNorm) = (0.0, 0.0, 0.0)
    for (first, second) in zip(reference, candidate) {
      let (a, b) = (Double(first), Double(second))
      let gap = abs(a - b)
      squares += gap * gap
      // NaN compares false: it must count as the worst there is.
      if !(gap <= largest) { largest = gap.isNaN ? .infinity : gap }
      lowest = min(lowest, a)
      highest = max(highest, a)
      dot += a * b
      referenceNorm += a * a
      candidateNorm += b * b
    }
    meanSquared = squares / Double(reference.count)
    relative = largest == 0 ? 0 : largest / max(abs(lowest), abs(highest))
    dataRange = highest - lowest
    let norms = (referenceNorm * candidateNorm).squareRoot()
    cosine = norms > 0 ? dot / norms : referenceNorm == candidateNorm ? 1 : 0
  }
}
