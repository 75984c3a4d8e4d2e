internal import CMosaicProto
internal import MosaicCore

/// A manifest read from its raw bytes, every part checked against the others.
struct DecodedManifest {
  let manifest: Manifest
  /// SHA-256 of the content as stored, which leaves out where and how chunks are stored.
  let contentDigest: [UInt8]

  /// - Parameters:
  ///   - bytes: The protobuf message.
  ///   - end: Where the chunks end in the file: at the manifest.
  init(_ bytes: UnsafeRawBufferPointer, end: Int) throws(BundleError.Reason) {
    let scan: WireScan
    do {
      scan = try WireScanner(schema: ManifestSchema.wire).scan(bytes)
    } catch {
      throw .wire(error)
    }
    guard let content = scan.payloads.first else {
      throw .inconsistent(section: "the manifest", problem: "has no content")
    }
    contentDigest = SHA256.hash(bytes.slice(content.range))

    let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let message = mosaic__manifest__unpack(nil, bytes.count, base) else {
      throw .inconsistent(section: "the manifest", problem: "is not the message it should be")
    }
    defer { mosaic__manifest__free_unpacked(message, nil) }
    manifest = try Manifest(message)
    try manifest.validate(end: end)
  }
}
