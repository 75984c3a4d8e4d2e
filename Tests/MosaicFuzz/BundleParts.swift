import CXXHash
import CZstd
import MosaicCore
import MosaicTestSupport

/// A bundle's parts as Formats/MOSAIC.md gives them, to be changed and sealed again with every
/// checksum right. Written from the specification, not with the reader's code.
struct BundleParts {
  static let headerSize = 128

  var header: [UInt8]
  /// Between header and manifest.
  var body: [UInt8]
  /// Decompressed.
  var manifest: [UInt8]

  init(_ file: [UInt8]) {
    header = Array(file[..<Self.headerSize])
    let offset = Int(Self.integer(header, at: 40))
    let rawSize = Int(Self.integer(header, at: 56))
    body = Array(file[Self.headerSize..<offset])
    let stored = Array(file[offset...])
    manifest = stored.count < rawSize ? Self.decompress(stored, size: rawSize) : stored
  }

  /// The file, with sizes and checksums of what it holds.
  ///
  /// - Parameters:
  ///   - stored: The manifest as stored; by default as it is.
  ///   - change: Applied to the header before its own checksum is taken.
  func sealed(
    stored: [UInt8]? = nil, rawSize: Int? = nil, change: (inout [UInt8]) -> Void = { _ in }
  ) -> [UInt8] {
    let stored = stored ?? manifest
    var header = header
    Self.set(&header, at: 40, UInt64(Self.headerSize + body.count))
    Self.set(&header, at: 48, UInt64(stored.count))
    Self.set(&header, at: 56, UInt64(rawSize ?? manifest.count))
    header.replaceSubrange(64..<96, with: stored.withUnsafeBytes { SHA256.hash($0) })
    Self.set(&header, at: 96, UInt64(Self.headerSize + body.count + stored.count))
    change(&header)
    Self.set(&header, at: 120, Self.checksum(header[..<120]))
    return header + body + stored
  }

  /// Takes every chunk's checksum anew from the bytes that the manifest says are its own.
  mutating func resealChunks() {
    guard var tree = WireTree(manifest[...]) else { return }
    tree.changeMessages(numbered: 2) { storage in
      storage.changeMessages(numbered: 2) { chunk in
        let offset = chunk.varint(numbered: 1) &- UInt64(Self.headerSize)
        let (end, overflow) = offset.addingReportingOverflow(chunk.varint(numbered: 2))
        guard !overflow, end <= body.count else { return }
        let sum = Self.checksum(body[Int(offset)..<Int(end)])
        for index in chunk.fields.indices where chunk.fields[index].number == 6 {
          chunk.fields[index].content = .fixed64(sum)
        }
      }
    }
    manifest = tree.encoded
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { mosaic_xxh64($0.baseAddress, $0.count) }
  }

  static func set(_ bytes: inout [UInt8], at offset: Int, _ value: UInt64) {
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
  }

  private static func integer(_ bytes: [UInt8], at offset: Int) -> UInt64 {
    bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }

  private static func decompress(_ frame: [UInt8], size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = ZSTD_decompress(buffer.baseAddress, size, frame, frame.count)
      precondition(count == size, "the seed's manifest is one zstd frame")
    }
  }

  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let room = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      count = ZSTD_compress(buffer.baseAddress, room, bytes, bytes.count, 1)
    }
  }
}

extension WireTree {
  fileprivate mutating func changeMessages(
    numbered number: UInt64, _ body: (inout WireTree) -> Void
  ) {
    for index in fields.indices where fields[index].number == number {
      guard case .message(var inner) = fields[index].content else { continue }
      body(&inner)
      fields[index].content = .message(inner)
    }
  }

  fileprivate func varint(numbered number: UInt64) -> UInt64 {
    for field in fields where field.number == number {
      if case .varint(let value) = field.content { return value }
    }
    return 0
  }
}
