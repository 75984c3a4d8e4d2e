import Foundation
import MosaicCore

@testable import MosaicBundle

/// A directory that is removed with its last reference.
final class Scratch {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mosaic-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func path(_ name: String = "test.mosaic") -> String {
    directory.appendingPathComponent(name).path
  }

  /// A file whose bytes can be changed in place.
  func handle(_ bytes: [UInt8], as name: String) throws -> FileHandle {
    FileHandle(forUpdatingAtPath: try write(bytes, as: name))!
  }

  func write(_ bytes: [UInt8], as name: String = "test.mosaic") throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }
}

/// The parts of a bundle, to be changed and sealed again with every checksum right.
struct BundleImage {
  /// Between header and manifest.
  var body: [UInt8]
  var manifest: [UInt8]
  /// Changes to the header before its own checksum is taken.
  var header: (inout BundleHeader) -> Void = { _ in }

  init(_ scratch: Scratch) throws {
    let path = scratch.path("original.mosaic")
    try SmallBundle.write(to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let header = try bytes.withUnsafeBytes {
      try BundleHeader(UnsafeRawBufferPointer(rebasing: $0[..<128]), fileSize: bytes.count)
    }
    body = Array(bytes[128..<header.manifestOffset])
    manifest = try BundleImage.bytes(of: BundleReader(path: path).manifest)
  }

  static func bytes(of manifest: Manifest) throws -> [UInt8] {
    let owner = try manifest.encoded()
    return withExtendedLifetime(owner) { Array(owner.memory) }
  }

  /// The manifest as a value.
  func value() throws -> Manifest {
    try manifest.withUnsafeBytes { try DecodedManifest($0, end: 128 + body.count).manifest }
  }

  mutating func change(_ body: (inout Manifest) -> Void) throws {
    var value = try value()
    body(&value)
    manifest = try Self.bytes(of: value)
  }

  /// Stores other bytes for a chunk in place, with their checksum.
  mutating func replaceChunk(
    _ index: Int, with stored: [UInt8], codec: Manifest.Chunk.Codec? = nil,
    rawSize: Int? = nil
  ) throws {
    var value = try value()
    let old = value.chunks[index]
    let start = old.offset - 128
    precondition(stored.count == old.storedSize)
    body.replaceSubrange(start..<start + old.storedSize, with: stored)
    value.chunks[index].checksum = stored.withUnsafeBytes { xxh64($0) }
    if let codec { value.chunks[index].codec = codec }
    if let rawSize { value.chunks[index].rawSize = rawSize }
    manifest = try Self.bytes(of: value)
  }

  /// The file, its manifest stored raw unless `stored` is given.
  func sealed(stored: [UInt8]? = nil, rawSize: Int? = nil) -> [UInt8] {
    let stored = stored ?? manifest
    var header = BundleHeader(
      manifestOffset: 128 + body.count, manifestStoredSize: stored.count,
      manifestRawSize: rawSize ?? manifest.count,
      manifestSHA256: stored.withUnsafeBytes { SHA256.hash($0) },
      fileSize: 128 + body.count + stored.count)
    self.header(&header)
    return header.bytes + body + stored
  }
}

/// Everything a reader can do with a bundle, and what it gave.
func readAll(_ path: String, memoryLimit: Int = 1 << 24) throws(BundleError) -> [[Float]] {
  let reader = try BundleReader(path: path, memoryLimit: memoryLimit)
  try reader.verify()
  var result: [[Float]] = []
  for index in reader.manifest.tensors.indices { _ = try reader.load(tensor: index) }
  for index in reader.manifest.variants.indices {
    let variant = try reader.variant(at: index)
    for (source, weight) in zip(variant.weights, variant.program.weights) {
      result.append(try floats(reader, source, count: elementCount(of: weight.shape) ?? 0))
    }
  }
  return result
}

func floats(
  _ reader: BundleReader, _ source: Manifest.WeightSource, count: Int
) throws(BundleError) -> [Float] {
  let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
  defer { buffer.deallocate() }
  buffer.initialize(repeating: .nan)
  try reader.loadFloats(source, into: buffer)
  return Array(buffer)
}

/// What reading the file throws, or nil.
func reason(_ path: String, memoryLimit: Int = 1 << 24) -> BundleError.Reason? {
  do throws(BundleError) {
    _ = try readAll(path, memoryLimit: memoryLimit)
    return nil
  } catch {
    return error.reason
  }
}

/// A copy: a view's bytes live as long as its owner, which the optimiser may end early.
func bytes(_ view: TensorView) -> [UInt8] {
  withExtendedLifetime(view) { Array(view.bytes) }
}
