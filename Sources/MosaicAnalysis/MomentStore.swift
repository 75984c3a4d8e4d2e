internal import MosaicCore
internal import MosaicSurgery

/// Second moments by bucket, consumer and tree node, in memory or, where they do not fit, in a
/// temporary file that the system keeps in as much memory as there is.
///
/// Filled by one thread, then only read.
final class MomentStore: MomentSource, @unchecked Sendable {
  struct Key: Hashable {
    var bucket: Int
    var consumer: Int
    /// Of the nodes that the run's leaves make.
    var node: Int
  }

  private var inMemory: [Key: GramStatistics] = [:]
  private var places: [Key: (offset: Int, width: Int, weight: Double, rows: Int)] = [:]
  private var spill: SpillFile?

  /// - Parameter isSpilled: Whether moments go to a file.
  init(isSpilled: Bool) throws {
    if isSpilled { spill = try SpillFile() }
  }

  func put(_ moments: GramStatistics, at key: Key) throws {
    guard let spill else {
      inMemory[key] = moments
      return
    }
    let offset = try spill.append(moments.gram)
    _ = try spill.append(moments.sum)
    places[key] = (offset, moments.width, moments.weight, moments.rows)
  }

  func rows(bucket: Int, consumer: Int, node: Int) -> Int {
    let key = Key(bucket: bucket, consumer: consumer, node: node)
    return inMemory[key]?.rows ?? places[key]?.rows ?? 0
  }

  func moments(bucket: Int, consumer: Int, node: Int) throws -> GramStatistics {
    let key = Key(bucket: bucket, consumer: consumer, node: node)
    if let moments = inMemory[key] { return moments }
    guard let spill, let place = places[key] else {
      preconditionFailure("no moments of \(key)")
    }
    var moments = GramStatistics(width: place.width)
    moments.gram = try spill.read(at: place.offset, count: moments.gram.count)
    moments.sum = try spill.read(
      at: place.offset + moments.gram.count * MemoryLayout<Double>.size, count: place.width)
    moments.weight = place.weight
    moments.rows = place.rows
    return moments
  }
}
