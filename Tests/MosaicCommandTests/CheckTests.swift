import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// `check` against recordings.
@Suite struct CheckTests {
  let workspace: Workspace
  private let tiny = Fixtures.path("tiny-dit")
  private let golden = Fixtures.path("tiny-dit/golden.safetensors")

  init() throws { workspace = try Workspace() }

  @Test func checkpointAgreesWithPyTorch() throws {
    let result = try mosaic("check", tiny, "--reference", golden)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("largest relative error "))
    #expect(result.output.hasSuffix(" on 2 samples: within 0.000100\n"))
  }

  @Test(arguments: [0, 500, 999]) func glyphs(timestep: Int) throws {
    let reference = Fixtures.path("glyph-dit/check.\(timestep).safetensors")
    let result = try mosaic(
      "check", Fixtures.path("glyph-dit"), "--reference", reference, "--json")
    #expect(result.status == 0)
    let json = try result.json()
    #expect(json["schema"]?.string == "mosaic.check/1")
    #expect(json["samples"]?.int == 4)
    #expect(json["tolerance"]?.double == 1e-4)
    #expect(json["alike"]?.bool == true)
    #expect(json["relative_error"]?.double ?? 1 < 1e-4)
  }

  @Test func overTheTolerance() throws {
    let strict = try mosaic("check", tiny, "--reference", golden, "--tolerance", "1e-9")
    #expect(strict.status == ExitStatus.answerIsNo.rawValue)
    #expect(strict.output.contains(" on 2 samples: over "))
    #expect(strict.errors == "")
    // A pruned variant is another network, and says so.
    let bundle = try workspace.bundle()
    let pruned = try mosaic(
      "check", bundle, "--reference", golden, "--variant", "3", "--json")
    #expect(pruned.status == ExitStatus.answerIsNo.rawValue)
    #expect(try pruned.json()["alike"]?.bool == false)
  }

  @Test func wholeVariantOfABundle() throws {
    let path = workspace.output("whole.mosaic")
    _ = try mosaic(["convert", tiny, "-o", path, "--quiet", "--budget", "1"] + quickConversion)
    for variant in 0..<4 {
      let result = try mosaic("check", path, "--reference", golden, "--variant", "\(variant)")
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  @Test(arguments: ["hidden_states", "timestep", "class_labels", "output"])
  func missingTensor(name: String) throws {
    let path = try record { $0 == name ? nil : $1 }
    expectRefusal(
      try mosaic("check", tiny, "--reference", path), .badData,
      "\(path): holds no tensor '\(name)'; record every input of the network by its name, and "
        + "'output'")
  }

  @Test func tensorsThatDoNotFit() throws {
    let wide = try record { name, tensor in
      name == "hidden_states"
        ? TensorView([Float](repeating: 0, count: 2 * 4 * 8 * 9), shape: [2, 4, 8, 9]) : tensor
    }
    expectRefusal(
      try mosaic("check", tiny, "--reference", wide), .badData,
      "\(wide): tensor 'hidden_states' must be [n, 4, 8, 8], found [2, 4, 8, 9]")
    let outside = try record { name, tensor in
      name == "class_labels" ? TensorView([Int64(0), 11], shape: [2]) : tensor
    }
    expectRefusal(
      try mosaic("check", tiny, "--reference", outside), .badData,
      "\(outside): tensor 'class_labels' holds 11, outside 0..<11")
    let broken = try record { name, tensor in
      guard name == "output" else { return tensor }
      var values = try tensor.floats()
      values[5] = .nan
      return TensorView(values, shape: tensor.shape)
    }
    let result = try mosaic("check", tiny, "--reference", broken)
    #expect(result.status == ExitStatus.answerIsNo.rawValue)
  }

  @Test func otherArguments() throws {
    let bundle = try workspace.bundle()
    expectRefusal(
      try mosaic("check", bundle, "--reference", golden, "--variant", "4"), .usage,
      "--variant must be in 0..<4, found 4")
    expectUsageError(
      try mosaic("check", tiny, "--reference", golden, "--tolerance=-1"),
      "--tolerance must be 0 or more.")
    let none = "\(workspace.directory.path)/none.safetensors"
    expectRefusal(
      try mosaic("check", tiny, "--reference", none), .missingInput,
      "\(none): no such file; check the path")
  }

  /// The golden recording with tensors changed or, for nil, left out.
  private func record(_ change: (String, TensorView) throws -> TensorView?) throws -> String {
    let reader = try SafetensorsReader(path: golden)
    let path = "\(workspace.directory.path)/recording.safetensors"
    let tensors = try reader.names.compactMap { name -> (String, TensorView)? in
      guard let tensor = reader.tensor(name) else { return nil }
      return try change(name, tensor).map { (name, $0) }
    }
    try SafetensorsWriter.write(tensors, to: path)
    return path
  }
}
