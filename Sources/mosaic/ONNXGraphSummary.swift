import MosaicCore
import MosaicIR
import MosaicImport
import MosaicSurgery

/// An ONNX model as the compiler sees it: its graph in canonical operations.
struct ONNXGraphSummary {
  let graph: Graph
  private let state: ValueID?
  private let path: String

  /// A batch that the exporter fixed is freed where no shape is given and nothing else holds it.
  init(_ model: ONNXModel, _ binding: ONNXBinding) throws {
    var freed: ONNXNetwork?
    if binding.shapes.isEmpty { freed = try? model.network(ONNXBinding(freesBatch: true)) }
    let network = try freed ?? model.network(binding)
    let graph = try network.graph.simplified(weights: network.weights).graph
    self.graph = graph
    path = model.path
    state = network.sampleInput.flatMap { sample in
      graph.inputs.first { graph[$0].name == network.graph[sample].name }
    }
  }

  func groups() throws -> PruningGroups {
    guard let state else { throw ONNXWithoutSample(path: path) }
    return PruningGroups(of: graph, state: state)
  }
}

/// No input of a network can be the sample that is denoised.
struct ONNXWithoutSample: MosaicError {
  var path: String

  var description: String {
    "\(printable(path, limit: 400)): has no input of floats with three axes or more, so none can be"
      + " the sample; only networks that denoise one have pruning groups"
  }

  var exitStatus: ExitStatus { .unsupported }
}
