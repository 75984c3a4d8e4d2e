import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `diff` of bundles: 0, 1, or trouble.
@Suite struct DiffTests {
  let workspace: Workspace
  private let bundle: String

  init() throws {
    workspace = try Workspace()
    bundle = try workspace.bundle()
  }

  @Test func alike() throws {
    let copy = try workspace.bundle("copy.mosaic")
    let result = try mosaic("diff", bundle, copy)
    #expect(result.output == "alike\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let json = try mosaic("diff", bundle, copy, "--json").json()
    #expect(json["schema"]?.string == "mosaic.diff/1")
    #expect(json["alike"]?.bool == true)
    #expect(json["differences"] == [])
  }

  @Test func different() throws {
    let other = workspace.output("other.mosaic")
    let converted = try mosaic(
      ["convert", Fixtures.path("tiny-dit"), "-o", other, "--quiet", "--budget", "0.5"]
        + quickConversion)
    #expect(converted.status == 0, "\(converted.errors)")
    let result = try mosaic("diff", bundle, other)
    #expect(result.status == ExitStatus.answerIsNo.rawValue)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    for layer in ["ranges", "units", "tensors"] {
      #expect(lines.contains { $0.hasPrefix("\(layer): ") }, "\(layer)")
    }
    let asked = try mosaic("diff", bundle, other, "--json")
    #expect(asked.status == ExitStatus.answerIsNo.rawValue)
    let json = try asked.json()
    #expect(json["alike"]?.bool == false)
    let differences = try #require(json["differences"]?.array)
    #expect(differences.count == lines.count)
    for (difference, line) in zip(differences, lines) {
      let layer = try #require(difference["layer"]?.string)
      let text = try #require(difference["text"]?.string)
      #expect("\(layer): \(text)" == line)
    }
  }

  @Test func trouble() throws {
    let none = "\(workspace.directory.path)/none.mosaic"
    for pair in [[bundle, none], [none, bundle]] {
      expectRefusal(
        try mosaic(["diff"] + pair), .missingInput, "\(none): no such file; check the path")
    }
    let text = try workspace.directory.file("notes.txt", Array("a note, and no bundle".utf8))
    expectRefusal(
      try mosaic("diff", bundle, text), .badData,
      "\(text): is not a mosaic bundle; write one with 'mosaic convert'")
    let weights = Fixtures.path("tiny-dit/transformer/diffusion_pytorch_model.safetensors")
    #expect(try mosaic("diff", weights, bundle).status == ExitStatus.badData.rawValue)
    expectUsageError(
      try mosaic("diff", bundle, bundle, "--tolerance", "nan"), "--tolerance must be 0 or more.")
    #expect(try mosaic("diff", bundle).status == ExitStatus.usage.rawValue)
  }

  /// Damage found while comparing is trouble, not a difference.
  @Test func damagedTensor() throws {
    var bytes = try readBytes(bundle)
    bytes[130] ^= 1
    let damaged = try workspace.directory.file("damaged.mosaic", bytes)
    // Equal manifests are equal content by their hashes: another bundle makes it look.
    let other = workspace.output("other.mosaic")
    _ = try mosaic(
      ["convert", Fixtures.path("tiny-dit"), "-o", other, "--quiet", "--budget", "0.5"]
        + quickConversion)
    expectRefusal(
      try mosaic("diff", other, damaged), .badData,
      "\(damaged): chunk 0 does not match its checksum; copy or convert it again")
  }
}
