import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `inspect` of everything one may point it at.
@Suite struct InspectTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  @Test func checkpointText() throws {
    let result = try mosaic("inspect", tiny)
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("\(tiny): DiTTransformer2DModel, samples 4x8x8, "))
    #expect(lines[2] == "classes: 10, 10 for none; learned variance, not used by the sampler")
    #expect(
      lines[3]
        == "scheduler: DDIMScheduler, linear betas, epsilon, leading spacing, 1000 training steps")
  }

  @Test func checkpointJSON() throws {
    let json = try mosaic("inspect", tiny, "--json").json()
    #expect(json["schema"]?.string == "mosaic.inspect/1")
    #expect(json["kind"]?.string == "checkpoint")
    #expect(json["architecture"]?.string == "DiTTransformer2DModel")
    #expect(json["sample_shape"] == [4, 8, 8])
    #expect(json["class_names"] == [])
    #expect(json["scheduler"]?.string == "DDIMScheduler")
    let macs = try #require(json["macs_per_forward"]?.int)
    let prunable = try #require(json["prunable_macs_per_forward"]?.int)
    #expect(json["parameters"]?.int ?? 0 > 0)
    #expect(0 < prunable && prunable < macs)
    let groups = try #require(json["groups"]?.array)
    // Two blocks, each with its heads and its neurons.
    #expect(groups.count == 4)
    let sum = groups.reduce(0) {
      $0 + ($1["units"]?.int ?? 0) * ($1["macs_per_unit"]?.int ?? 0)
    }
    #expect(sum == prunable)
    #expect(groups.map { $0["units"]?.int } == [4, 128, 4, 128])
  }

  @Test func bundleText() throws {
    let path = try workspace.bundle()
    let result = try mosaic("inspect", path)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("\(path): DiTTransformer2DModel, 4 variants, "))
    for number in 0..<4 { #expect(result.output.contains("\n  range-\(number) ")) }
    #expect(result.output.contains("final error against dense, 8 fresh samples: "))
  }

  @Test func bundleJSON() throws {
    let path = try workspace.bundle()
    let json = try mosaic("inspect", "--json", path).json()
    #expect(json["schema"]?.string == "mosaic.inspect/1")
    #expect(json["kind"]?.string == "bundle")
    #expect(json["generator"]?.string?.hasPrefix("mosaic ") == true)
    #expect(json["arguments"]?.array?.contains("--budget") == true)
    #expect(json["content_digest"]?.string?.count == 64)
    let byteCount = try readBytes(path).count
    #expect(json["file_bytes"]?.int == byteCount)
    #expect(json["sample_shape"] == [4, 8, 8])

    let schedule = try #require(json["schedule"])
    #expect(schedule["kind"]?.string == "solved")
    #expect(schedule["criterion"]?.string == "obs")
    #expect(schedule["budget"]?.double == 0.75)
    #expect(schedule["influence"]?.string == "measured")
    #expect(schedule["sampler"]?.string == "ddim")
    #expect(schedule["steps"]?.int == 8)
    #expect(schedule["guidance"]?.double == 1)
    let steps = try #require(schedule["per_step"]?.array)
    #expect(
      steps.map { $0["timestep"]?.int ?? $0["timestep"]?.double.map { Int($0) } } == [
        875, 750, 625, 500, 375, 250, 125, 0,
      ])

    let variants = try #require(json["variants"]?.array)
    #expect(variants.count == 4)
    #expect(variants.first?["log_snr_lower"] == .null)
    #expect(variants.last?["log_snr_upper"] == .null)
    let served = variants.enumerated().flatMap { number, variant in
      (variant["steps"]?.array ?? []).map { (number, $0.int ?? -1) }
    }
    #expect(served.map(\.1) == Array(0..<8))
    for (number, step) in served {
      #expect(steps[step]["variant"]?.int == number)
      // The range as it is stored serves the steps it was made for.
      let level = try #require(steps[step]["log_snr"]?.double)
      #expect(variants[number]["log_snr_lower"]?.double ?? -.infinity <= level)
      #expect(level < variants[number]["log_snr_upper"]?.double ?? .infinity)
    }

    let groups = try #require(json["groups"]?.array)
    for group in groups {
      let kept = try #require(group["kept"]?.array).compactMap(\.int)
      #expect(kept.count == 4)
      #expect(kept.allSatisfy { (0...(group["units"]?.int ?? 0)).contains($0) })
    }
    let proof = try #require(json["proof"])
    for key in [
      "samples", "predicted_mse", "measured_mse", "standard_error", "median_mse", "uniform_mse",
      "macs", "dense_macs", "uniform_macs", "parity", "operation_parity",
    ] { #expect(proof[key]?.double != nil, "\(key)") }
    #expect(proof["compared_with_original"]?.bool == false)
  }

  /// A bundle carries the dense graph's text as it was.
  @Test func graph() throws {
    let path = try workspace.bundle()
    let dense = try mosaic("inspect", "--graph", tiny)
    let stored = try mosaic("inspect", "--graph", path)
    #expect(dense.status == 0 && stored.status == 0)
    #expect(dense.output.contains("hidden_states"))
    #expect(dense.output.split(separator: "\n").count > 20)
    #expect(stored.output == dense.output)
  }

  @Test func groups() throws {
    let path = try workspace.bundle()
    let dense = try mosaic("inspect", "--groups", tiny)
    let stored = try mosaic("inspect", "--groups", path)
    #expect(dense.status == 0 && stored.status == 0)
    // What cannot go, and why.
    #expect(dense.output.contains(" is pinned: "))
    #expect(dense.output.contains("4 groups hold 88.1 % of all MACs"))
    #expect(dense.output.contains("transformer_blocks.0.attn1.to_q.weight, "))
    let json = try mosaic("inspect", "--json", tiny).json()
    #expect(json["pinned"]?.array?.first?["reason"]?.string?.isEmpty == false)
    let consumers = json["groups"]?.array?.first?["consumers"]?.array
    #expect(
      consumers?.compactMap(\.string) == ["transformer_blocks.0.attn1.to_out.0.weight"])
    #expect(stored.output.contains("MACs/unit  range-0"))
    for output in [dense.output, stored.output] {
      #expect(output.split(separator: "\n").count { $0.contains("transformer_blocks.") } >= 4)
    }
  }

  @Test func classNames() throws {
    let json = try mosaic("inspect", Fixtures.path("glyph-dit"), "--json").json()
    #expect(
      json["class_names"]?.array?.compactMap(\.string).joined() == "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  }

  @Test(arguments: ["", "just text, and not a model", "{}"]) func otherFiles(text: String) throws {
    let path = try workspace.directory.file("notes.txt", Array(text.utf8))
    expectRefusal(
      try mosaic("inspect", path), .badData,
      "\(path): not a checkpoint: give the diffusers directory that holds its config.json, not a "
        + "file in it")
  }

  @Test func missingFile() throws {
    let path = "\(workspace.directory.path)/none.mosaic"
    expectRefusal(
      try mosaic("inspect", path), .missingInput, "\(path): no such file; check the path")
  }

  @Test(
    arguments: [
      [0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0, 0], [0x80, 2, 0x8A, 10, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func pickles(bytes: [UInt8]) throws {
    let path = try workspace.directory.file("model.pt", bytes)
    let message =
      "\(path): is no safetensors file, and loading a pickle could run code; convert '\(path)' in "
      + "Python with safetensors.torch.save_file(torch.load(old, weights_only=True), new)"
    expectRefusal(try mosaic("inspect", path), .unsupported, message)
    expectRefusal(
      try mosaic("convert", path, "-o", workspace.output("out.mosaic")), .unsupported, message)
    #expect(try workspace.written() == [])
  }

  @Test func picklesOnly() throws {
    let checkpoint = try workspace.checkpoint()
    try FileManager.default.moveItem(
      atPath: checkpoint.weights,
      toPath: "\(checkpoint.path)/transformer/diffusion_pytorch_model.bin")
    let result = try mosaic("inspect", checkpoint.path)
    #expect(
      result.errors.hasPrefix(
        "mosaic: \(checkpoint.path)/transformer: holds weights as Python pickles only, and "))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.status == ExitStatus.unsupported.rawValue)
  }

  /// Names from strangers cannot steer a terminal.
  @Test func escapesInNames() throws {
    let checkpoint = try workspace.checkpoint()
    try checkpoint.set(
      [("_class_name", "evil\u{1B}[2J\nname")], in: checkpoint.config)
    let result = try mosaic("inspect", checkpoint.path)
    #expect(result.errors.contains(#"evil\u{1b}[2J\u{a}name"#))
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}
