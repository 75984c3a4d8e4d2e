import MosaicCore
import MosaicTestSupport
import Testing

/// `verify`: whole, damaged, newer.
@Suite struct VerifyTests {
  let workspace: Workspace
  private let bundle: String

  init() throws {
    workspace = try Workspace()
    bundle = try workspace.bundle()
  }

  @Test func whole() throws {
    let result = try mosaic("verify", bundle)
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("\(bundle): whole; "))
    let json = try mosaic("verify", bundle, "--json").json()
    #expect(json["schema"] == "mosaic.verify/1")
    #expect(json["whole"] == true)
    #expect(json["damage"] == [])
    let digest = try #require(json["content_digest"]?.string)
    #expect(lines[1] == "content digest: \(digest)")
    #expect(try mosaic("inspect", bundle, "--json").json()["content_digest"]?.string == digest)
  }

  @Test func damaged() throws {
    var bytes = try readBytes(bundle)
    bytes[130] ^= 1
    let path = try workspace.directory.file("damaged.mosaic", bytes)
    let json = try mosaic("verify", path, "--json")
    #expect(json.status == ExitStatus.badData.rawValue)
    let damage = try #require(try json.json()["damage"]?.array)
    #expect(damage.map { $0["chunk"] } == [0])
    let tensor = try #require(damage.first?["tensors"]?.array?.first?.string)
    let result = try mosaic("verify", path)
    #expect(result.status == ExitStatus.badData.rawValue)
    #expect(result.output == "")
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(
      result.errors.hasPrefix(
        "mosaic: \(path): chunk 0 does not match its checksum; copy or convert it again (it holds "
          + "'\(tensor)'"))
  }

  @Test func otherFiles() throws {
    let weights = Fixtures.path("tiny-dit/transformer/diffusion_pytorch_model.safetensors")
    expectRefusal(
      try mosaic("verify", weights), .badData,
      "\(weights): is not a mosaic bundle; write one with 'mosaic convert'")
    #expect(try mosaic("verify").status == ExitStatus.usage.rawValue)
    let none = "\(workspace.directory.path)/none.mosaic"
    expectRefusal(
      try mosaic("verify", none), .missingInput, "\(none): no such file; check the path")
  }
}
