public import MosaicIR

/// What decides which units of a group go.
public enum Criterion: String, Sendable, CaseIterable {
  /// Second order, with refit: `SecondOrderRefit`.
  case obs
  case magnitude
  case random
}

/// Returns each unit's squared weight norm: the consumer's columns of it and its producers' rows.
///
/// - Parameters:
///   - consumer: `[outputs, units * unitSize]`, row-major.
///   - producers: Each `[units * unitSize, inputs]`, row-major; `inputs` may differ.
/// - Precondition: All weights are whole units.
public func magnitudeImportance(
  consumer: [Float], outputs: Int, unitSize: Int, producers: [[Float]]
) -> [Double] {
  precondition(outputs > 0 && unitSize > 0 && consumer.count.isMultiple(of: outputs * unitSize))
  let width = consumer.count / outputs
  var importance = [Double](repeating: 0, count: width / unitSize)
  for (index, value) in consumer.enumerated() {
    importance[index % width / unitSize] += Double(value) * Double(value)
  }
  for producer in producers where width > 0 {
    precondition(producer.count.isMultiple(of: width))
    let inputs = producer.count / width
    for (index, value) in producer.enumerated() {
      importance[index / inputs / unitSize] += Double(value) * Double(value)
    }
  }
  return importance
}

extension PruningGroup {
  /// Each unit's squared weight norm: its columns of all consumers and its rows of what makes it.
  ///
  /// - Parameter weights: The dense values of a weight, row-major.
  public func magnitudes(in graph: Graph, weights: (ValueID) -> [Float]) -> [Double] {
    var importance = [Double](repeating: 0, count: unitCount)
    func add(_ weight: ValueID, columns: Int, _ element: (Int) -> Int, _ places: UnitPlaces) {
      let unit = places.units(count: unitCount, among: columns)
      for (index, value) in weights(weight).enumerated() {
        guard let unit = unit[element(index)] else { continue }
        importance[unit] += Double(value) * Double(value)
      }
    }
    for use in consumptions {
      let columns = use.consumer.columns
      add(use.consumer.weight, columns: columns, { $0 % columns }, use.places)
    }
    for row in rows where graph[row.value].type.rank >= 2 {
      let shape = graph[row.value].type.sampleShape
      let inner = shape.dropFirst().reduce(1, *)
      add(row.value, columns: shape[0], { $0 / max(inner, 1) }, row.places)
    }
    return importance
  }
}

/// Returns a uniform number in [0, 1) for each unit, a function of `seed`, `stream` (the group, say)
/// and the unit alone.
///
/// Source: the mixing function of SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014.
public func randomImportance(units: Int, seed: UInt64, stream: UInt64 = 0) -> [Double] {
  let key = mixed(mixed(seed) ^ stream)
  return (0..<units).map { Double(mixed(key ^ UInt64($0)) >> 11) * 0x1p-53 }
}

/// Returns the units left, ascending, once the `count` of least importance are gone; of equals the
/// first goes first.
///
/// - Precondition: `count` is in `0..<importance.count`.
public func unitsKept(importance: [Double], removing count: Int) -> [Int] {
  precondition((0..<importance.count).contains(count))
  let order = importance.indices.sorted { (importance[$0], $0) < (importance[$1], $1) }
  return order[count...].sorted()
}

/// Returns the consumer with only the columns of `kept`, nothing refitted.
///
/// - Parameter weight: `[outputs, units * unitSize]`, row-major.
/// - Precondition: `kept` is ascending and within the units of `weight`.
public func removalWithoutRefit(
  of weight: [Float], outputs: Int, unitSize: Int, kept: [Int]
) -> UnitRemoval {
  let columns = columnsOfUnits(kept, unitSize: unitSize)
  let width = outputs > 0 ? weight.count / outputs : 0
  var narrow: [Float] = []
  narrow.reserveCapacity(outputs * columns.count)
  for output in 0..<outputs {
    for column in columns { narrow.append(weight[output * width + column]) }
  }
  return UnitRemoval(
    kept: kept, weight: narrow, biasChange: Array(repeating: 0, count: outputs), loss: .nan)
}

/// Spreads a number's bits: of near numbers none of the results are near.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
