/// In which order a bundle stores the units of a group, so that each variant keeps few runs of them.
struct UnitOrder: Equatable {
  /// The unit at each place. Units that no variant keeps come last.
  let units: [Int]
  /// Units that some variant keeps: the first places.
  let usedCount: Int

  /// Variants that may tell units apart; with more, units stay where they are.
  static let variantLimit = 64

  /// - Parameter kept: Units that each variant keeps, ascending.
  init(unitCount: Int, kept: [[Int]]) {
    guard kept.count <= Self.variantLimit else {
      units = Array(0..<unitCount)
      usedCount = unitCount
      return
    }
    var members = [UInt64](repeating: 0, count: unitCount)
    for (variant, units) in kept.enumerated() {
      for unit in units { members[unit] |= 1 << UInt64(variant) }
    }
    var places: [UInt64: Int] = [0: .max]
    for (place, mask) in MembershipOrder(of: Set(members)).masks.enumerated() {
      places[mask] = place
    }
    units = (0..<unitCount).sorted {
      (places[members[$0], default: 0], $0) < (places[members[$1], default: 0], $1)
    }
    usedCount = members.count { $0 != 0 }
  }

  /// Whether every unit is where it was.
  var isIdentity: Bool { units.indices.allSatisfy { units[$0] == $0 } }
}
