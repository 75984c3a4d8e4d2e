import MosaicCore
import MosaicTestSupport
import Testing

/// `bench`: what it lists, not how fast anything is.
@Suite struct BenchTests {
  private let bundle = Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic")

  @Test func variantsBesideTheDenseNetwork() throws {
    let json = try mosaic(
      "bench", bundle, "--dense", Fixtures.path("tiny-dit"), "--batch", "3", "--rounds", "2",
      "--threads", "1", "--json", "--quiet"
    ).json()
    #expect(json["schema"] == "mosaic.bench/1")
    #expect(json["batch"] == 3 && json["threads"] == 1)
    let networks = try #require(json["networks"]?.array)
    #expect(networks.map { $0["name"] } == ["dense", "variant 0", "variant 1", "variant 2"])
    for network in networks {
      #expect(network["milliseconds"]?.array?.count == 2)
      #expect(network["weight_bytes"] != nil && network["activation_bytes"] != nil)
      let operations = try #require(network["operations"]?.array)
      #expect(operations.contains { $0["name"] == "linear" })
    }
    #expect(networks[0]["speedup"] == nil && networks[1]["speedup"] != nil)
    #expect(json["steps"]?.array?.last?["variant"] == 2)
  }

  @Test func tables() throws {
    let result = try mosaic("bench", Fixtures.path("tiny-dit"), "--rounds", "1", "--quiet")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.contains("batch 2, "))
    #expect(result.output.contains("dense: "))
    #expect(result.output.contains("  operation "))
    #expect(result.output.contains("50 steps: "))
  }

  @Test func onnxModelWithoutScheduler() throws {
    let model = Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx")
    let json = try mosaic("bench", model, "--rounds", "1", "--json", "--quiet").json()
    #expect(json["networks"]?.array?.map { $0["name"] } == ["dense"])
    #expect(json["steps"]?.array?.isEmpty != false)
  }

  @Test func kernelsThatTheProcessorHasNot() throws {
    let result = try Command(
      ["bench", Fixtures.path("tiny-dit"), "--rounds", "1", "--quiet"],
      environment: ["MOSAIC_CPU": "abacus"]
    ).finish()
    #expect(result.status == 0)
    #expect(result.errors.hasPrefix("mosaic: warning: MOSAIC_CPU names no kernels of this"))
  }

  @Test func precisionThatTheKernelsHaveNot() throws {
    let arguments = [
      "bench", Fixtures.path("tiny-dit"), "--rounds", "1", "--quiet", "--precision", "bf16",
    ]
    let plain = ["MOSAIC_CPU": "plain"]
    let notice = try Command(arguments, environment: plain).finish()
    #expect(notice.status == 0)
    #expect(notice.errors.contains("have no instructions for it; computing in f32"))
    let refused = try Command(arguments + ["--strict"], environment: plain).finish()
    #expect(refused.status == ExitStatus.unsupported.rawValue)
  }

  @Test func modelsAreCheckedInTheirOwnTypes() throws {
    let result = try mosaic(
      "check", Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx"), "--reference", "x",
      "--precision", "bf16")
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(result.errors.contains("an ONNX model is checked node by node"))
  }

  @Test func whatPrecisionsChange() throws {
    let json = try mosaic("inspect", bundle, "--precisions", "--json").json()
    let rows = try #require(json["precisions"]?.array)
    #expect(rows.map { $0["precision"] }.prefix(3) == ["f32", "bf16", "int8"])
    #expect(rows.count == 9 && rows[0]["relative_error"]?.double == 0)
    // 8 bits of each operand, or 7 of each weight, through two blocks.
    for row in [rows[1], rows[2]] {
      let error = try #require(row["relative_error"]?.double)
      #expect(error > 0 && error < 0.05)
      #expect(try #require(row["weight_bytes"]?.int) < #require(rows[0]["weight_bytes"]?.int))
    }
    let text = try mosaic("inspect", bundle, "--precisions")
    #expect(text.status == 0 && text.output.contains("error of a forward"))
    let refused = try mosaic("inspect", Fixtures.path("tiny-dit"), "--precisions")
    #expect(refused.status == ExitStatus.usage.rawValue)
  }

  @Test(arguments: [
    ["--batch", "0"], ["--rounds", "0"], ["--steps", "0"], ["--precision", "f8"],
  ])
  func usage(arguments: [String]) throws {
    #expect(try mosaic(["bench", "x"] + arguments).status == ExitStatus.usage.rawValue)
  }
}

/// `run --start-at`.
@Suite struct StartAtTests {
  private let bundle = Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic")

  @Test func goesOnFromImages() throws {
    let workspace = try Workspace()
    let (first, second) = (
      workspace.output("a.safetensors"), workspace.output("b.safetensors")
    )
    #expect(try mosaic("run", bundle, "-o", first, "--count", "2", "--quiet").status == 0)
    let json = try mosaic(
      "run", bundle, "-o", second, "--start-at", "7", "--image", first, "--json", "--quiet"
    ).json()
    #expect(json["samples"] == 2)
    #expect(json["step_seconds"]?.array?.count == 2)
  }

  @Test(arguments: [
    ["--start-at", "2"], ["--image", "x"], ["--start-at", "0", "--image", "x"],
    ["--start-at", "2", "--image", "x", "--count", "2"],
  ]) func usage(arguments: [String]) throws {
    #expect(
      try mosaic(["run", bundle, "-o", "x.png"] + arguments).status == ExitStatus.usage.rawValue)
  }
}
