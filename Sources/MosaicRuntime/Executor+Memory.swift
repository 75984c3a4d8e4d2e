internal import MosaicBundle

extension Executor {
  /// Bytes of the weights as they are in memory.
  public var weightBytes: Int {
    weights.reduce(0) { sum, weight in
      switch weight {
      case .plain(let rows): sum + rows.count * MemoryLayout<Float>.size
      case .packed(let matrix): sum + matrix.byteCount
      }
    }
  }

  /// Bytes of what a run of a batch computes on its way, those of all workers at once.
  public func activationBytes(batch: Int) -> Int {
    let chunk = chunkSize(batch: batch)
    let workers = min(threads, (batch + chunk - 1) / chunk)
    return (workers * chunk * program.arenaSize + batch * scalarPart.size)
      * MemoryLayout<Float>.size
  }
}
