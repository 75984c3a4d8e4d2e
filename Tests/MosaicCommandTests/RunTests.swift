import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// Sampling runs that succeed.
@Suite struct RunTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")

  init() throws { workspace = try Workspace() }

  /// Samples and opens what was written.
  private func sample(
    _ model: String, _ name: String, _ more: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> SafetensorsReader {
    let path = workspace.output(name)
    let result = try mosaic(["run", model, "-o", path, "--quiet"] + more)
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    return try SafetensorsReader(path: path)
  }

  private func bytes(_ reader: SafetensorsReader, _ name: String) throws -> [UInt8] {
    let tensor = try #require(reader.tensor(name))
    return withExtendedLifetime(tensor.owner) { Array(tensor.bytes) }
  }

  @Test func tensors() throws {
    let file = try sample(tiny, "out.safetensors", "--count", "3", "--steps", "4", "--seed", "5")
    #expect(Set(file.names) == ["images", "labels", "noise", "timesteps"])
    #expect(file.entry("images")?.shape == [3, 4, 8, 8])
    #expect(file.entry("images")?.dataType == .f32)
    #expect(file.entry("noise")?.shape == [3, 4, 8, 8])
    #expect(file.entry("labels")?.shape == [3])
    #expect(try file.tensor("timesteps")?.floats() == [750, 500, 250, 0])
    let labels = try #require(file.tensor("labels")).integers()
    #expect(labels.allSatisfy { (0..<10).contains($0) })
    let images = try #require(file.tensor("images")).floats()
    #expect(images.allSatisfy { $0.isFinite })
  }

  @Test func sameSeedSameBytes() throws {
    let bundle = try workspace.bundle()
    for model in [tiny, bundle] {
      _ = try sample(model, "a.safetensors", "--seed", "3", "--steps", "5", "--count", "2")
      _ = try sample(model, "b.safetensors", "--seed", "3", "--steps", "5", "--count", "2")
      _ = try sample(model, "c.safetensors", "--seed", "4", "--steps", "5", "--count", "2")
      let first = try readBytes(workspace.output("a.safetensors"))
      #expect(try readBytes(workspace.output("b.safetensors")) == first)
      #expect(try readBytes(workspace.output("c.safetensors")) != first)
    }
  }

  @Test func sampleDoesNotDependOnTheCount() throws {
    let one = try sample(tiny, "one.safetensors", "--steps", "3")
    let three = try sample(tiny, "three.safetensors", "--steps", "3", "--count", "3")
    for name in ["noise", "labels"] {
      let first = try bytes(one, name)
      #expect(try Array(bytes(three, name)[..<first.count]) == first)
    }
  }

  @Test func noiseOfAnEarlierRun() throws {
    let bundle = try workspace.bundle()
    let first = try sample(bundle, "first.safetensors", "--count", "2", "--seed", "9")
    let again = try sample(
      bundle, "again.safetensors", "--noise", workspace.output("first.safetensors"))
    for name in ["images", "noise", "labels", "timesteps"] {
      #expect(try bytes(again, name) == bytes(first, name), "\(name)")
    }
    // Classes asked for take the place of the file's.
    let other = try sample(
      bundle, "other.safetensors", "--noise", workspace.output("first.safetensors"), "--class",
      "3,4")
    #expect(other.tensor("labels")?.integers() == [3, 4])
    #expect(try bytes(other, "noise") == bytes(first, "noise"))
    #expect(try bytes(other, "images") != bytes(first, "images"))
  }

  /// Without pruning a bundle holds the checkpoint's own weights and runs the same program.
  @Test func wholeBudgetIsBitEqualToDense() throws {
    let path = workspace.output("whole.mosaic")
    let converted = try mosaic(
      ["convert", tiny, "-o", path, "--quiet", "--budget", "1"] + quickConversion)
    #expect(converted.status == 0)
    let dense = try sample(tiny, "dense.safetensors", "--count", "4", "--steps", "8")
    let noise = workspace.output("dense.safetensors")
    let bundle = try sample(path, "bundle.safetensors", "--noise", noise)
    for name in ["images", "labels", "timesteps"] {
      #expect(try bytes(bundle, name) == bytes(dense, name), "\(name)")
    }
    // So it is at a step count that the bundle was not made for, and with guidance.
    for more in [["--steps", "13"], ["--steps", "8", "--guidance", "2.5"]] {
      let paths = ["d.safetensors", "b.safetensors"].map { workspace.output($0) }
      for (model, output) in zip([tiny, path], paths) {
        let result = try mosaic(
          ["run", model, "-o", output, "--quiet", "--noise", noise] + more)
        #expect(result.status == 0, "\(result.errors)")
      }
      #expect(try readBytes(paths[0]) == readBytes(paths[1]), "\(more)")
    }
  }

  /// Variants serve noise levels, not step numbers.
  @Test(arguments: [3, 8, 20]) func variantsByNoiseLevel(steps: Int) throws {
    let bundle = try workspace.bundle()
    let result = try mosaic(
      "run", bundle, "-o", workspace.output("out.safetensors"), "--json", "--quiet", "--steps",
      "\(steps)")
    #expect(result.status == 0)
    let json = try result.json()
    #expect(json["schema"]?.string == "mosaic.run/1")
    #expect(json["output"]?.string == workspace.output("out.safetensors"))
    #expect(json["samples"]?.int == 1)
    #expect(json["steps"]?.int == steps)
    #expect(json["threads"]?.int ?? 0 >= 1)
    #expect(json["step_seconds"]?.array?.count == steps)
    #expect(json["sampling_seconds"]?.double != nil)
    #expect(json["median_step_seconds"]?.double != nil)
    let chosen = try #require(json["step_variants"]?.array).compactMap(\.int)

    // The fixture's scheduler is 1000 linear betas, leading: alphas from the definition.
    var alphas: [Double] = []
    var product = 1.0
    for step in 0..<1000 {
      product *= 1 - (1e-4 + (0.02 - 1e-4) * Double(step) / 999)
      alphas.append(product)
    }
    let inspected = try mosaic("inspect", "--json", bundle).json()
    let lowers = try #require(inspected["variants"]?.array).map {
      $0["log_snr_lower"]?.double ?? -.infinity
    }
    let expected = (0..<steps).reversed().map { step in
      let alpha = alphas[step * (1000 / steps)]
      let level = Foundation.log(alpha / (1 - alpha))
      return lowers.lastIndex { $0 <= level } ?? 0
    }
    #expect(chosen == expected)
    if steps == 8 { #expect(Set(chosen) == [0, 1, 2, 3]) }
  }

  @Test func text() throws {
    let bundle = try workspace.bundle()
    let path = workspace.output("out.safetensors")
    let result = try mosaic("run", bundle, "-o", path, "--count", "2")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("\(path): 2 samples, 8 steps over 4 variants, "))
    #expect(result.output.split(separator: "\n").count == 1)
    #expect(result.errors.hasPrefix("sampling "))
  }

  @Test func picture() throws {
    let path = workspace.output("letters.png")
    let result = try mosaic(
      "run", Fixtures.path("glyph-dit"), "-o", path, "--class", "A,B,C", "--steps", "4", "--quiet")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("\(path): 3 samples, 4 steps over 1 variant, "))
    let png = try readBytes(path)
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    func word(_ place: Int) -> Int { png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(String(decoding: png[12..<16], as: UTF8.self) == "IHDR")
    // Three pictures of 16 pixels on a grid of 2 by 2, each pixel 4 wide, with gaps of 2.
    #expect(word(16) == 2 * 64 + 2)
    #expect(word(20) == 2 * 64 + 2)
    // Eight bits of grey, not interlaced.
    #expect(png[24..<29] == [8, 0, 0, 0, 0])
    #expect(String(decoding: png.suffix(8).prefix(4), as: UTF8.self) == "IEND")
  }

  @Test func classesByNameInTurn() throws {
    let file = try sample(
      Fixtures.path("glyph-dit"), "out.safetensors", "--class", "A, 25,C", "--count", "5",
      "--steps", "2")
    #expect(file.tensor("labels")?.integers() == [0, 25, 2, 0, 25])
  }
}
