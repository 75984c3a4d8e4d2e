internal import MosaicSurgery

extension StatisticsFile {
  /// Joins the shards of one calibration, in whatever order they are given: the same bytes as one
  /// run over all samples.
  ///
  /// - Parameter shards: Each with the path it was read from. A shard that is there twice counts
  ///   once.
  /// - Throws: `StatisticsError` where shards differ in settings, overlap, or leave leaves out.
  public static func merged(
    _ shards: [(path: String, file: StatisticsFile)]
  ) throws -> StatisticsFile {
    guard let first = shards.first else {
      preconditionFailure("nothing to merge")
    }
    var parts: [(path: String, file: StatisticsFile)] = []
    for shard in shards.sorted(by: {
      ($0.file.statistics.leaves.lowerBound, $0.path)
        < ($1.file.statistics.leaves.lowerBound, $1.path)
    }) where !shard.file.statistics.leaves.isEmpty {
      if let (field, found, other) = shard.file.identity.difference(from: first.file.identity)
        ?? first.file.identity.difference(from: shard.file.identity)
      {
        throw StatisticsError(
          path: shard.path,
          reason: .otherFile(field: field, found: found, other: other, path: first.path))
      }
      let statistics = shard.file.statistics
      if let field = statistics.difference(
        buckets: first.file.statistics.buckets, widths: first.file.statistics.widths)
      {
        throw StatisticsError(path: shard.path, reason: .field(field))
      }
      let leaves = statistics.leaves
      if let last = parts.last, last.file.statistics.leaves.overlaps(leaves) {
        // The same shard made twice is the same bytes.
        if last.file.statistics.leaves == leaves,
          last.file.statistics.finals == shard.file.statistics.finals
        {
          continue
        }
        throw StatisticsError(path: shard.path, reason: .overlap(leaves, path: last.path))
      }
      parts.append(shard)
    }
    let total = first.file.statistics.leafCount
    try checkCoverage(parts.map(\.file.statistics.leaves), total, path: first.path)
    let all = parts.map(\.file.statistics)
    let statistics = CalibrationStatistics(
      buckets: all[0].buckets, widths: all[0].widths, leaves: 0..<total, leafCount: total,
      finals: all.flatMap(\.finals), finalSamples: all[0].finalSamples,
      nodes: SummationNode.nodes(within: 0..<total),
      source: MergedMoments(parts: all))
    return StatisticsFile(
      identity: first.file.identity, statistics: statistics,
      sensitivity: parts.count == 1 ? parts[0].file.sensitivity : nil)
  }

  /// - Throws: `StatisticsError.Reason.incomplete` for a shard.
  public func requireAllLeaves(path: String) throws(StatisticsError) {
    try Self.checkCoverage([statistics.leaves], statistics.leafCount, path: path)
  }

  /// Checks that the file is laid out as its settings make of the subject.
  ///
  /// - Throws: `StatisticsError.Reason.field`.
  public func requireLayout(of subject: CalibrationSubject, path: String) throws(StatisticsError) {
    if let field = statistics.difference(
      buckets: subject.buckets, widths: subject.consumers.map(\.columns))
    {
      throw StatisticsError(path: path, reason: .field(field))
    }
    let gains = sensitivity?.groupGains ?? []
    guard gains.allSatisfy({ [0, subject.groups.count].contains($0.count) }) else {
      throw StatisticsError(
        path: path, reason: .tensor("sensitivity.group_gains", "must have a column a group"))
    }
  }

  private static func checkCoverage(
    _ leaves: [Range<Int>], _ total: Int, path: String
  ) throws(StatisticsError) {
    var missing: [Range<Int>] = []
    var end = 0
    for range in leaves + [total..<total] {
      if range.lowerBound > end { missing.append(end..<range.lowerBound) }
      end = range.upperBound
    }
    guard missing.isEmpty else {
      throw StatisticsError(path: path, reason: .incomplete(missing: missing, leaves: total))
    }
  }
}

/// Moments whose nodes are added up from those of several shards when they are asked for.
private struct MergedMoments: MomentSource {
  /// In the order of their leaves, covering all.
  let parts: [CalibrationStatistics]

  func moments(bucket: Int, consumer: Int, node: Int) throws -> GramStatistics {
    var tree = SummationTree<GramStatistics> { $0.add($1) }
    for part in parts {
      for (index, node) in part.nodes.enumerated() {
        tree.append(
          node, try part.source.moments(bucket: bucket, consumer: consumer, node: index))
      }
    }
    return tree.nodes[node].value
  }

  func rows(bucket: Int, consumer: Int, node: Int) -> Int {
    var tree = SummationTree<Int> { $0 += $1 }
    for part in parts {
      for (index, node) in part.nodes.enumerated() {
        tree.append(
          node,
          part.source.rows(bucket: bucket, consumer: consumer, node: index))
      }
    }
    return tree.nodes[node].value
  }
}
