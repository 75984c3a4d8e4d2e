import Foundation
import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// A copy of `tiny-dit` that tests break.
struct TinyCheckpoint {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["model_index.json", "transformer/config.json", "scheduler/scheduler_config.json"] {
      let bytes = try MappedFile(path: Fixtures.path("tiny-dit/\(name)")).withBytes { Array($0) }
      _ = try directory.file(name, bytes)
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(directory.path)/transformer/\(Self.weights)",
      withDestinationPath: Fixtures.path("tiny-dit/transformer/\(Self.weights)"))
  }

  static let weights = "diffusion_pytorch_model.safetensors"

  var path: String { directory.path }

  func load() throws -> ImportedModel { try CheckpointImporter(path: path).load() }

  func write(_ name: String, _ text: String) throws {
    _ = try directory.file(name, Array(text.utf8))
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  /// Sets a field of a JSON file; nil removes it.
  func set(_ field: String, to value: JSONValue?, in name: String) throws {
    var object = try #require(
      MappedFile(path: "\(path)/\(name)").withBytes { try JSONValue(parsing: $0) }.object)
    object[field] = value
    try write(name, JSONValue.object(object).text())
  }

  /// Writes the weights again without, with other, or with more tensors.
  func rewrite(removing removed: [String] = [], adding added: [(String, TensorView)] = []) throws {
    let reader = try SafetensorsReader(
      path: Fixtures.path("tiny-dit/transformer/\(Self.weights)"))
    let replaced = Set(added.map(\.0)).union(removed)
    let kept = reader.names.filter { !replaced.contains($0) }.compactMap { name in
      reader.tensor(name).map { (name: name, tensor: $0) }
    }
    try remove("transformer/\(Self.weights)")
    try SafetensorsWriter.write(
      kept + added.map { (name: $0.0, tensor: $0.1) },
      to: "\(path)/transformer/\(Self.weights)")
  }

  /// Expects the whole message of `load`, and its exit status.
  func refuses(
    _ message: String, at name: String? = nil, _ status: MosaicCore.ExitStatus,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let place = name.map { "\(path)/\($0)" } ?? path
    do {
      _ = try load()
      Issue.record("loaded instead of: \(message)", sourceLocation: sourceLocation)
    } catch let error as any MosaicError {
      #expect(error.description == "\(place): \(message)", sourceLocation: sourceLocation)
      #expect(error.exitStatus == status, sourceLocation: sourceLocation)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }
}
