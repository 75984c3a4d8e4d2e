/// Where a group's units lie along an axis: unit u is the elements
/// `start + u · block ..< start + (u + 1) · block` of every start.
///
/// Two starts are both halves of a GEGLU, or q, k and v of one product.
public struct UnitPlaces: Sendable, Hashable {
  /// Ascending; their runs do not overlap.
  public var starts: [Int]
  public var block: Int

  public init(starts: [Int] = [0], block: Int) {
    self.starts = starts
    self.block = block
  }

  /// Elements a unit.
  public var unitSize: Int { starts.count * block }

  /// The elements of `units`, ascending where the units are.
  public func elements(of units: some Collection<Int>) -> [Int] {
    starts.flatMap { start in
      units.flatMap { start + $0 * block..<start + ($0 + 1) * block }
    }
  }

  /// Unit by unit the elements of each, ascending.
  public func elementsByUnit(_ units: some Collection<Int>) -> [Int] {
    units.flatMap { elements(of: CollectionOfOne($0)) }
  }

  /// Of each of `extent` elements the unit, of `count` units; nil where it is of none.
  func units(count: Int, among extent: Int) -> [Int?] {
    var units = [Int?](repeating: nil, count: extent)
    for unit in 0..<count {
      for element in elements(of: CollectionOfOne(unit)) { units[element] = unit }
    }
    return units
  }

  /// The same places where each element has become `count` neighbours.
  func scaled(by count: Int) -> UnitPlaces {
    UnitPlaces(starts: starts.map { $0 * count }, block: block * count)
  }

  /// The places that `positions` are: those of each of `units` units in turn; nil where they are not
  /// regular.
  init?(_ positions: [Int], units: Int) {
    guard units > 0, !positions.isEmpty, positions.count.isMultiple(of: units) else { return nil }
    let size = positions.count / units
    let first = positions[..<size]
    // Neighbours in the first unit are a block.
    var block = 1
    while block < size, first[block] == first[0] + block { block += 1 }
    guard size.isMultiple(of: block) else { return nil }
    starts = stride(from: 0, to: size, by: block).map { first[$0] }
    self.block = block
    for unit in 0..<units {
      for index in 0..<size {
        let expected = starts[index / block] + unit * block + index % block
        guard positions[unit * size + index] == expected else { return nil }
      }
    }
  }
}
