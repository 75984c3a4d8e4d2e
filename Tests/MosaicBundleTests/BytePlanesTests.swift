import MosaicTestSupport
import Testing

@testable import MosaicBundle

@Suite struct BytePlanesTests {
  /// Counts around the blocks of the kernels.
  @Test(arguments: [1, 2, 4, 8], [0, 1, 7, 63, 64, 65, 200])
  func planesJoinAgain(size: Int, count: Int) {
    var random = SplitMix64(seed: 3)
    let bytes = (0..<size * count).map { _ in UInt8.random(in: 0...255, using: &random) }
    var planes = [UInt8](repeating: 0xAA, count: bytes.count)
    var joined = planes
    bytes.withUnsafeBytes { source in
      planes.withUnsafeMutableBytes { BytePlanes.split(source, elementSize: size, into: $0) }
    }
    for (index, byte) in bytes.enumerated() {
      #expect(planes[index % size * count + index / size] == byte)
    }
    planes.withUnsafeBytes { source in
      joined.withUnsafeMutableBytes { target in
        let parts = (0..<size).map { source.slice($0 * count..<($0 + 1) * count) }
        BytePlanes.join(parts, into: target)
      }
    }
    #expect(joined == bytes)
  }
}
