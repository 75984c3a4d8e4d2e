/// Sets of variants in a row, so that each variant's sets are in few runs.
///
/// A set is a mask with a bit a variant. With a step between two masks for every bit in which they
/// differ, and empty masks at both ends, a bit's runs are half its steps. Few steps in all is a
/// shortest path; few for every bit at once is what balanced Gray codes have.
struct MembershipOrder {
  /// Runs that no variant should exceed.
  static let runLimit = 4

  private(set) var masks: [UInt64]
  /// Steps of each bit.
  private var steps: [Int]

  /// Takes the best of what descents from Gray codes find. Up to five variants none has more than
  /// `runLimit` runs, since leaving masks out of the balanced code adds none; from six on that is
  /// impossible where all masks occur: 63 masks take 64 steps or more, so 32 runs.
  ///
  /// - Parameter masks: Sets that occur; the empty one is left out.
  init(of masks: Set<UInt64>) {
    let found = masks.filter { $0 != 0 }
    var best = Self(found.sorted { Self.reflectedRank($0) < Self.reflectedRank($1) })
    best.descend()
    if found.allSatisfy({ $0 < Self.balanced.count }) {
      var other = Self(Self.balanced.filter(found.contains))
      other.descend()
      if other.cost < best.cost { best = other }
    }
    self = best
  }

  private init(_ masks: [UInt64]) {
    self.masks = masks
    let bits = UInt64.bitWidth - masks.reduce(0, |).leadingZeroBitCount
    steps = Array(repeating: 0, count: bits)
    for (before, after) in zip([0] + masks, masks + [0]) { count(before ^ after, 1) }
  }

  /// Runs of every variant.
  var runs: [Int] { steps.map { $0 / 2 } }

  /// What is over the limit counts most, then all runs.
  private var cost: (excess: Int, total: Int) {
    (
      runs.reduce(0) { $0 + max(0, $1 - Self.runLimit) },
      runs.reduce(0, +)
    )
  }

  /// Reverses stretches as long as that makes the cost smaller.
  private mutating func descend() {
    // Bounds the time for many masks; up to a thousand every stretch is tried.
    let longest = max(8, (1 << 20) / max(1, masks.count))
    for _ in 0..<16 {
      var improved = false
      for first in masks.indices {
        for last in first..<min(masks.count, first + longest) where reverses(first...last) {
          improved = true
        }
      }
      if !improved { return }
    }
  }

  /// Reverses a stretch if that makes the cost smaller, and says whether.
  private mutating func reverses(_ stretch: ClosedRange<Int>) -> Bool {
    let (first, last) = (masks[stretch.lowerBound], masks[stretch.upperBound])
    let before = stretch.lowerBound > 0 ? masks[stretch.lowerBound - 1] : 0
    let after = stretch.upperBound + 1 < masks.count ? masks[stretch.upperBound + 1] : 0
    let (old, new) = ([before ^ first, last ^ after], [before ^ last, first ^ after])
    let was = cost
    for mask in old { count(mask, -1) }
    for mask in new { count(mask, 1) }
    if cost < was {
      masks[stretch].reverse()
      return true
    }
    for mask in new { count(mask, -1) }
    for mask in old { count(mask, 1) }
    return false
  }

  private mutating func count(_ mask: UInt64, _ change: Int) {
    var rest = mask
    while rest != 0 {
      steps[rest.trailingZeroBitCount] += change
      rest &= rest - 1
    }
  }

  /// The place of a mask in the reflected Gray code.
  private static func reflectedRank(_ mask: UInt64) -> UInt64 {
    var rank = mask
    for shift in [1, 2, 4, 8, 16, 32] as [UInt64] { rank ^= rank >> shift }
    return rank
  }

  /// A Gray code of five bits in which bits have 4, 3, 3, 3 and 3 runs.
  private static let balanced: [UInt64] = [
    0, 1, 3, 7, 15, 31, 30, 28, 24, 16, 17, 19, 23, 22, 6, 14,
    12, 8, 9, 11, 10, 2, 18, 26, 27, 25, 29, 13, 5, 21, 20, 4,
  ]
}
