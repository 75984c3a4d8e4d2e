#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random numbers by position: a number is a function of seed, stream, item and index, and of
/// nothing else, so it is the same however many are drawn, in whatever order and on whatever
/// thread.
///
/// Layout: a seed and a stream make a 64-bit key, the first two words of Philox under the seed at
/// counter (stream, 2⁶⁴ - 1). Under that key the counter is (block, item), each 64 bits, and a
/// block holds four words of 32 bits. Streams keep purposes apart, items keep samples apart.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11.
public struct CounterRandom: Sendable {
  private let key: SIMD2<UInt32>

  public init(seed: UInt64, stream: UInt64) {
    let mixed = philox4x32(
      counter: CounterRandom.counter(block: stream, item: .max), key: CounterRandom.words(of: seed))
    key = SIMD2(mixed[0], mixed[1])
  }

  /// The four words of `block`.
  public func uint32s(at block: UInt64, item: UInt64) -> SIMD4<UInt32> {
    philox4x32(counter: CounterRandom.counter(block: block, item: item), key: key)
  }

  /// The four standard normals of `block`, by Box and Muller from two words a pair: magnitudes
  /// reach 6.7.
  ///
  /// Machines agree but for the last place of their logarithm and cosine.
  public func normals(at block: UInt64, item: UInt64) -> SIMD4<Double> {
    let bits = uint32s(at: block, item: item)
    let first = CounterRandom.normalPair(bits[0], bits[1])
    let second = CounterRandom.normalPair(bits[2], bits[3])
    return SIMD4(first.0, first.1, second.0, second.1)
  }

  /// Fills `buffer` with the standard normals of `item` from index `offset` on.
  ///
  /// - Precondition: `offset >= 0`.
  public func fillNormal(
    _ buffer: UnsafeMutableBufferPointer<Float>, item: UInt64, offset: Int = 0
  ) {
    precondition(offset >= 0)
    var position = 0
    while position < buffer.count {
      let index = offset + position
      let lane = index % 4
      let block = normals(at: UInt64(index / 4), item: item)
      let count = min(4 - lane, buffer.count - position)
      for step in 0..<count { buffer[position + step] = Float(block[lane + step]) }
      position += count
    }
  }

  /// An integer of `0..<bound`, taken from block `index` of `item`.
  ///
  /// No value is more likely than another by more than `bound`·2⁻⁶⁴.
  ///
  /// - Precondition: `bound > 0`.
  ///
  /// Source: Lemire, "Fast Random Integer Generation in an Interval", 2019, without its rejection,
  /// which would make the words used depend on what they hold.
  public func integer(below bound: Int, item: UInt64, index: UInt64 = 0) -> Int {
    precondition(bound > 0)
    let bits = uint32s(at: index, item: item)
    let word = UInt64(bits[0]) | UInt64(bits[1]) << 32
    return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Box and Muller's pair. The half keeps the logarithm finite.
  private static func normalPair(_ first: UInt32, _ second: UInt32) -> (Double, Double) {
    let radius = (-2 * log((Double(first) + 0.5) * 0x1p-32)).squareRoot()
    let angle = 2 * Double.pi * (Double(second) * 0x1p-32)
    return (radius * cos(angle), radius * sin(angle))
  }

  private static func words(of value: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32))
  }

  private static func counter(block: UInt64, item: UInt64) -> SIMD4<UInt32> {
    SIMD4(lowHalf: words(of: block), highHalf: words(of: item))
  }
}

/// Philox 4x32 with ten rounds: a bijection of 128-bit counters under a 64-bit key.
func philox4x32(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
  var (k0, k1) = (key[0], key[1])
  for _ in 0..<10 {
    let first = UInt64(c0) &* 0xD251_1F53
    let second = UInt64(c2) &* 0xCD9E_8D57
    (c0, c1, c2, c3) = (
      UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0,
      UInt32(truncatingIfNeeded: second),
      UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1,
      UInt32(truncatingIfNeeded: first)
    )
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return SIMD4(c0, c1, c2, c3)
}
