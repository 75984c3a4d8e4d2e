import Foundation
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Exports of networks, run and compared with what PyTorch recorded.
@Suite struct ONNXNetworkTests {
  @Test(arguments: [
    ("model.dynamic.opset18.onnx", "golden"), ("model.dynamic.opset18.onnx", "golden3"),
    ("model.torchscript.onnx", "golden"),
  ])
  func agreesWithPyTorch(export: String, recording: String) throws {
    let model = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/\(export)"))
    let reference = try SafetensorsReader(path: Fixtures.path("tiny-dit/\(recording).safetensors"))
    let report = try model.compare(with: reference)
    #expect(report.outputs.map(\.name) == ["output"])
    #expect(report.relativeError <= 1e-5)
    #expect(report.relativeError > 0)
  }

  /// One graph for every batch.
  @Test func keepsTheBatchSymbolic() throws {
    let model = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx"))
    let network = try model.network()
    #expect(network.outputNames == ["output"])
    #expect(network.graph[network.graph.outputs[0]].type == TensorType([.batch, 8, 8, 8]))
    try network.graph.verify()
    for recording in ["golden", "golden3"] {
      let path = Fixtures.path("tiny-dit/\(recording).safetensors")
      #expect(try largestError(of: network, path) <= 1e-5, "\(recording)")
    }
  }

  /// A batch that the exporter fixed, where only reshapes hold it.
  @Test func freesAFixedBatch() throws {
    let model = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/model.torchscript.onnx"))
    let network = try model.network(ONNXBinding(freesBatch: true))
    #expect(network.graph[network.graph.outputs[0]].type == TensorType([.batch, 8, 8, 8]))
    let reference = try SafetensorsReader(path: Fixtures.path("tiny-dit/golden3.safetensors"))
    #expect(try model.compare(with: reference).relativeError <= 1e-5)
  }

  /// What both exporters make of a checkpoint does as much work as what we make of it.
  @Test func countsTheWorkOfTheCheckpoint() throws {
    let checkpoint = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    let dynamic = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/model.dynamic.opset18.onnx"))
      .network().graph
    var graph = dynamic
    // The exporter embeds the timestep once in each block.
    try graph.run([MergeCommonSubexpressions(), EliminateDeadNodes()])
    #expect(abs(graph.macs - checkpoint.graph.macs) <= 3 * 9216)
  }

  /// Every export there is: both exporters, opsets 17 to 24, recorded batches of 2 and 3.
  @Test(.enabled(if: Fixtures.models != nil)) func everyExport() throws {
    let folder = "\(Fixtures.models ?? "")/tiny"
    let enumerator = try #require(FileManager.default.enumerator(atPath: folder))
    let paths = enumerator.compactMap { $0 as? String }.filter { $0.hasSuffix(".onnx") }
    var (bound, symbolic) = (0, 0)
    for path in paths {
      let model = try ONNXModel(path: "\(folder)/\(path)")
      let directory = URL(filePath: "\(folder)/\(path)").deletingLastPathComponent().path
      let isDynamic = path.contains("dynamic")
      let batch = path.contains("batch3") ? 3 : 2
      // A batch that is fixed to 2 is only where reshapes hold it.
      let hasThree = FileManager.default.fileExists(atPath: "\(directory)/golden3.safetensors")
      for recorded in isDynamic || batch == 2 && hasThree ? [2, 3] : [batch] {
        let recording = "\(directory)/golden\(recorded == 3 ? "3" : "").safetensors"
        let report = try model.compare(with: SafetensorsReader(path: recording))
        #expect(report.relativeError <= 1e-4, "\(path)")
        bound += 1
        guard isDynamic else { continue }
        #expect(try largestError(of: model.network(), recording) <= 1e-4, "\(path)")
        symbolic += 1
      }
    }
    #expect(bound >= 41 && symbolic >= 14)
  }

  private func largestError(of network: ONNXNetwork, _ path: String) throws -> Double {
    let reference = try SafetensorsReader(path: path)
    var inputs: [String: Tensor] = [:]
    for id in network.graph.inputs {
      let value = network.graph[id]
      let tensor = Tensor(try #require(reference.tensor(value.name)))
      inputs[value.name] = Cast(to: value.type.element).evaluate([tensor])[0]
    }
    let output = try network.graph.interpret(inputs: inputs) { id in
      network.weights.tensor(network.graph[id].name).map { Tensor($0) }
    }[0]
    let expected = Tensor(try #require(reference.tensor("output")))
    #expect(output.shape == expected.shape)
    let scale = expected.doubles.reduce(0) { max($0, abs($1)) }
    return zip(output.doubles, expected.doubles).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}
