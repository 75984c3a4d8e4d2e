internal import MosaicIR

/// Sets of elements that lie alike: as many elements along the same axes, pinned alike. The units of
/// one group are a family.
struct UnitFamilies {
  struct Family {
    var unitCount = 0
    /// The axes that hold its elements, and how many; places are nil where they are not regular, and
    /// where the family is pinned.
    var axes: [(slot: Int, count: Int, places: UnitPlaces?)] = []
    /// Why its elements stay; nil where they need not.
    var pin: String?
  }

  /// In the order of the nodes that take them up, their units in the order of those nodes' columns.
  private(set) var families: [Family] = []
  /// Of a set's root: the family, -1 for none, and the unit.
  private var family: [Int32]
  private var unit: [Int32]
  /// The root of each element.
  private let roots: [Int32]

  init(_ coupling: AxisCoupling) {
    var sets = coupling.sets
    roots = (0..<sets.count).map { Int32(sets.root(of: $0)) }
    family = Array(repeating: -1, count: sets.count)
    unit = family
    let signatures = Self.signatures(coupling, roots, &sets)
    var known: [UInt64: Int] = [:]
    for use in coupling.consumers {
      for element in coupling.slots.elements(of: use.slot) ?? 0..<0 {
        let root = Int(roots[element])
        guard family[root] < 0 else { continue }
        let number = known[signatures[root]] ?? families.count
        if number == families.count {
          known[signatures[root]] = number
          let reason = coupling.reasons[sets.reason(of: root)]
          families.append(Family(pin: reason.isEmpty ? nil : reason))
        }
        family[root] = Int32(number)
        unit[root] = Int32(families[number].unitCount)
        families[number].unitCount += 1
      }
    }
    placeUnits(coupling.slots)
  }

  /// Of each root a number that says along which axes its set has how many elements, and its pin.
  private static func signatures(
    _ coupling: AxisCoupling, _ roots: [Int32], _ sets: inout ElementSets
  ) -> [UInt64] {
    var signatures = [UInt64](repeating: 0, count: roots.count)
    for slot in 0..<coupling.slots.count {
      for element in coupling.slots.elements(of: slot) ?? 0..<0 {
        let root = Int(roots[element])
        signatures[root] = mixed(signatures[root] ^ UInt64(slot + 1))
      }
    }
    for root in signatures.indices where roots[root] == root {
      signatures[root] = mixed(signatures[root] ^ UInt64(sets.reason(of: root)))
    }
    return signatures
  }

  private mutating func placeUnits(_ slots: AxisSlots) {
    var seen = [Int32](repeating: 0, count: roots.count)
    var counts = [Int](repeating: 0, count: families.count)
    var members: [Int] = []
    for slot in 0..<slots.count {
      guard let elements = slots.elements(of: slot) else { continue }
      var present: [Int] = []
      for element in elements {
        let number = Int(family[Int(roots[element])])
        guard number >= 0 else { continue }
        if counts[number] == 0 { present.append(number) }
        counts[number] += 1
      }
      // The elements of one family after those of another.
      var ends: [Int] = []
      for number in present {
        ends.append((ends.last ?? 0) + counts[number])
        counts[number] = (ends.last ?? 0) - counts[number]
      }
      members = Array(repeating: 0, count: ends.last ?? 0)
      for element in elements {
        let number = Int(family[Int(roots[element])])
        guard number >= 0 else { continue }
        members[counts[number]] = element
        counts[number] += 1
      }
      var start = 0
      for (number, end) in zip(present, ends) {
        let places = places(of: number, members[start..<end], from: elements.lowerBound, &seen)
        families[number].axes.append((slot, end - start, places))
        counts[number] = 0
        start = end
      }
    }
  }

  /// Where the units of a family lie whose elements along an axis are `members`, ascending, and the
  /// axis' own begin at `first`.
  private func places(
    of number: Int, _ members: ArraySlice<Int>, from first: Int, _ seen: inout [Int32]
  ) -> UnitPlaces? {
    let units = families[number].unitCount
    guard families[number].pin == nil, members.count.isMultiple(of: units) else { return nil }
    let size = members.count / units
    var positions = [Int](repeating: -1, count: members.count)
    defer { for element in members { seen[Int(roots[element])] = 0 } }
    for element in members {
      let root = Int(roots[element])
      guard seen[root] < size else { return nil }
      positions[Int(unit[root]) * size + Int(seen[root])] = element - first
      seen[root] += 1
    }
    return UnitPlaces(positions, units: units)
  }
}
