import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Conversions that succeed.
@Suite struct ConvertTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  @Test func sameInputSameBytes() throws {
    let path = workspace.output("again.mosaic")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--no-clobber"] + quickConversion)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(try readBytes(path) == TinyBundle.bytes.get())
    #expect(try workspace.written() == ["again.mosaic"])
  }

  @Test func pathsDoNotMatter() throws {
    let checkpoint = try workspace.checkpoint()
    let path = workspace.output("elsewhere.mosaic")
    let result = try mosaic(
      ["convert", "\(checkpoint.path)/", "-o", path, "--quiet"] + quickConversion)
    #expect(result.status == 0)
    #expect(try readBytes(path) == TinyBundle.bytes.get())
  }

  @Test func anotherSeedOtherBytes() throws {
    let path = workspace.output("other.mosaic")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--seed", "18446744073709551615"] + quickConversion)
    #expect(result.status == 0)
    #expect(try readBytes(path) != TinyBundle.bytes.get())
    let inspected = try mosaic("inspect", "--json", path)
    #expect(inspected.output.contains("18446744073709551615"))
  }

  @Test func json() throws {
    let path = workspace.output("out.mosaic")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--json", "--budget", "0.8"] + quickConversion)
    #expect(result.status == 0)
    let json = try result.json()
    #expect(json["schema"]?.string == "mosaic.convert/1")
    #expect(json["output"]?.string == path)
    #expect(json["kept_promise"]?.bool == true)
    #expect(json["rows_per_column"]?.double ?? 0 > 0)
    #expect(json["original_parity"] == .null)
    let ranges = try #require(json["ranges"]?.array)
    #expect(ranges.count == 4)
    var next = 0
    for range in ranges {
      #expect(range["first_step"]?.int == next)
      next += range["steps"]?.int ?? 0
      #expect((0...1).contains(range["sparsity"]?.double ?? -1))
      #expect((0...1).contains(range["mac_share"]?.double ?? -1))
    }
    #expect(next == 8)
    let proof = try #require(json["proof"])
    let numbers = [
      "predicted_mse", "closed_form_mse", "measured_mse", "standard_error", "median_mse", "parity",
      "operation_parity", "dense_seconds", "mosaic_seconds", "uniform_mse",
      "uniform_standard_error",
    ]
    for key in numbers { #expect(proof[key]?.double != nil, "\(key)") }
    #expect(proof["samples"]?.int == 8)
    let (macs, dense) = (proof["macs"]?.int ?? 0, proof["dense_macs"]?.int ?? 0)
    #expect(macs > 0)
    #expect(Double(macs) <= 0.8 * Double(dense))
  }

  @Test func text() throws {
    let path = workspace.output("out.mosaic")
    let result = try mosaic(["convert", tiny, "-o", path] + quickConversion)
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("\(path): solved schedule, obs, a budget of 0.75 of the dense cost\n"))
    #expect(result.output.contains("final error against dense, 8 fresh samples: closed form "))
    #expect(result.output.contains("uniform at the same MACs"))
    // Progress: every stage, and not on standard output.
    for stage in ["statistics", "sensitivity", "pruning", "proof: dense", "proof: mosaic"] {
      #expect(result.errors.contains("\(stage) "), "\(stage)")
    }
    #expect(!result.output.contains("%"))
  }

  @Test(arguments: [["--compress", "none"], ["--compress", "19"]])
  func compressionChangesTheFileOnly(arguments: [String]) throws {
    let path = workspace.output("out.mosaic")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet"] + quickConversion + arguments)
    #expect(result.status == 0)
    let bundle = try workspace.bundle()
    let compared = try mosaic("diff", bundle, path)
    #expect(compared.output == "alike\n")
    #expect(compared.status == 0)
  }

  @Test(arguments: [["--compress", "0"], ["--compress", "20"], ["--compress", "lots"]])
  func compressionThereIsNot(arguments: [String]) throws {
    expectUsageError(
      try mosaic(["convert", tiny, "-o", workspace.output("out.mosaic")] + arguments),
      "--compress must be none or 1 to 19, found \(arguments[1]).")
    #expect(try workspace.written() == [])
  }

  @Test func comparedWithARecording() throws {
    let path = workspace.output("out.mosaic")
    let golden = Fixtures.path("tiny-dit/golden.safetensors")
    let result = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--json", "--reference", golden] + quickConversion)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try result.json()["original_parity"]?.double ?? 1 < 1e-4)
    let proof = try mosaic("inspect", "--json", path).json()["proof"]
    #expect(proof?["compared_with_original"]?.bool == true)

    // The recording of other weights: written, but not as promised.
    let other = Fixtures.path("tiny-dit-bf16/golden.safetensors")
    let broken = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--json", "--reference", other] + quickConversion)
    #expect(broken.status == ExitStatus.answerIsNo.rawValue)
    #expect(try broken.json()["kept_promise"]?.bool == false)
    #expect(
      broken.errors.hasPrefix(
        "mosaic: \(path): written, but the dense network differs from the recorded one by "))
    #expect(broken.errors.split(separator: "\n").count == 1)
  }

  @Test(arguments: ["tiny-dit-bf16", "tiny-dit-sharded"]) func otherStorage(name: String) throws {
    let path = workspace.output("out.mosaic")
    let result = try mosaic(
      ["convert", Fixtures.path(name), "-o", path, "--quiet"] + quickConversion)
    #expect(result.status == 0, "\(result.errors)")
    let reference = try workspace.bundle()
    let compared = try mosaic("diff", reference, path)
    // The shards hold the same weights; half precision does not.
    #expect(compared.status == (name == "tiny-dit-sharded" ? 0 : 1))
  }
}
