import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Imported graphs, run node by node, against the forwards that PyTorch recorded.
///
/// Both sides compute in f32: 1e-4 of the largest output is what dense parity promises.
@Suite struct ForwardTests {
  @Test(
    arguments: ["tiny-dit", "tiny-dit-sharded", "tiny-dit-bf16"],
    ["golden.safetensors", "golden3.safetensors"])
  func repeatsTiny(name: String, file: String) throws {
    // The shards hold the very weights of the single file.
    let folder = name == "tiny-dit-sharded" ? "tiny-dit" : name
    try expectForward(of: Fixtures.path(name), equals: Fixtures.path("\(folder)/\(file)"))
  }

  @Test(arguments: [0, 100, 250, 500, 750, 999])
  func repeatsGlyphs(timestep: Int) throws {
    try expectForward(
      of: Fixtures.path("glyph-dit"),
      equals: Fixtures.path("glyph-dit/check.\(timestep).safetensors"))
  }

  @Test(
    .enabled(if: Fixtures.models != nil, "MOSAIC_MODELS names no directory of models"),
    arguments: [0, 100, 250, 500, 750, 999])
  func repeatsGlyphsInF32(timestep: Int) throws {
    let path = "\(try #require(Fixtures.models))/glyph-dit"
    try expectForward(of: path, equals: "\(path)/check.\(timestep).safetensors")
  }

  private func expectForward(
    of checkpoint: String, equals file: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let model = try CheckpointImporter(path: checkpoint).load()
    let recording = try Recording(path: file)
    var inputs: [String: Tensor] = [:]
    for id in model.graph.inputs {
      let (name, shape) = (model.graph[id].name, try recording.shape(model.graph[id].name))
      inputs[name] =
        model.graph[id].type.element == .i32
        ? Tensor(try recording.integers(name), shape: shape)
        : Tensor(try recording.floats(name), shape: shape)
    }
    let output = try model.graph.interpret(
      inputs: inputs,
      weights: { id in
        let value = model.graph[id]
        return (try? model.weights.tensor(value.name)?.floats()).map {
          Tensor($0, shape: value.type.shape(batch: 1))
        }
      })
    let expected = try recording.floats("output")
    #expect(output[0].shape == (try recording.shape("output")), sourceLocation: sourceLocation)
    #expect(
      relativeError(output[0].floats, expected) <= 1e-4, sourceLocation: sourceLocation)
  }
}
