public import MosaicCore
internal import Synchronization

/// Whether a bundle is whole: what `verify` finds.
public struct BundleVerification: Sendable {
  /// A chunk whose bytes are not what the manifest says.
  public struct Damage: Sendable {
    public var chunk: Int
    public var error: BundleError
    /// Names of the tensors with bytes in it.
    public var tensors: [String]
  }

  private let reader: BundleReader
  /// In the file's order.
  public let damage: [Damage]
  /// The first chunk or program that only a newer mosaic can read.
  public let unsupported: BundleError?

  /// Reads every chunk of the bundle.
  ///
  /// - Throws: `BundleError` where the file cannot be read.
  public init(_ reader: BundleReader, threads: Int = 1) throws(BundleError) {
    self.reader = reader
    var damage: [Damage] = []
    var unsupported: BundleError?
    for (index, error) in Self.failures(of: reader, threads: threads) {
      switch error.exitStatus {
      case .badData:
        let tensors = reader.manifest.tensorNames(in: index)
        damage.append(Damage(chunk: index, error: error, tensors: tensors))
      case .unsupported: unsupported = unsupported ?? error
      default: throw error
      }
    }
    for variant in reader.manifest.variants where unsupported == nil {
      do { try reader.checkIsKnown(variant) } catch { unsupported = error }
    }
    self.damage = damage
    self.unsupported = unsupported
  }

  /// Every chunk that does not verify, in the file's order.
  private static func failures(
    of reader: BundleReader, threads: Int
  ) -> [(chunk: Int, error: BundleError)] {
    let found = Mutex<[(chunk: Int, error: BundleError)]>([])
    let pool = ChunkBufferPool()
    forEachConcurrently(reader.manifest.chunks.count, threads: threads) { index in
      do throws(BundleError) {
        try reader.verify(chunk: index, pool)
      } catch {
        found.withLock { $0.append((index, error)) }
      }
    }
    return found.withLock { $0.sorted { $0.chunk < $1.chunk } }
  }

  public var isWhole: Bool { damage.isEmpty && unsupported == nil }

  /// What a caller should leave with: damage before novelty.
  public var error: (any MosaicError)? {
    damage.first.map { DamageError(first: $0, count: damage.count) } ?? unsupported
  }

  public var text: String {
    let manifest = reader.manifest
    let raw = manifest.chunks.reduce(0) { $0 + $1.rawSize }
    return """
      \(printable(reader.path, limit: 400)): whole; \(manifest.chunks.count) chunks of \
      \(byteText(raw)), \(manifest.tensors.count) tensors, \(manifest.variants.count) programs
      content digest: \(hexadecimal(reader.contentDigest))
      """
  }

  /// The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    [
      "schema": "mosaic.verify/1", "whole": JSONValue(isWhole),
      "content_digest": JSONValue(hexadecimal(reader.contentDigest)),
      "file_bytes": JSONValue(reader.fileSize),
      "chunks": JSONValue(reader.manifest.chunks.count),
      "tensors": JSONValue(reader.manifest.tensors.count),
      "variants": JSONValue(reader.manifest.variants.count),
      "damage": JSONValue(
        damage.map { damage -> JSONValue in
          [
            "chunk": JSONValue(damage.chunk), "error": JSONValue(damage.error.description),
            "tensors": JSONValue(damage.tensors.map { JSONValue($0) }),
          ]
        }),
      "unsupported": unsupported.map { JSONValue($0.description) } ?? .null,
    ]
  }
}

/// The first damage and how much more there is, on one line.
private struct DamageError: MosaicError {
  var first: BundleVerification.Damage
  var count: Int

  var description: String {
    let shown = first.tensors.prefix(3).map { "'\(printable($0))'" }.joined(separator: ", ")
    let hidden = first.tensors.count - min(first.tensors.count, 3)
    let tensors = first.tensors.isEmpty ? "no tensor" : shown
    return "\(first.error) (it holds \(tensors)\(hidden > 0 ? " and \(hidden) more" : ""))"
      + (count > 1 ? "; \(count) chunks are damaged in all" : "")
  }

  var exitStatus: ExitStatus { first.error.exitStatus }
}

extension Manifest {
  fileprivate func tensorNames(in chunk: Int) -> [String] {
    tensors.filter { $0.pieces.contains { $0.chunk == chunk } }.map(\.name)
  }
}
