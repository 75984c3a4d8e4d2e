internal import MosaicCore

/// The first 128 bytes of a bundle.
struct BundleHeader: Equatable {
  static let size = 128
  /// Not ASCII, then a name, then line ends of both kinds and an end of file: a transfer that
  /// changes text changes these.
  static let magic: [UInt8] =
    [0x89] + Array("MOSAIC".utf8) + [0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0]
  static let supportedMajor: ClosedRange<UInt32> = 1...1

  var major: UInt32 = 1
  var minor: UInt32 = 0
  /// An unknown bit means the file cannot be read.
  var incompatibleFeatures: UInt64 = 0
  /// An unknown bit can be ignored.
  var compatibleFeatures: UInt64 = 0
  var manifestOffset: Int
  var manifestStoredSize: Int
  var manifestRawSize: Int
  var manifestSHA256: [UInt8]
  var fileSize: Int

  var bytes: [UInt8] {
    var result = Self.magic
    func append<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) }
    }
    append(major)
    append(minor)
    append(incompatibleFeatures)
    append(compatibleFeatures)
    append(UInt64(manifestOffset))
    append(UInt64(manifestStoredSize))
    append(UInt64(manifestRawSize))
    result += manifestSHA256
    append(UInt64(fileSize))
    result += [UInt8](repeating: 0, count: 16)
    append(result.withUnsafeBytes { xxh64($0) })
    return result
  }
}

extension BundleHeader {
  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - bytes: The first 128 bytes of the file, or all where it is shorter.
  ///   - fileSize: The file's true size.
  init(_ bytes: UnsafeRawBufferPointer, fileSize trueSize: Int) throws(BundleError.Reason) {
    try Self.checkMagic(bytes)
    guard bytes.count == Self.size else {
      throw .truncated(section: "the header", needs: Self.size, left: bytes.count)
    }
    // Every major version keeps the magic, the version and this checksum where they are, so that
    // damage is told from a newer format.
    guard xxh64(bytes.slice(0..<120)) == bytes.integer(at: 120) else {
      throw .checksum(section: "the header")
    }
    major = bytes.integer(at: 16)
    minor = bytes.integer(at: 20)
    guard Self.supportedMajor.contains(major) else {
      throw .version(found: major, supported: Self.supportedMajor)
    }
    incompatibleFeatures = bytes.integer(at: 24)
    compatibleFeatures = bytes.integer(at: 32)
    guard incompatibleFeatures == 0 else {
      throw .feature(bit: incompatibleFeatures.trailingZeroBitCount)
    }
    guard bytes[104..<120].allSatisfy({ $0 == 0 }) else {
      throw .inconsistent(section: "the header", problem: "its reserved bytes are not zero")
    }
    manifestSHA256 = Array(bytes[64..<96])

    let declared = try Self.size(bytes, at: 96, "file size")
    guard declared <= trueSize else {
      throw .truncated(section: "the file", needs: declared, left: trueSize)
    }
    guard declared == trueSize else { throw .trailing(bytes: trueSize - declared) }
    fileSize = declared
    manifestOffset = try Self.size(bytes, at: 40, "manifest offset")
    manifestStoredSize = try Self.size(bytes, at: 48, "manifest size")
    manifestRawSize = try Self.size(bytes, at: 56, "manifest raw size")
    try checkManifestPlace()
  }

  private func checkManifestPlace() throws(BundleError.Reason) {
    guard manifestRawSize <= BundleLimits.manifestSize else {
      throw .limit(
        what: "the manifest's size", value: manifestRawSize, limit: BundleLimits.manifestSize)
    }
    guard manifestOffset >= Self.size, manifestOffset <= fileSize,
      manifestStoredSize == fileSize - manifestOffset
    else {
      throw .inconsistent(
        section: "the header",
        problem: "the manifest of \(manifestStoredSize) bytes at \(manifestOffset) does not end "
          + "with the file of \(fileSize)")
    }
    guard manifestStoredSize <= manifestRawSize, manifestStoredSize > 0 else {
      throw .inconsistent(
        section: "the header",
        problem: "the manifest has \(manifestStoredSize) bytes stored for \(manifestRawSize)")
    }
    guard manifestRawSize / manifestStoredSize <= BundleLimits.manifestRatio else {
      throw .limit(
        what: "the manifest's compression", value: manifestRawSize / manifestStoredSize,
        limit: BundleLimits.manifestRatio)
    }
  }

  private static func checkMagic(_ bytes: UnsafeRawBufferPointer) throws(BundleError.Reason) {
    if bytes.count >= magic.count, bytes[..<magic.count].elementsEqual(magic) { return }
    let shared = min(bytes.count, magic.count)
    guard !bytes[..<shared].elementsEqual(magic[..<shared]) else {
      throw .truncated(section: "the header", needs: size, left: bytes.count)
    }
    let name = magic[1..<7]
    let hasName = bytes.count > 7 && bytes[1..<7].elementsEqual(name)
    guard hasName, bytes[0] & 0x7F == magic[0] & 0x7F else { throw .magic }
    throw .mangled
  }

  private static func size(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, _ name: String
  ) throws(BundleError.Reason) -> Int {
    let value: UInt64 = bytes.integer(at: offset)
    guard let size = Int(exactly: value) else {
      throw .inconsistent(section: "the header", problem: "its \(name) is \(value)")
    }
    return size
  }
}
