import Foundation
import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

private let base = "diffusion_pytorch_model"

@Suite struct CheckpointFilesTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Writes a safetensors file in which each tensor holds its place in `names`.
  @discardableResult
  private func weights(_ file: String, _ names: [String]) throws -> String {
    let path = "\(directory.path)/\(file)"
    let tensors = names.enumerated().map { index, name in
      (name: name, tensor: TensorView([Float(index)], shape: [1]))
    }
    try SafetensorsWriter.write(tensors, to: path)
    return path
  }

  private func index(
    _ map: [(String, String)], file: String = "\(base).safetensors.index.json",
    totalSize: Int? = nil
  ) throws {
    var json = JSONObject()
    if let totalSize { json["metadata"] = ["total_size": JSONValue(totalSize)] }
    json["weight_map"] = .object(JSONObject(map.map { ($0.0, JSONValue($0.1)) }))
    _ = try directory.file(file, Array(JSONValue.object(json).text().utf8))
  }

  private func shard(_ number: Int) -> String { "\(base)-0000\(number)-of-00002.safetensors" }

  private func writeShards() throws {
    try weights(shard(1), ["b", "a"])
    try weights(shard(2), ["c"])
    try index([("c", shard(2)), ("a", shard(1)), ("b", shard(1))], totalSize: 12)
  }

  private func refuses(
    _ message: String, _ status: MosaicCore.ExitStatus, file: String? = nil, variant: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = file.map { "\(directory.path)/\($0)" } ?? directory.path
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try CheckpointFiles(path: directory.path, variant: variant)
    }
    #expect(error?.description == "\(path): \(message)", sourceLocation: sourceLocation)
    #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
  }
}

extension CheckpointFilesTests {
  @Test func opensASingleFileInAnyOfItsWays() throws {
    try FileManager.default.createDirectory(
      atPath: "\(directory.path)/unet", withIntermediateDirectories: false)
    let path = try weights("unet/\(base).safetensors", ["a", "b"])
    for files in [
      try CheckpointFiles(path: path), try CheckpointFiles(path: "\(directory.path)/unet"),
      try CheckpointFiles(path: directory.path, component: "unet"),
      try CheckpointFiles(
        path: "\(directory.path)/", component: "unet", variant: "\(base).safetensors"),
    ] {
      #expect(files.names == ["a", "b"])
      #expect(try files.tensor("b")?.floats() == [1])
      #expect(files.entry("b")?.shape == [1])
      #expect(files.tensor("c") == nil)
      #expect(files.files.count == 1)
      #expect(files.warnings == [])
    }
  }

  @Test func opensShardsInTheOrderOfTheirNames() throws {
    try writeShards()
    let whole = try CheckpointFiles(path: directory.path)
    #expect(whole.names == ["a", "b", "c"])
    #expect(
      whole.files.map { String($0.suffix(24)) }
        == [shard(1), shard(2)].map { String($0.suffix(24)) })
    #expect(try whole.tensor("a")?.floats() == [1])
    #expect(try whole.tensor("c")?.floats() == [0])
    #expect(whole.warnings == [])
    let direct = try CheckpointFiles(path: "\(directory.path)/\(base).safetensors.index.json")
    #expect(direct.names == whole.names)

    var bytes: [UInt8] = []
    for file in whole.files { bytes += try MappedFile(path: file).withBytes { Array($0) } }
    #expect(hexadecimal(whole.digest()) == hexadecimal(bytes.withUnsafeBytes { SHA256.hash($0) }))
  }

  /// As in a download cache, where names are links to blobs.
  @Test func followsLinks() throws {
    let blob = try weights("blob", ["a"])
    let snapshot = try TemporaryDirectory()
    let link = "\(snapshot.path)/\(base).safetensors"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: blob)
    #expect(try CheckpointFiles(path: snapshot.path).names == ["a"])
  }

  @Test func choosesAmongVariants() throws {
    try weights("\(base).safetensors", ["plain"])
    try weights("\(base).fp16.safetensors", ["half"])
    try weights("\(base).ema-00001-of-00001.safetensors", ["ema"])
    try index(
      [("ema", "\(base).ema-00001-of-00001.safetensors")],
      file: "\(base).safetensors.index.ema.json")
    let chosen = { (variant: String) in
      try CheckpointFiles(path: directory.path, variant: variant).names
    }
    #expect(try chosen("fp16") == ["half"])
    #expect(try chosen("ema") == ["ema"])
    #expect(try chosen("\(base).safetensors") == ["plain"])
    let all =
      "\(base).fp16.safetensors, \(base).safetensors, \(base).safetensors.index.ema.json"
    refuses("holds several sets of weights; choose one with --weights: \(all)", .usage)
    refuses("holds no weights 'bf16'; give --weights one of: \(all)", .usage, variant: "bf16")
  }

  @Test func asksBetweenShardsAndASingleFile() throws {
    try writeShards()
    try weights("model.safetensors", ["a"])
    refuses(
      "holds several sets of weights; choose one with --weights:"
        + " \(base).safetensors.index.json, model.safetensors", .usage)
    #expect(try CheckpointFiles(path: directory.path, variant: "model.safetensors").names == ["a"])
  }

  @Test func warnsOfAStaleTotal() throws {
    try weights(shard(1), ["a"])
    try index([("a", shard(1))], totalSize: 5)
    #expect(
      try CheckpointFiles(path: directory.path).warnings == [
        "\(directory.path)/\(base).safetensors.index.json: total_size is 5, but the tensors have"
          + " 4 bytes"
      ])
  }
}

extension CheckpointFilesTests {
  @Test func refusesADirectoryWithoutWeights() throws {
    refuses(
      "holds no .safetensors file; give the directory or file with the weights", .missingInput)
    _ = try directory.file("config.json")
    _ = try directory.file("\(base).bin")
    refuses(
      "holds weights as Python pickles only, and loading a pickle could run code; convert"
        + " '\(base).bin' in Python with"
        + " safetensors.torch.save_file(torch.load(old, weights_only=True), new)", .unsupported)
  }

  @Test func refusesAPickleByItsContent() throws {
    let path = try directory.file("dit.pt", [0x50, 0x4B, 3, 4, 0, 0, 8, 8, 0])
    let error = #expect(throws: CheckpointError.self) { try CheckpointFiles(path: path) }
    #expect(error?.exitStatus == .unsupported)
    #expect(
      error?.description
        == "\(path): is no safetensors file, and loading a pickle could run code; convert '\(path)'"
        + " in Python with safetensors.torch.save_file(torch.load(old, weights_only=True), new)")
    // The name alone decides nothing.
    #expect(try CheckpointFiles(path: weights("good.pt", ["a"])).names == ["a"])
  }

  @Test func refusesAMissingPlace() {
    let error = #expect(throws: FileError.self) {
      try CheckpointFiles(path: directory.path, component: "unet")
    }
    #expect(error?.reason == .missing)
  }

  @Test func refusesShardsWithoutTheirIndex() throws {
    try weights(shard(1), ["a"])
    try weights(shard(2), ["b"])
    refuses(
      "holds shards such as '\(shard(1))' but not their .safetensors.index.json; copy it too",
      .missingInput)
  }

  @Test func refusesAMissingShard() throws {
    try writeShards()
    try FileManager.default.removeItem(atPath: "\(directory.path)/\(shard(2))")
    refusesIndex(
      "names the shard '\(shard(2))', which is not beside it; copy it too", .missingInput)
  }

  @Test func refusesAStrayShard() throws {
    try weights(shard(1), ["a"])
    try weights(shard(2), ["b"])
    try index([("a", shard(1))])
    refusesIndex(
      "does not name the shard '\(shard(2))' beside it; remove the shard, or copy the index that"
        + " belongs to it")
  }

  @Test func refusesTensorsTheIndexDoesNotName() throws {
    try weights(shard(1), ["a", "x", "y"])
    try index([("a", shard(1))])
    refusesIndex(
      "2 tensors are in the shards but not in the index, first 'x' in '\(shard(1))'; copy index and"
        + " shards again")
  }

  @Test func refusesTensorsInNoShard() throws {
    try weights(shard(1), ["a"])
    try index([("a", shard(1)), ("x", shard(1))])
    refusesIndex(
      "1 tensor is in no shard, first 'x', which should be in '\(shard(1))'; copy index and shards"
        + " again")
  }

  @Test func refusesATensorInTheWrongShard() throws {
    try writeShards()
    try index([("c", shard(1)), ("a", shard(1)), ("b", shard(2))])
    refusesIndex(
      "tensor 'c' should be in '\(shard(1))' but is in '\(shard(2))'; copy index and shards again")
  }

  @Test func refusesATensorInTwoShards() throws {
    try writeShards()
    try weights(shard(2), ["c", "a"])
    refusesIndex(
      "tensor 'a' is in '\(shard(1))' and in '\(shard(2))'; copy index and shards again")
  }

  @Test(arguments: ["../x.safetensors", "/x", "a/b", "a\\b", "..", ".", "", "a\0b"])
  func refusesShardNamesThatLeaveTheDirectory(name: String) throws {
    try index([("a", name)])
    refusesIndex(
      "names the shard '\(printable(name))', which is not a plain file name; write the index again")
  }

  @Test(
    arguments: [
      ("{", "invalid JSON at byte 1: expected a key in quotes"),
      ("{}", "it has no weight_map from tensors to files"),
      ("{\"weight_map\":{}}", "it has no weight_map from tensors to files"),
      ("{\"weight_map\":{\"a\":1}}", "tensor 'a' has a number for a file name"),
      (
        "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}",
        "invalid JSON at byte 23: key 'a' is there twice"
      ),
    ])
  func refusesADamagedIndex(text: String, problem: String) throws {
    _ = try directory.file("\(base).safetensors.index.json", Array(text.utf8))
    refusesIndex("is no index of shards: \(problem); copy or write it again")
  }

  private func refusesIndex(
    _ message: String, _ status: MosaicCore.ExitStatus = .badData,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    refuses(
      message, status, file: "\(base).safetensors.index.json", sourceLocation: sourceLocation)
  }
}
