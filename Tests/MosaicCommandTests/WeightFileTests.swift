import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `convert` of checkpoints whose weight file is damaged.
@Suite struct WeightFileTests {
  let workspace: Workspace
  let checkpoint: Checkpoint
  private let bias = "pos_embed.proj.bias"

  init() throws {
    workspace = try Workspace()
    checkpoint = try workspace.checkpoint()
  }

  /// Converts, and expects one line about `place` and nothing written.
  private func refuses(
    _ message: String, _ status: MosaicCore.ExitStatus, about place: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try mosaic(
      ["convert", checkpoint.path, "-o", workspace.output("out.mosaic"), "--quiet"]
        + quickConversion)
    let file = place ?? checkpoint.weights
    expectRefusal(result, status, "\(file): \(message)", sourceLocation: sourceLocation)
    #expect(try workspace.written() == [], sourceLocation: sourceLocation)
  }

  @Test func truncatedData() throws {
    let bytes = try readBytes(checkpoint.weights)
    try write(bytes.dropLast(1000), to: checkpoint.weights)
    let last = "transformer_blocks.1.norm1.linear.weight"
    let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let needed = bytes.count - 8 - header
    try refuses(
      "tensor '\(last)' ends at data byte \(needed), but the file has \(needed - 1000);"
        + " copy it again", .badData)
  }

  @Test func truncatedHeader() throws {
    let bytes = try readBytes(checkpoint.weights)
    let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    try write(Array(bytes[..<500]), to: checkpoint.weights)
    try refuses(
      "its header needs \(header) bytes after the first 8, but the file has 500; copy it again",
      .badData)
  }

  @Test(arguments: [0, 1, 7]) func hardlyAnything(count: Int) throws {
    try write([UInt8](repeating: 0x20, count: count), to: checkpoint.weights)
    try refuses(
      "has \(count) bytes, fewer than the 8 of a safetensors header's length; copy it again",
      .badData)
  }

  @Test func headerLongerThanTheFile() throws {
    var bytes = try readBytes(checkpoint.weights)
    let length = 1 << 26
    bytes.replaceSubrange(
      ..<8, with: withUnsafeBytes(of: UInt64(length).littleEndian) { Array($0) })
    try write(bytes, to: checkpoint.weights)
    try refuses(
      "its header needs \(length) bytes after the first 8, but the file has \(bytes.count);"
        + " copy it again", .badData)
  }

  @Test func headerLongerThanAnyFile() throws {
    var bytes = try readBytes(checkpoint.weights)
    bytes.replaceSubrange(..<8, with: [UInt8](repeating: 0xFF, count: 8))
    try write(bytes, to: checkpoint.weights)
    try refuses(
      "its header would be \(UInt64.max) bytes, over the limit of 100000000; it is no safetensors"
        + " file, or damaged", .badData)
  }

  @Test func overlappingOffsets() throws {
    try checkpoint.changeHeader { header in
      let offsets = header[bias]?["data_offsets"]?.array?.compactMap(\.int) ?? []
      var entry = header[bias]?.object ?? JSONObject()
      entry["data_offsets"] = JSONValue(offsets.map { JSONValue($0 + 4) })
      header[bias] = .object(entry)
    }
    let result = try mosaic("inspect", checkpoint.path)
    // The bias comes first, so that the bytes before it belong to no tensor.
    expectRefusal(
      result, .badData,
      "\(checkpoint.weights): data bytes 0..<4 before tensor '\(bias)' belong to no tensor;"
        + " write the file again")

    try checkpoint.changeHeader { header in
      var entry = header[bias]?.object ?? JSONObject()
      entry["data_offsets"] = [0, 128]
      header[bias] = .object(entry)
      var next = header["pos_embed.proj.weight"]?.object ?? JSONObject()
      next["data_offsets"] = [124, 2172]
      header["pos_embed.proj.weight"] = .object(next)
    }
    try refuses(
      "tensor 'pos_embed.proj.weight' begins at data byte 124, inside tensor '\(bias)', which ends"
        + " at 128; write the file again", .badData)
  }

  @Test func unknownElementType() throws {
    try checkpoint.changeHeader { header in
      var entry = header[bias]?.object ?? JSONObject()
      entry["dtype"] = "F3"
      header[bias] = .object(entry)
    }
    try refuses(
      "tensor '\(bias)' has dtype 'F3', which is not supported; store it as F32, F16 or BF16",
      .unsupported)
  }

  @Test func integersForWeights() throws {
    try checkpoint.changeTensors { name, tensor in
      guard name == bias else { return tensor }
      return TensorView([Int64](repeating: 1, count: 32), shape: [32])
    }
    try refuses(
      "tensor '\(bias)' holds I64, expected floats", .badData, about: checkpoint.path)
  }

  @Test func missingTensor() throws {
    try checkpoint.changeTensors { name, tensor in name == bias ? nil : tensor }
    try refuses(
      "1 tensor missing: '\(bias)' [32]; the weights do not belong to this config.json",
      .badData, about: checkpoint.path)
  }

  @Test func wrongShape() throws {
    try checkpoint.changeTensors { name, tensor in
      name == bias ? TensorView([Float](repeating: 0, count: 31), shape: [31]) : tensor
    }
    try refuses(
      "1 of another shape: '\(bias)' expected [32], found [31]; the weights do not belong to this"
        + " config.json", .badData, about: checkpoint.path)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func notNumbers(value: Float) throws {
    try checkpoint.changeTensors { name, tensor in
      guard name == bias else { return tensor }
      var values = try tensor.floats()
      values[3] = value
      values[30] = value
      return TensorView(values, shape: tensor.shape)
    }
    let result = try mosaic(
      ["convert", checkpoint.path, "-o", workspace.output("out.mosaic"), "--quiet"]
        + quickConversion)
    expectRefusal(
      result, .badData,
      "tensor '\(bias)' holds 2 values that are NaN or infinite; the weights are damaged: get them"
        + " again")
    #expect(try workspace.written() == [])
  }

  @Test func gitLFSPointer() throws {
    let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8)
    try write(pointer, to: checkpoint.weights)
    try refuses(
      "is a Git LFS pointer (\(pointer.count) bytes), not weights; run git lfs pull", .badData)
  }

  @Test func tensorsThatNothingReads() throws {
    var names = ["extra": TensorView([Float(1), 2], shape: [2])]
    let reader = try SafetensorsReader(path: checkpoint.weights)
    for name in reader.names { names[name] = reader.tensor(name) }
    let widened = workspace.output("widened.safetensors")
    try SafetensorsWriter.write(names.map { ($0.key, $0.value) }, to: widened)
    try FileManager.default.removeItem(atPath: checkpoint.weights)
    try FileManager.default.moveItem(atPath: widened, toPath: checkpoint.weights)
    let result = try mosaic("inspect", checkpoint.path)
    #expect(result.status == 0)
    #expect(
      result.errors
        == "mosaic: warning: \(checkpoint.path): 1 tensors are not used by this architecture: "
        + "'extra' [2]\n")
  }
}
