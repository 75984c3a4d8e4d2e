import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Which planes are compressed, and that what is stored decodes to what was there.
@Suite struct ChunkEncoderTests {
  private typealias Encoded = (codec: Manifest.Chunk.Codec, stored: [UInt8])

  private func encode(_ raw: [UInt8], elementSize: Int) throws -> Encoded {
    let encoder = ChunkEncoder(.standard)
    let result: Encoded = raw.withUnsafeBytes {
      let (codec, stored) = encoder.encode($0, elementSize: elementSize)
      return (codec, Array(stored))
    }
    let (codec, stored) = result
    let chunk = Manifest.Chunk(
      offset: 0, storedSize: stored.count, rawSize: raw.count, codec: codec,
      checksum: stored.withUnsafeBytes { xxh64($0) }, sha256: [])
    var decoded = [UInt8](repeating: 0xAA, count: raw.count)
    try stored.withUnsafeBytes { stored in
      try decoded.withUnsafeMutableBytes {
        try chunk.decode(stored, into: $0, buffers: ChunkBuffers(), index: 0)
      }
    }
    #expect(decoded == raw)
    return result
  }

  /// Bytes of which only those at `places` of each element are noise.
  private func elements(_ count: Int, size: Int, noiseAt places: Set<Int>) -> [UInt8] {
    var random = SplitMix64(seed: 11)
    return (0..<count * size).map { index in
      places.contains(index % size) ? UInt8(truncatingIfNeeded: random.next()) : 0x3F
    }
  }

  /// Small chunks, whose planes are tried whole, and large ones, of which a sample is.
  @Test(arguments: [1000, 1 << 20]) func onlyPlanesThatPayAreFrames(count: Int) throws {
    let raw = elements(count, size: 4, noiseAt: [0, 2])
    guard case .planes(4, let sizes) = try encode(raw, elementSize: 4).codec else {
      Issue.record("no planes")
      return
    }
    #expect(sizes[0] == count && sizes[2] == count)
    #expect(sizes[1] < count / 10 && sizes[3] < count / 10)
  }

  @Test(arguments: [1, 2, 4], [1000, 1 << 20]) func noiseStays(size: Int, count: Int) throws {
    let raw = elements(count, size: size, noiseAt: Set(0..<size))
    #expect(try encode(raw, elementSize: size).codec == .raw)
  }

  /// The sample is spread over the plane: a third that compresses is seen wherever it lies.
  @Test(arguments: 0..<3) func aThirdIsFound(third: Int) throws {
    var raw = elements(3 << 20, size: 1, noiseAt: [0])
    raw.replaceSubrange(
      third << 20..<(third + 1) << 20, with: [UInt8](repeating: 7, count: 1 << 20))
    let (codec, stored) = try encode(raw, elementSize: 1)
    #expect(codec == .zstd && stored.count < raw.count * 7 / 10)
  }
}
