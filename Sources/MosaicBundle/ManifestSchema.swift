internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

/// The manifest's messages for the wire scanner.
enum ManifestSchema {
  static let wire = withUnsafePointer(to: mosaic__manifest__descriptor) { root in
    WireSchema(root) { $0 == "Manifest" && $1.name == "content" }
  }
}
