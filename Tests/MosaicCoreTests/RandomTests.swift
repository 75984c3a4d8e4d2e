import Foundation
import Testing

@testable import MosaicCore

@Suite struct RandomTests {
  /// The vectors published with Random123.
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func philoxGivesItsKnownAnswers(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>
  ) {
    #expect(philox4x32(counter: counter, key: key) == expected)
  }

  static func normals(
    _ random: CounterRandom, count: Int, item: UInt64 = 0, offset: Int = 0
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      buffer.initialize(repeating: .nan)
      random.fillNormal(buffer, item: item, offset: offset)
      filled = count
    }
  }

  @Test(arguments: [(0, 1), (1, 2), (3, 9), (4, 4), (7, 1), (5, 90)])
  func numbersDependOnTheirPlaceOnly(offset: Int, count: Int) {
    let random = CounterRandom(seed: 7, stream: 3)
    let all = RandomTests.normals(random, count: 100, item: 11)
    let some = RandomTests.normals(random, count: count, item: 11, offset: offset)
    #expect(some == Array(all[offset..<offset + count]))
  }

  @Test func seedsStreamsAndItemsDiffer() {
    let base = RandomTests.normals(CounterRandom(seed: 1, stream: 1), count: 8, item: 1)
    for (seed, stream, item) in [(2, 1, 1), (1, 2, 1), (1, 1, 2), (1 << 40, 1, 1), (1, 1 << 40, 1)]
    {
      let other = RandomTests.normals(
        CounterRandom(seed: UInt64(seed), stream: UInt64(stream)), count: 8, item: UInt64(item))
      #expect(zip(base, other).allSatisfy { $0 != $1 })
    }
  }

  /// Each bound is five standard errors of the moment for 2¹⁷ numbers.
  @Test func normalsHaveTheMomentsOfNormals() {
    let values = RandomTests.normals(CounterRandom(seed: 42, stream: 0), count: 1 << 17).map {
      Double($0)
    }
    let count = Double(values.count)
    func moment(_ power: Double) -> Double { values.reduce(0) { $0 + pow($1, power) } / count }
    #expect(abs(moment(1)) <= 5 * (1 / count).squareRoot())
    #expect(abs(moment(2) - 1) <= 5 * (2 / count).squareRoot())
    #expect(abs(moment(3)) <= 5 * (15 / count).squareRoot())
    #expect(abs(moment(4) - 3) <= 5 * (96 / count).squareRoot())
    let neighbours = zip(values, values.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / count
    #expect(abs(neighbours) <= 5 * (1 / count).squareRoot())
  }

  /// Kolmogorov and Smirnov: above 1.95 / sqrt(n) once in a thousand seeds; the seed is fixed.
  @Test func normalsHaveTheDistributionOfNormals() {
    let values = RandomTests.normals(CounterRandom(seed: 1, stream: 9), count: 1 << 15).sorted()
    let count = Double(values.count)
    var distance = 0.0
    for (index, value) in values.enumerated() {
      let expected = 0.5 * erfc(-Double(value) / 2.0.squareRoot())
      distance = max(
        distance, abs(expected - Double(index) / count), abs(expected - Double(index + 1) / count))
    }
    #expect(distance <= 1.95 / count.squareRoot())
  }

  /// Chi-square with 9 degrees of freedom is above 27.9 once in a thousand.
  @Test func integersAreUniform() {
    let random = CounterRandom(seed: 5, stream: 2)
    var counts = [Double](repeating: 0, count: 10)
    for item in 0..<20_000 { counts[random.integer(below: 10, item: UInt64(item))] += 1 }
    let chiSquare = counts.reduce(0) { $0 + ($1 - 2000) * ($1 - 2000) / 2000 }
    #expect(chiSquare <= 27.9)
    #expect(random.integer(below: 1, item: 3) == 0)
    #expect((0..<Int.max).contains(random.integer(below: .max, item: 3)))
  }
}
