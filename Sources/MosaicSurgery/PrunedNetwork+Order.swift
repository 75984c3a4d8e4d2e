extension PrunedNetwork {
  /// The same network taken from dense weights whose units have moved: rows and columns follow the
  /// new order. `kept` stays as it is: the units' own numbers, ascending.
  ///
  /// - Parameter orders: Of each group the unit at each place; nil where none has moved.
  public func reordered(_ groups: [PruningGroup], by orders: [[Int]?]) -> PrunedNetwork {
    var moved = replacements
    for (number, group) in groups.enumerated() {
      guard let order = orders[number], case .values(let weight) = replacements[group.consumer]
      else { continue }
      let columns = Dictionary(
        uniqueKeysWithValues: kept[number].enumerated().map { ($1, $0) })
      let places = order.indices.filter { columns[order[$0]] != nil }
      let rows = columnsOfUnits(places, unitSize: group.unitSize)
      for producer in group.producers { moved[producer] = .rows(rows) }
      let sources = columnsOfUnits(
        places.compactMap { columns[order[$0]] }, unitSize: group.unitSize)
      var values: [Float] = []
      values.reserveCapacity(weight.count)
      for start in stride(from: 0, to: weight.count, by: max(1, sources.count)) {
        for column in sources { values.append(weight[start + column]) }
      }
      moved[group.consumer] = .values(values)
    }
    return PrunedNetwork(graph: graph, kept: kept, replacements: moved)
  }
}
