import Foundation
import MosaicCore
import Testing

@testable import MosaicBundle

/// Every rule of the container, broken alone under correct checksums.
@Suite struct FormatRuleTests {
  private let scratch: Scratch
  private let image: BundleImage

  init() throws {
    scratch = try Scratch()
    image = try BundleImage(scratch)
  }

  private func found(_ image: BundleImage) throws -> BundleError.Reason? {
    reason(try scratch.write(image.sealed()))
  }

  /// What a reader says of a change to the manifest.
  private func found(_ change: (inout Manifest) -> Void) throws -> BundleError.Reason? {
    var image = image
    try image.change(change)
    return try found(image)
  }

  private func isInconsistent(
    _ section: String, _ change: (inout Manifest) -> Void
  ) throws -> Bool {
    guard case .inconsistent(let place, _) = try found(change) else { return false }
    return place == section
  }

  @Test func theUnchangedImageIsFine() throws {
    #expect(try found(image) == nil)
    let frame = try zstdFrame(image.manifest)
    let path = try scratch.write(image.sealed(stored: frame))
    #expect(reason(path) == nil)
  }

  // MARK: Versions

  @Test func newerVersionsAreNamed() throws {
    var changed = image
    changed.header = { $0.major = 2 }
    #expect(try found(changed) == .version(found: 2, supported: 1...1))
    changed.header = { $0.major = 0 }
    #expect(try found(changed) == .version(found: 0, supported: 1...1))
    changed.header = { $0.incompatibleFeatures = 1 << 5 }
    #expect(try found(changed) == .feature(bit: 5))
    changed.header = {
      $0.minor = 7
      $0.compatibleFeatures = .max
    }
    #expect(try found(changed) == nil)
  }

  @Test func unknownFieldsAreIgnored() throws {
    var changed = image
    // Field 1000, length-delimited.
    changed.manifest += [0xC2, 0x3E, 2, 0, 0]
    #expect(try found(changed) == nil)
  }

  // MARK: Header

  @Test func theHeaderPlacesTheManifest() throws {
    let rules: [(inout BundleHeader) -> Void] = [
      { $0.manifestOffset -= 1 }, { $0.manifestOffset += 1 }, { $0.manifestOffset = 0 },
      { $0.manifestOffset = .max }, { $0.manifestStoredSize += 1 },
      { $0.manifestStoredSize = .max }, { $0.manifestRawSize -= 1 },
      { $0.manifestRawSize = BundleLimits.manifestSize + 1 }, { $0.fileSize += 1 },
      { $0.fileSize -= 1 }, { $0.manifestSHA256[31] ^= 1 },
    ]
    for (index, rule) in rules.enumerated() {
      var changed = image
      changed.header = rule
      #expect(try found(changed) != nil, "rule \(index)")
    }
  }

  @Test func theManifestsCompressionIsBounded() throws {
    let raw =
      image.manifest + [0xC2, 0x3E, 0x80, 0x80, 0x40] + [UInt8](repeating: 0, count: 1 << 20)
    let frame = try zstdFrame(raw)
    let path = try scratch.write(image.sealed(stored: frame, rawSize: raw.count))
    #expect(
      reason(path)
        == .limit(what: "the manifest's compression", value: raw.count / frame.count, limit: 100))
  }

  // MARK: Chunk table

  @Test func chunksFillTheFileInOrder() throws {
    #expect(try isInconsistent("chunk 0") { $0.chunks[0].offset += 64 })
    #expect(try isInconsistent("chunk 1") { $0.chunks[1].offset = $0.chunks[0].offset })
    #expect(try isInconsistent("chunk 1") { $0.chunks[1].offset += 1 })
    #expect(try isInconsistent("chunk 1") { $0.chunks[1].offset = 1 << 60 })
    #expect(try isInconsistent("chunk 0") { $0.chunks[0].storedSize = 0 })
    #expect(try isInconsistent("chunk 0") { $0.chunks[0].storedSize = 1 << 60 })
    #expect(try isInconsistent("chunk 0") { $0.chunks.swapAt(0, 1) })
    #expect(try isInconsistent("the chunk table") { $0.chunks.removeLast() })
    #expect(try isInconsistent("chunk 0") { $0.chunks[0].sha256.removeLast() })
    #expect(
      try found { $0.chunks[0].rawSize = (16 << 20) + 1 }
        == .limit(what: "chunk 0's raw size", value: (16 << 20) + 1, limit: 16 << 20))
  }

  @Test func paddingIsZero() throws {
    let chunks = try image.value().chunks
    let end = chunks[0].offset + chunks[0].storedSize
    #expect(chunks[1].offset > end)
    var changed = image
    changed.body[end - 128] = 1
    #expect(
      try found(changed)
        == .inconsistent(section: "the padding before chunk 1", problem: "is not zero"))
  }

  @Test func planesAddUp() throws {
    let sizes: [Int]
    guard case .planes(4, let stored) = try image.value().chunks[0].codec else {
      Issue.record("chunk 0 has no planes")
      return
    }
    sizes = stored
    let wrong: [Manifest.Chunk.Codec] = [
      .raw, .planes(elementSize: 3, sizes: [1, 1, 1]),
      .planes(elementSize: 4, sizes: [sizes[0] + 1, sizes[1], sizes[2], sizes[3]]),
      .planes(elementSize: 4, sizes: Array(sizes.dropLast())),
      .planes(elementSize: 4, sizes: [sizes[0] + sizes[1], 0, sizes[2], sizes[3]]),
      .planes(elementSize: 4, sizes: [1 << 62, 1 << 62, sizes[2], sizes[3]]),
      .planes(elementSize: 2, sizes: [sizes[0] + sizes[1], sizes[2] + sizes[3]]), .zstd,
    ]
    for codec in wrong {
      #expect(try isInconsistent("chunk 0") { $0.chunks[0].codec = codec }, "\(codec)")
    }
  }

  @Test func anUnknownCodecIsRefusedWhenItsChunkIsRead() throws {
    var changed = image
    try changed.change { $0.chunks[0].codec = .unknown(9) }
    let reader = try BundleReader(path: try scratch.write(changed.sealed()))
    #expect(
      throws: BundleError(
        path: scratch.path(), reason: .unsupported(kind: "codec", name: "9", place: "chunk 0"))
    ) {
      try reader.load(tensor: 0)
    }
    #expect(try bytes(reader.load(tensor: 3)) == [UInt8](repeating: 0, count: 4096))
  }

  @Test func contentHashesAreVerified() throws {
    #expect(
      try found { $0.chunks[0].sha256[0] ^= 1 }
        == .inconsistent(
          section: "chunk 0", problem: "its content is not what its SHA-256 names"))
  }

  // MARK: Compressed bombs

  @Test func framesDeclareWhatTheyHold() throws {
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    // A last block that repeats a zero so many times (RFC 8878, 3.1.1.2).
    func zeros(_ count: Int) -> [UInt8] {
      let header = count << 3 | 3
      return [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0]
    }
    let half = try zstdFrame([UInt8](repeating: 0, count: 2048))
    // Single segment, content size in two bytes less 256.
    let right = magic + [0x60, 0x00, 0x0F] + zeros(4096)
    #expect(isFrame(right))
    let wrong: [(String, [UInt8])] = [
      ("declared small", magic + [0x60, 0x00, 0x0E] + zeros(4096)),
      ("holds more than declared", magic + [0x60, 0x00, 0x0F] + zeros(128 << 10)),
      ("holds less than declared", magic + [0x60, 0x00, 0x0F] + zeros(4095)),
      ("declared huge", magic + [0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40] + zeros(4096)),
      ("unknown size, window of 2^31", magic + [0x00, 0xA8] + zeros(4096)),
      ("dictionary", magic + [0x61, 7, 0x00, 0x0F] + zeros(4096)),
      ("two frames", half + half), ("trailing byte", right + [0]),
      ("trailing frame", try right + zstdFrame([])), ("truncated", right.dropLast()),
      ("skippable", [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]),
      ("skippable first", [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0] + right), ("empty", []),
    ]
    for (name, frame) in wrong {
      #expect(!isFrame(frame), "\(name)")
    }
  }

  private func isFrame(_ bytes: [UInt8]) -> Bool {
    let output = OwnedBytes(count: 4096)
    defer { withExtendedLifetime(output) {} }
    return bytes.withUnsafeBytes { Zstd.decode($0, into: output.memory) }
  }

  @Test func bombsAreRefusedUnderRightChecksums() throws {
    let index = try #require(try image.value().chunks.firstIndex { $0.codec == .zstd })
    let size = try image.value().chunks[index].storedSize
    var changed = image
    try changed.replaceChunk(index, with: [UInt8](repeating: 0, count: size))
    let expected = BundleError.Reason.inconsistent(
      section: "chunk \(index)",
      problem: "is not one zstd frame of the size the manifest gives")
    #expect(try found(changed) == expected)
    // The frame as it is, for raw sizes it does not have.
    for rawSize in [4097, 1 << 24] {
      #expect(try found { $0.chunks[index].rawSize = rawSize } == expected)
    }
  }

  @Test func memoryIsBoundedByTheCaller() throws {
    // A small file whose tensor repeats one chunk 2^16 times: 2^28 bytes.
    var changed = image
    let index = try #require(try image.value().chunks.firstIndex { $0.codec == .zstd })
    try changed.change {
      let piece = Manifest.Tensor.Piece(chunk: index, offset: 0, byteCount: 4096)
      $0.tensors[3].pieces = Array(repeating: piece, count: 1 << 16)
      $0.tensors[3].shape = [1 << 16, 4096]
    }
    #expect(
      try found(changed) == .memory(what: "tensor 'zeros'", needs: 1 << 28, limit: 1 << 24))
    let reader = try BundleReader(path: scratch.path(), memoryLimit: 1000)
    #expect(throws: BundleError.self) { try reader.variant(at: 0) }
  }

  private func zstdFrame(_ bytes: [UInt8]) throws -> [UInt8] {
    let encoder = try #require(Zstd.Encoder(level: 1))
    let output = OwnedBytes(count: Zstd.bound(bytes.count))
    defer { withExtendedLifetime(output) {} }
    let size = try #require(bytes.withUnsafeBytes { encoder.encode($0, into: output.memory) })
    return Array(output.memory[..<size])
  }
}
