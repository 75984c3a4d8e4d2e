import Foundation
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport
import Testing

/// Exports end as the operations that a checkpoint's own graph is made of.
@Suite struct ONNXSimplifyTests {
  /// By both exporters the same graph as ours: operation by operation, operand by operand, down to
  /// the shapes of the weights.
  @Test(arguments: ["model.dynamic.opset18.onnx", "model.torchscript.onnx"])
  func equalsTheCheckpoint(export: String) throws {
    let checkpoint = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    let own = try checkpoint.graph.simplified(weights: checkpoint.weights)
    let network = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/\(export)")).network()
    let read = try network.graph.simplified(weights: network.weights)
    #expect(signature(of: read.graph, batch: 2) == signature(of: own.graph, batch: 2))
    #expect(read.graph.nodes.count == own.graph.nodes.count)
    // The checkpoint's graph is canonical as it is.
    #expect(own.graph.nodes.count == checkpoint.graph.nodes.count)
  }

  /// What an output depends on, as text; sums in either order. Extents are those at `batch`.
  private func signature(of graph: Graph, batch: Int) -> String {
    var texts: [ValueID: String] = [:]
    var known: [String: Int] = [:]
    func text(_ id: ValueID) -> String {
      texts[id] ?? "\(graph[id].type.shape(batch: batch))"
    }
    for input in graph.inputs { texts[input] = graph[input].name }
    for node in graph.nodes {
      var operands = node.inputs.map(text)
      if node.operation is Add { operands.sort() }
      var attributes = node.operation.attributes.map { "\($0.name)=\($0.value)" }.joined()
      if let reshape = node.operation as? Reshape {
        attributes = "\(TensorType(reshape.shape).shape(batch: batch))"
      }
      let full = "\(node.operation.name)(\(operands.joined(separator: ", "))){\(attributes)}"
      // By number, or the texts grow with every reader.
      let number = known[full] ?? known.count
      known[full] = number
      for (index, output) in node.outputs.enumerated() { texts[output] = "%\(number).\(index)" }
    }
    return known.sorted { $0.value < $1.value }.map { "%\($0.value) = \($0.key)" }
      .joined(separator: "\n") + "\n" + graph.outputs.map(text).joined()
  }

  @Test(arguments: [
    ("model.dynamic.opset18.onnx", "golden"), ("model.dynamic.opset18.onnx", "golden3"),
    ("model.torchscript.onnx", "golden"),
  ])
  func keepsTheMeaning(export: String, recording: String) throws {
    let network = try ONNXModel(path: Fixtures.path("tiny-dit-onnx/\(export)")).network()
    let path = Fixtures.path("tiny-dit/\(recording).safetensors")
    #expect(try largestError(of: network, path) <= 1e-5)
  }

  /// Twice is as good as once, for every export; no product is left without its bias, and no
  /// activation, norm, attention or rotary embedding in parts.
  @Test(.enabled(if: Fixtures.models != nil)) func everyExport() throws {
    let folder = "\(Fixtures.models ?? "")/tiny"
    let enumerator = try #require(FileManager.default.enumerator(atPath: folder))
    var counts: [String: [String: Int]] = [:]
    for path in enumerator.compactMap({ $0 as? String }) where path.hasSuffix(".onnx") {
      let network = try ONNXModel(path: "\(folder)/\(path)").network()
      let once = try network.graph.simplified(weights: network.weights)
      let twice = try once.graph.simplified(weights: once.weights)
      #expect(twice.graph.nodes.count == once.graph.nodes.count, "\(path)")
      let names = once.graph.nodes.map(\.operation.name)
      counts[path] = Dictionary(grouping: names) { $0 }.mapValues(\.count)
      #expect(!names.contains("reduce"), "\(path)")
      let functions = once.graph.nodes.compactMap { ($0.operation as? ElementwiseUnary)?.function }
      #expect(Set(functions).isSubset(of: [.sine, .cosine]), "\(path)")
      #expect(!names.contains("softmax"), "\(path)")
      let masked = once.graph.nodes.count { $0.operation is Attention && $0.inputs.count == 4 }
      #expect(masked == (path.hasPrefix("pixart") ? 2 : 0), "\(path)")
      // Queries and keys of two blocks.
      let rotated = names.count { $0 == "rotary-embedding" }
      #expect(rotated == (path.hasPrefix("flux") ? 4 : 0), "\(path)")
      let directory = URL(filePath: "\(folder)/\(path)").deletingLastPathComponent().path
      let recording = path.contains("batch3") ? "golden3" : "golden"
      #expect(
        try largestError(of: network, "\(directory)/\(recording).safetensors") <= 1e-4, "\(path)")
    }
    for model in ["dit", "ddpm-unet", "sd15-unet", "sdxl-unet", "vae-decoder", "sd3"] {
      let own = counts.filter { $0.key.hasPrefix("\(model)/") }
      #expect(own.count >= 2)
      let differing = own.filter { $0.value != own.first?.value }
      #expect(differing.isEmpty, "\(own.first?.key ?? ""): \(own.first?.value ?? [:])")
    }
  }

  private func largestError(of network: ONNXNetwork, _ path: String) throws -> Double {
    let simplified = try network.graph.simplified(weights: network.weights)
    let reference = try SafetensorsReader(path: path)
    var inputs: [String: Tensor] = [:]
    for id in simplified.graph.inputs {
      let value = simplified.graph[id]
      let tensor = Tensor(try #require(reference.tensor(value.name)))
      inputs[value.name] = Cast(to: value.type.element).evaluate([tensor])[0]
    }
    let output = try simplified.graph.interpret(inputs: inputs) { id in
      simplified.weights.tensor(simplified.graph[id].name).map { Tensor($0) }
    }[0]
    let expected = Tensor(try #require(reference.tensor("output")))
    let scale = expected.doubles.reduce(0) { max($0, abs($1)) }
    return zip(output.doubles, expected.doubles).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}
