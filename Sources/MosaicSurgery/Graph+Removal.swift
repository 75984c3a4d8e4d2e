public import MosaicIR

extension Graph {
  /// The graph with only some units left in each group.
  ///
  /// - Parameter kept: Of each group the units that stay, ascending; nil for all.
  public func resizing(
    _ groups: [PruningGroup], keeping kept: [[Int]?]
  ) throws(GraphError) -> Graph {
    var lost: [ValueID: [Int: [Int]]] = [:]
    for (group, kept) in zip(groups, kept) {
      guard let kept, kept.count < group.unitCount else { continue }
      let gone = removed(kept, of: group.unitCount)
      for axis in group.rows + group.axes {
        lost[axis.value, default: [:]][axis.axis, default: []] += axis.places.elements(of: gone)
      }
      for use in group.consumptions {
        let taps = use.consumer.taps
        let columns = use.places.elements(of: gone)
        lost[use.consumer.weight, default: [:]][1, default: []] += stride(
          from: 0, to: columns.count, by: taps
        ).map { columns[$0] / taps }
      }
    }
    return try resizing(losing: lost.mapValues { $0.mapValues { $0.sorted() } })
  }
}

/// The numbers below `count` that `kept` does not hold, ascending.
func removed(_ kept: [Int], of count: Int) -> [Int] {
  var isKept = Array(repeating: false, count: count)
  for index in kept { isKept[index] = true }
  return isKept.indices.filter { !isKept[$0] }
}
