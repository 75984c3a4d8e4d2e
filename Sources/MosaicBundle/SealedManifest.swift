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
    header = BundleHeader(
      minor: manifest.minorVersion, manifestOffset: offset, manifestStoredSize: stored.memory.count,
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

extension Manifest {
  /// The lowest minor version that has what the manifest holds.
  fileprivate var minorVersion: UInt32 {
    let units = variants.lazy.flatMap(\.program.reusableUnits)
    if plans.contains(where: { $0.maps != nil }) || units.contains(where: { $0.input != nil }) {
      return 5
    }
    if !plans.isEmpty || variants.contains(where: { !$0.program.reusableUnits.isEmpty }) {
      return 4
    }
    let operations = variants.lazy.flatMap(\.program.instructions).map(\.operation)
    if !model.isOfFirstVersion || operations.contains(where: { $0.needsVersion4 }) { return 4 }
    if operations.contains(where: { $0.needsVersion3 }) { return 3 }
    if !scheduler.isOfFirstVersion { return 2 }
    return groups.contains { !$0.order.isEmpty } ? 1 : 0
  }
}

extension ModelDescription {
  fileprivate var isOfFirstVersion: Bool {
    conditioningInputs.isEmpty && timestepScale == 1 && sampleShape.count == 3
  }
}

extension Program.Operation {
  fileprivate var needsVersion3: Bool {
    if case .addRow = self { true } else { false }
  }

  fileprivate var needsVersion4: Bool {
    if case .general = self { true } else { false }
  }
}
