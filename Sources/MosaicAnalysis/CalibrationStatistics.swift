public import MosaicSurgery

/// Second moments of each consumer's input, by its place in `groups.consumers`.
public typealias Moments = @Sendable (Int) throws -> GramStatistics

/// Where the moments of a calibration lie: in memory, or in a file.
protocol MomentSource: Sendable {
  /// - Parameter node: Index into the statistics' nodes.
  func moments(bucket: Int, consumer: Int, node: Int) throws -> GramStatistics
  func rows(bucket: Int, consumer: Int, node: Int) -> Int
}

/// What the refit knows: second moments of every consumer's input, bucket of steps by bucket.
public struct CalibrationStatistics: Sendable {
  /// Steps of each bucket.
  public let buckets: [Range<Int>]
  /// Columns of each consumer.
  public let widths: [Int]
  /// Samples are summed in leaves of `leafSize`; these are the ones in here.
  public let leaves: Range<Int>
  /// Leaves of the whole calibration.
  public let leafCount: Int
  /// The final samples of each leaf in here.
  public let finals: [FinalSums]
  /// The first final samples, [n · state]: what a fine-tune is compared with. Empty where the first
  /// leaf is not in here.
  public let finalSamples: [Float]
  let nodes: [SummationNode]
  let source: any MomentSource

  /// Samples a leaf of the summation tree.
  public static let leafSize = 16

  /// Sums over the elements of a leaf's final samples.
  public struct FinalSums: Sendable, Equatable {
    public var sum = 0.0
    public var square = 0.0
    public var count = 0.0
  }

  /// Where a file disagrees with what its settings make of the network: the name of the field.
  ///
  /// Settings are words in a file; what is indexed by them has to be checked.
  func difference(buckets: [Range<Int>], widths: [Int]) -> String? {
    if self.buckets != buckets { return "bucket_starts" }
    return self.widths == widths ? nil : "widths"
  }

  public var isComplete: Bool { leaves == 0..<leafCount }

  /// Variance of the final samples' elements: v of the closed form.
  public var variance: Double {
    let all = finalSums
    let mean = all.sum / max(all.count, 1)
    return secondMoment - mean * mean
  }

  /// Mean square of the final samples' elements: m2 of the learning speed.
  public var secondMoment: Double { finalSums.square / max(finalSums.count, 1) }

  private var finalSums: FinalSums {
    finals.reduce(into: FinalSums()) {
      $0.sum += $1.sum
      $0.square += $1.square
      $0.count += $1.count
    }
  }

  /// The moments of one bucket, the nodes of the summation tree added up.
  public func moments(ofBucket bucket: Int) -> Moments {
    { consumer in
      var tree = SummationTree<GramStatistics> { $0.add($1) }
      for (index, node) in nodes.enumerated() {
        tree.append(node, try source.moments(bucket: bucket, consumer: consumer, node: index))
      }
      return tree.total() ?? GramStatistics(width: widths[consumer])
    }
  }

  /// The moments of neighbouring buckets as one, each step's rows weighted as given.
  ///
  /// - Parameter stepWeights: One for each step of the trajectory; zeros leave steps out, unless
  ///   they are all there is.
  public func moments(of range: Range<Int>, stepWeights: [Double]) -> Moments {
    let inside = buckets.indices.filter { buckets[$0].overlaps(range) }
    let weights = inside.map { bucket in
      buckets[bucket].reduce(0) { $0 + stepWeights[$1] } / Double(buckets[bucket].count)
    }
    let total = weights.reduce(0, +)
    return { consumer in
      var sum = GramStatistics(width: widths[consumer])
      for (bucket, weight) in zip(inside, weights) {
        // Weights are relative, so that the sum of weights stays near the number of rows.
        let share = total > 0 ? weight * Double(inside.count) / total : 1
        if share > 0 { sum.add(try moments(ofBucket: bucket)(consumer), scaledBy: share) }
      }
      return sum
    }
  }

  /// The fewest rows a column any Gram matrix over a range of steps has.
  public func rowsPerColumn(of range: Range<Int>) -> Double {
    let inside = buckets.indices.filter { buckets[$0].overlaps(range) }
    let perConsumer = widths.indices.map { consumer in
      let rows = inside.reduce(0) { sum, bucket in
        nodes.indices.reduce(sum) { $0 + source.rows(bucket: bucket, consumer: consumer, node: $1) }
      }
      return Double(rows) / Double(widths[consumer])
    }
    return perConsumer.min() ?? 0
  }
}
