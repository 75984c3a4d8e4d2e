internal import MosaicCore

/// Random numbers in a row.
struct Draws {
  private let random: CounterRandom
  private var count: UInt64 = 0

  init(seed: UInt64) { random = CounterRandom(seed: seed, stream: 0x6576_6F6C) }

  mutating func integer(below bound: Int) -> Int {
    defer { count += 1 }
    return random.integer(below: bound, item: count)
  }

  /// Uniform in (0, 1].
  mutating func fraction() -> Double { Double(integer(below: 1 << 30) + 1) / Double(1 << 30) }
}
