internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A bundle opened for reading.
///
/// Opening reads the header and the manifest, checks both whole, and verifies the program of every
/// variant; tensors are read when asked for. All methods may be called from several threads.
public final class BundleReader: Sendable {
  public let path: String
  public let manifest: Manifest
  public let fileSize: Int
  /// The bundle's identity: SHA-256 of the manifest's content as stored, with the hashes of the
  /// raw chunks and without the manner of their storage.
  public let contentDigest: [UInt8]
  /// Bytes that one tensor or the weights of one variant may take.
  public let memoryLimit: Int
  let file: PositionedFile
  let cache = ChunkCache()

  /// - Parameter memoryLimit: Bytes that one tensor or the weights of one variant may take.
  /// - Throws: `BundleError` naming what is wrong with the file.
  public init(
    path: String, memoryLimit: Int = BundleReader.physicalMemory
  ) throws(BundleError) {
    self.path = path
    self.memoryLimit = memoryLimit
    do {
      let file = try Self.open(path)
      let header = try Self.header(of: file)
      let raw = try Self.manifest(of: file, header)
      defer { withExtendedLifetime(raw) {} }
      let decoded = try DecodedManifest(
        UnsafeRawBufferPointer(raw.memory), end: header.manifestOffset)
      self.file = file
      fileSize = file.size
      manifest = decoded.manifest
      contentDigest = decoded.contentDigest
    } catch {
      throw BundleError(path: path, reason: error)
    }
  }

  /// Bytes of memory of this machine.
  public static var physicalMemory: Int {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES))
      .multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? BundleLimits.size : bytes
  }

  /// A variant that this reader can run.
  ///
  /// - Throws: `BundleError` where its program holds what a newer mosaic wrote, or its weights and
  ///   arena for one sample are over the memory limit.
  public func variant(at index: Int) throws(BundleError) -> Manifest.Variant {
    precondition(manifest.variants.indices.contains(index))
    let variant = manifest.variants[index]
    try checkIsKnown(variant)
    let elements = variant.program.weights.reduce(variant.program.arenaSize) {
      $0 + (elementCount(of: $1.shape) ?? 0)
    }
    guard 4 * elements <= memoryLimit else {
      throw BundleError(
        path: path,
        reason: .memory(
          what: "variant '\(printable(variant.name))'", needs: 4 * elements, limit: memoryLimit))
    }
    return variant
  }

  func checkIsKnown(_ variant: Manifest.Variant) throws(BundleError) {
    if let unsupported = variant.unsupported {
      throw BundleError(
        path: path, reason: .unknownProgram(variant: variant.name, what: unsupported))
    }
  }

  private static func open(_ path: String) throws(BundleError.Reason) -> PositionedFile {
    do { return try PositionedFile(path: path) } catch { throw .file(error) }
  }

  private static func header(
    of file: PositionedFile
  ) throws(BundleError.Reason) -> BundleHeader {
    let bytes = OwnedBytes(count: min(BundleHeader.size, file.size))
    defer { withExtendedLifetime(bytes) {} }
    try file.read(at: 0, into: bytes.memory, section: "the header")
    return try BundleHeader(UnsafeRawBufferPointer(bytes.memory), fileSize: file.size)
  }

  private static func manifest(
    of file: PositionedFile, _ header: BundleHeader
  ) throws(BundleError.Reason) -> OwnedBytes {
    let stored = OwnedBytes(count: header.manifestStoredSize)
    defer { withExtendedLifetime(stored) {} }
    try file.read(at: header.manifestOffset, into: stored.memory, section: "the manifest")
    let bytes = UnsafeRawBufferPointer(stored.memory)
    guard SHA256.hash(bytes) == header.manifestSHA256 else {
      throw .checksum(section: "the manifest")
    }
    guard header.manifestStoredSize < header.manifestRawSize else { return stored }
    let raw = OwnedBytes(count: header.manifestRawSize)
    guard Zstd.decode(bytes, into: raw.memory) else {
      throw .inconsistent(
        section: "the manifest", problem: "is not one zstd frame of the size the header gives")
    }
    return raw
  }
}
