import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// A place for one test: inputs to spoil, and an empty directory for what the command writes.
final class Workspace {
  let directory: TemporaryDirectory
  /// Where outputs go; empty at first.
  let outputs: String

  init() throws {
    directory = try TemporaryDirectory()
    outputs = "\(directory.path)/outputs"
    try FileManager.default.createDirectory(
      atPath: outputs, withIntermediateDirectories: false)
  }

  /// A path for an output.
  func output(_ name: String) -> String { "\(outputs)/\(name)" }

  /// Names of the files among the outputs, hidden ones too.
  func written() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: outputs).sorted()
  }

  /// A copy of a checkpoint of the fixtures, to be spoiled.
  func checkpoint(_ name: String = "tiny-dit") throws -> Checkpoint {
    let copy = "\(directory.path)/\(name)"
    try FileManager.default.copyItem(atPath: Fixtures.path(name), toPath: copy)
    return Checkpoint(path: copy)
  }

  /// The bundle that `convert` makes of tiny-dit.
  func bundle(_ name: String = "tiny.mosaic") throws -> String {
    try directory.file(name, try TinyBundle.bytes.get())
  }
}

/// A checkpoint of our own.
struct Checkpoint {
  let path: String

  var weights: String { "\(path)/transformer/diffusion_pytorch_model.safetensors" }
  var config: String { "\(path)/transformer/config.json" }
  var scheduler: String { "\(path)/scheduler/scheduler_config.json" }

  /// Replaces tensors of the weights by what `change` returns; nil leaves one out.
  func changeTensors(_ change: (String, TensorView) throws -> TensorView?) throws {
    let reader = try SafetensorsReader(path: weights)
    let tensors = try reader.names.compactMap { name -> (String, TensorView)? in
      guard let tensor = reader.tensor(name) else { return nil }
      return try change(name, tensor).map { (name, $0) }
    }
    try SafetensorsWriter.write(tensors, to: weights)
  }

  /// Rewrites the header of the weights and leaves the data alone.
  func changeHeader(_ change: (inout JSONObject) -> Void) throws {
    let bytes = try readBytes(weights)
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let text = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    var header = try #require(try parseJSON(text).object)
    change(&header)
    let json = Array(JSONValue.object(header).text().utf8)
    let count = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    try write(count + json + bytes[(8 + length)...], to: weights)
  }

  /// Sets fields of a JSON file.
  func set(_ fields: [(String, JSONValue)], in file: String) throws {
    let text = String(decoding: try readBytes(file), as: UTF8.self)
    var object = try #require(try parseJSON(text).object)
    for (key, value) in fields { object[key] = value }
    try write(Array(JSONValue.object(object).text().utf8), to: file)
  }
}

/// The smallest conversion worth testing with: a third of a second.
let quickConversion = ["--samples", "32", "--proof-samples", "8", "--steps", "8"]

/// The bundle of tiny-dit, converted once for all tests.
enum TinyBundle {
  static let bytes = Result { () throws -> [UInt8] in
    let workspace = try Workspace()
    let path = workspace.output("tiny.mosaic")
    let result = try mosaic(
      ["convert", Fixtures.path("tiny-dit"), "-o", path, "--quiet"] + quickConversion)
    #expect(result.status == 0, "\(result.errors)")
    return try readBytes(path)
  }
}

func readBytes(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: path)))
}

func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(filePath: path))
}
