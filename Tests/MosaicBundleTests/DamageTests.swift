import Foundation
import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct DamageTests {
  private let scratch: Scratch
  private let bytes: [UInt8]

  init() throws {
    scratch = try Scratch()
    try SmallBundle.write(to: scratch.path())
    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path())))
  }

  @Test func everyByteIsUnderAChecksum() throws {
    let content = try readAll(scratch.path())
    #expect(content.count == 12)
    let file = try scratch.handle(bytes, as: "damaged.mosaic")
    func write(_ byte: UInt8, at index: Int) throws {
      try file.seek(toOffset: UInt64(index))
      try file.write(contentsOf: [byte])
    }
    for index in bytes.indices {
      try write(bytes[index] ^ 1 << (index % 8), at: index)
      #expect(reason(scratch.path("damaged.mosaic")) != nil, "byte \(index)")
      try write(bytes[index], at: index)
    }
    #expect(try readAll(scratch.path("damaged.mosaic")) == content)
  }

  @Test func truncatedAnywhere() throws {
    let file = try scratch.handle(bytes, as: "short.mosaic")
    for count in bytes.indices.reversed() {
      try file.truncate(atOffset: UInt64(count))
      let found = reason(scratch.path("short.mosaic"))
      guard case .truncated = found else {
        Issue.record("\(count) bytes: \(String(describing: found))")
        continue
      }
    }
    let found = reason(try scratch.write(bytes + [0], as: "long.mosaic"))
    #expect(found == .trailing(bytes: 1))
  }

  @Test func damageToOneVariantLeavesTheOthers() throws {
    let reader = try BundleReader(path: scratch.path())
    let chunk = reader.manifest.chunks[0]
    var damaged = bytes
    damaged[chunk.offset] ^= 1
    let other = try BundleReader(path: try scratch.write(damaged))
    #expect(
      throws: BundleError(path: scratch.path(), reason: .checksum(section: "chunk 0"))
    ) {
      try other.load(tensor: 0)
    }
    #expect(
      try MosaicBundleTests.bytes(other.load(tensor: 4))
        == MosaicBundleTests.bytes(reader.load(tensor: 4)))
  }

  @Test func aFileThatShrinksIsAnErrorNotASignal() throws {
    let reader = try BundleReader(path: scratch.path())
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path()))
    try handle.truncate(atOffset: 130)
    #expect(throws: BundleError.self) { try reader.verify() }
  }

  @Test func filesThatAreNoBundles() throws {
    let magic = BundleHeader.magic
    func found(_ bytes: [UInt8]) throws -> BundleError.Reason? {
      reason(try scratch.write(bytes))
    }
    #expect(try found([]) == .truncated(section: "the header", needs: 128, left: 0))
    #expect(try found(Array("version https://git-lfs".utf8)) == .magic)
    // LF for CRLF, CRLF for LF, and seven bits.
    let rest = Array(bytes[16...])
    #expect(try found(Array(magic[..<7]) + [0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0] + rest) == .mangled)
    #expect(
      try found(Array(magic[..<7]) + [0x0D, 0x0D, 0x0A, 0x1A, 0x0D, 0x0A, 0, 0] + rest)
        == .mangled)
    #expect(try found([0x09] + magic[1...] + rest) == .mangled)
    #expect(
      reason(scratch.path("absent"))
        == .file(
          FileError(path: scratch.path("absent"), reason: .missing, isOutput: false)))
    #expect(
      reason(scratch.directory.path)
        == .file(
          FileError(path: scratch.directory.path, reason: .notRegular, isOutput: false)))
  }
}
