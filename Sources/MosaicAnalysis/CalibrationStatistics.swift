public import MosaicSurgery

/// What the refit knows: second moments of every consumer's input, bucket of steps by bucket.
public struct CalibrationStatistics: Sendable {
  /// Steps of each bucket.
  public let buckets: [Range<Int>]
  /// [bucket][group].
  public let moments: [[GramStatistics]]
  /// Variance of the final samples' elements: v of the closed form.
  public let variance: Double
  /// Mean square of the final samples' elements: m2 of the learning speed.
  public let secondMoment: Double

  /// The moments of neighbouring buckets as one, each step's rows weighted as given.
  ///
  /// - Parameter stepWeights: One for each step of the trajectory; zeros leave steps out, unless
  ///   they are all there is.
  public func moments(of range: Range<Int>, stepWeights: [Double]) -> [GramStatistics] {
    let inside = buckets.indices.filter { buckets[$0].overlaps(range) }
    let weights = inside.map { bucket in
      buckets[bucket].reduce(0) { $0 + stepWeights[$1] } / Double(buckets[bucket].count)
    }
    let total = weights.reduce(0, +)
    return moments[0].indices.map { group in
      var sum = GramStatistics(width: moments[0][group].width)
      for (bucket, weight) in zip(inside, weights) {
        // Weights are relative, so that the sum of weights stays near the number of rows.
        let share = total > 0 ? weight * Double(inside.count) / total : 1
        if share > 0 { sum.add(moments[bucket][group], scaledBy: share) }
      }
      return sum
    }
  }

  /// The fewest rows a column any Gram matrix over a range of steps has.
  public func rowsPerColumn(of range: Range<Int>) -> Double {
    let inside = buckets.indices.filter { buckets[$0].overlaps(range) }
    let perGroup = moments[0].indices.map { group in
      let rows = inside.reduce(0) { $0 + moments[$1][group].rows }
      return Double(rows) / Double(moments[0][group].width)
    }
    return perGroup.min() ?? 0
  }
}
