internal import MosaicCore

extension BundleSummary {
  /// What the bundle was made from, and how.
  public var provenanceText: String {
    let provenance = manifest.provenance
    let sources = provenance.sources.map {
      "source: \(printable($0.name)), SHA-256 \(hexadecimal($0.sha256))"
    }
    let arguments = provenance.arguments.map { printable($0) }.joined(separator: " ")
    return
      ([
        "content digest: \(hexadecimal(reader.contentDigest))",
        "made by \(printable(manifest.generator)) with zstd \(printable(provenance.zstdVersion))",
        "seed: \(provenance.seed)",
        "arguments: \(arguments.isEmpty ? "none" : arguments)",
      ] + sources).joined(separator: "\n")
  }
}
