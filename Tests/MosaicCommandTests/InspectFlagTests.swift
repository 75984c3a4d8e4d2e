import MosaicCore
import MosaicTestSupport
import Testing

/// Sections that `inspect` adds, and plain safetensors files.
@Suite struct InspectFlagTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")
  private var weights: String { "\(tiny)/transformer/diffusion_pytorch_model.safetensors" }

  init() throws { workspace = try Workspace() }

  @Test func sectionsCombine() throws {
    let bundle = try workspace.bundle()
    let plain = try mosaic("inspect", bundle).output
    var rest = try mosaic(
      "inspect", bundle, "--provenance", "--tensors", "--variants", "--schedule", "--groups"
    ).output[...]
    #expect(rest.hasPrefix(plain))
    rest = rest.dropFirst(plain.count)
    // In this order, whatever that of the flags.
    for section in ["--variants", "--groups", "--tensors", "--schedule", "--provenance"] {
      let alone = try mosaic("inspect", bundle, section)
      #expect(alone.status == 0)
      let text = alone.output.dropFirst(plain.count)
      #expect(text.count > 100)
      #expect(rest.hasPrefix(text), "\(section)")
      rest = rest.dropFirst(text.count)
    }
    #expect(rest.isEmpty)
  }

  /// The manifest is enough: a bundle with spoilt data is inspected all the same.
  @Test func readsNoTensor() throws {
    var bytes = try TinyBundle.bytes.get()
    bytes[130] ^= 1
    let damaged = try workspace.directory.file("damaged.mosaic", bytes)
    let result = try mosaic("inspect", damaged, "--tensors", "--variants", "--schedule", "--json")
    #expect(result.status == 0)
    let tensors = try #require(try result.json()["tensors"]?.array)
    #expect(tensors.contains { $0["role"] == "refitted" })
    #expect(tensors.contains { $0["role"] == "dense" && $0["shared"] == true })
  }

  @Test func tensorsOfCheckpoint() throws {
    let file = try mosaic("inspect", weights)
    #expect(file.status == 0)
    #expect(file.errors == "")
    let directory = try mosaic("inspect", tiny, "--tensors")
    let header = "\n  tensor "
    let lists = [file, directory].map { result in
      result.output.firstRange(of: header).map { result.output[$0.lowerBound...] }
    }
    #expect(lists[0] != nil && lists[0] == lists[1])
  }

  @Test func weightFileJSON() throws {
    let json = try mosaic("inspect", weights, "--json").json()
    #expect(json["schema"] == "mosaic.inspect/1")
    #expect(json["kind"] == "tensors")
    #expect(json["metadata"]?["format"] == "pt")
    let tensors = try #require(json["tensors"]?.array)
    let reader = try SafetensorsReader(path: weights)
    #expect(tensors.map { $0["name"]?.string } == reader.names)
    let bias = try #require(tensors.first { $0["name"] == "proj_out_2.bias" })
    #expect(bias["dtype"] == "F32" && bias["shape"] == [32] && bias["bytes"] == 128)
    #expect(try mosaic("inspect", tiny, "--json").json()["tensors"]?.array == tensors)
  }

  @Test func damagedWeightFile() throws {
    let bytes = try readBytes(weights)
    let path = try workspace.directory.file("cut.safetensors", Array(bytes.dropLast(4)))
    let result = try mosaic("inspect", path)
    #expect(result.status == ExitStatus.badData.rawValue)
    #expect(result.errors.hasPrefix("mosaic: \(path): tensor '"))
  }

  @Test(arguments: ["--variants", "--schedule", "--provenance"])
  func flagsOfBundlesOnly(flag: String) throws {
    expectRefusal(
      try mosaic("inspect", tiny, flag), .usage, "\(tiny): is a checkpoint; \(flag) takes a bundle"
    )
    expectRefusal(
      try mosaic("inspect", weights, flag), .usage,
      "\(weights): is a safetensors file; \(flag) takes a bundle")
  }

  @Test func weightFileElsewhere() throws {
    expectRefusal(
      try mosaic("inspect", weights, "--graph"), .usage,
      "\(weights): is a safetensors file; --graph takes a checkpoint or a bundle")
    let out = workspace.output("out.safetensors")
    expectRefusal(
      try mosaic("run", weights, "-o", out), .badData,
      "\(weights): not a checkpoint: give the diffusers directory that holds its config.json, not "
        + "a file in it")
  }
}
