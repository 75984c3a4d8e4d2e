internal import MosaicCore

/// A manifest as its file holds it, with the header that vouches for it.
struct SealedManifest {
  let stored: OwnedBytes
  let header: BundleHeader

  /// - Parameter offset: Where the manifest starts in the file.
  /// - Throws: What a reader would say of the manifest.
  init(_ manifest: Manifest, at offset: Int) throws(BundleError.Reason) {
    let raw = try manifest.encoded()
    defer { withExtendedLifetime(raw) {} }
    let bytes = UnsafeRawBufferPointer(raw.memory)
    guard bytes.count <= BundleLimits.manifestSize else {
      throw .limit(
        what: "the manifest's size", value: bytes.count, limit: BundleLimits.manifestSize)
    }
    _ = try DecodedManifest(bytes, end: offset)
    let stored = Self.compress(raw)
    defer { withExtendedLifetime(stored) {} }
    self.stored = stored
    // The lowest version that has what the manifest holds.
    let hasOrders = manifest.groups.contains { !$0.order.isEmpty }
    let minor: UInt32 = manifest.scheduler.isOfFirstVersion ? hasOrders ? 1 : 0 : 2
    header = BundleHeader(
      minor: minor, manifestOffset: offset, manifestStoredSize: stored.memory.count,
      manifestRawSize: bytes.count,
      manifestSHA256: SHA256.hash(UnsafeRawBufferPointer(stored.memory)),
      fileSize: offset + stored.memory.count)
  }

  /// One zstd frame, or the bytes themselves where that is no smaller or beyond the ratio that
  /// readers accept. Sizes alone tell which: equal ones mean raw.
  private static func compress(_ raw: OwnedBytes) -> OwnedBytes {
    let bytes = UnsafeRawBufferPointer(raw.memory)
    let room = OwnedBytes(count: Zstd.bound(bytes.count))
    defer { withExtendedLifetime((raw, room)) {} }
    guard let size = Zstd.Encoder(level: 1)?.encode(bytes, into: room.memory),
      size < bytes.count, bytes.count / size <= BundleLimits.manifestRatio
    else { return raw }
    return OwnedBytes(copying: UnsafeRawBufferPointer(room.memory.slice(0..<size)), count: size)
  }
}
