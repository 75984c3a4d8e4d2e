import Foundation
import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// What torch's exporters write.
@Suite struct ONNXExportTests {
  /// By dynamo, with a symbolic batch and its weights in another file.
  @Test func dynamo() throws {
    let path = Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx")
    let model = try ONNXModel(path: path)
    #expect(model.irVersion == 10 && model.operatorSetVersion == 18)
    #expect(model.producer == ("pytorch", "2.13.0+cpu"))
    #expect(model.graph.nodes.count == 166 && model.graph.initialisers.count == 65)
    #expect(
      model.graph.inputs.map { $0.type?.description } == [
        "FLOAT [batch, 4, 8, 8]", "INT64 [batch]", "INT64 [batch]",
      ])
    #expect(model.graph.inputs.map(\.name) == ["hidden_states", "timestep", "class_labels"])
    #expect(model.graph.outputs.map(\.name) == ["output"])
    #expect(model.inputFiles.count == 2)
    #expect(isSameFile(model.inputFiles[1], path + ".data"))
    #expect(model.warnings == [])
    try expectCheckpointWeights(in: model)
  }

  /// By the older exporter, with a fixed batch and its weights inside.
  @Test func torchScript() throws {
    let model = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/model.torchscript.onnx"))
    #expect(model.irVersion == 8 && model.operatorSetVersion == 17)
    #expect(model.graph.nodes.count == 308 && model.graph.initialisers.count == 44)
    #expect(model.graph.inputs[0].type?.description == "FLOAT [2, 4, 8, 8]")
    #expect(model.inputFiles == [model.path])
    #expect(model.warnings == [])
    try expectCheckpointWeights(in: model)
  }

  /// Exporters keep the names of all weights but those that they transpose.
  private func expectCheckpointWeights(in model: ONNXModel) throws {
    let checkpoint = try CheckpointFiles(
      path: Fixtures.path("tiny-dit"), component: "transformer")
    var count = 0
    for initialiser in model.graph.initialisers where initialiser.name.hasPrefix("m.") {
      guard let weight = checkpoint.tensor(String(initialiser.name.dropFirst(2))) else {
        continue
      }
      #expect(initialiser.tensor.shape == weight.shape, "\(initialiser.name)")
      #expect(initialiser.tensor.bytes.elementsEqual(weight.bytes), "\(initialiser.name)")
      count += 1
    }
    #expect(count == 31)
  }

  /// Every export there is, of eight networks by two exporters at opsets 17 to 24.
  @Test(.enabled(if: Fixtures.models != nil)) func everyExport() throws {
    let folder = "\(Fixtures.models ?? "")/tiny"
    let enumerator = try #require(FileManager.default.enumerator(atPath: folder))
    let paths = enumerator.compactMap { $0 as? String }.filter { $0.hasSuffix(".onnx") }
    #expect(paths.count >= 20)
    for path in paths {
      let model = try ONNXModel(path: "\(folder)/\(path)")
      #expect(model.warnings == [], "\(path)")
      #expect(model.graph.nodes.count > 50 && model.graph.outputs.count == 1, "\(path)")
      #expect(!model.graph.inputs.isEmpty, "\(path)")
      // Every weight is there, and none is endless.
      for initialiser in model.graph.initialisers where initialiser.tensor.dataType.isFloat {
        #expect(try initialiser.tensor.floats().allSatisfy { !$0.isNaN }, "\(path)")
      }
    }
  }

  /// Where a node comes from is kept: names of transposed weights can be found again.
  @Test(.enabled(if: Fixtures.models != nil)) func namesOfModules() throws {
    let model = try ONNXModel(path: "\(Fixtures.models ?? "")/tiny/dit/model.dynamo.onnx")
    let scopes = model.graph.nodes.compactMap { $0.metadata["pkg.torch.onnx.name_scopes"] }
    #expect(scopes.contains { $0.contains("m.transformer_blocks.1.attn1.to_q") })
    #expect(scopes.count > model.graph.nodes.count / 2)
  }
}
