public import MosaicCore
internal import MosaicIR

/// Reads an ONNX model as a network that can be sampled: its graph in canonical operations, its inputs
/// by their roles.
public struct ONNXImporter: Sendable {
  public var path: String
  /// Roles that cannot be told by name and shape.
  public var roles = ONNXRoleNames()
  /// Whole shapes of inputs, by name; the batch stays open.
  public var shapes: [String: [Int]] = [:]
  /// Values of the inputs beside sample, timestep and class.
  public var conditioningFile: SafetensorsReader?
  /// The class that stands for "no class".
  public var nullClass: Int?
  /// What the network takes is the process' timestep times this; nil finds it out.
  public var timestepScale: Double?
  public var schedulerPath: String?
  public var sampler: SamplerKind?

  public init(path: String) { self.path = path }

  /// - Throws: `ONNXError`, `ONNXRoleError`, `ConditioningError`, `SchedulerError`, `ImportError` or
  ///   `FileError`.
  public func load() throws -> ImportedModel {
    let model = try ONNXModel(path: path)
    let network = try network(of: model)
    let roles = try network.roles(self.roles, path: path)
    guard network.graph[roles.sample].type.isBatched else {
      throw network.error(.fixedBatch(input: network.graph[roles.sample].name), path)
    }
    let shared = try sharedValues(of: network, roles)
    let classCount = roles.classes.flatMap { network.classCount(of: $0) }
    let canonical: (graph: Graph, weights: DerivedWeights)
    do {
      canonical = try canonicalForm(of: network, timestep: roles.timestep, shared: shared)
    } catch {
      throw ImportError(path: path, reason: .internal("\(error)"))
    }
    let graph = canonical.graph
    var description = try description(of: network, roles, classCount: classCount)
    description.conditioningInputs.removeAll { name in
      !graph.inputs.contains { graph[$0].name == name }
    }
    description.timestepScale =
      timestepScale ?? graph.timestepScale(of: description.timestepInput, canonical.weights)
    var notes = model.warnings
    if timestepScale == nil, description.timestepScale != 1 {
      notes.append(
        "\(printable(path, limit: 400)): multiplies its timesteps by 1000, so it is given a"
          + " thousandth of the process'; --timestep-scale 1 gives them as they are")
    }
    return ImportedModel(
      path: path, graph: graph,
      weights: ONNXImportedWeights(model: model, weights: canonical.weights),
      description: description,
      scheduler: try schedulerPath.map { try readScheduler($0, sampler: sampler) },
      conditioning: try conditioning(of: graph, description), warnings: notes)
  }

  /// The graph of the model's first output, with an open batch where nothing but reshapes holds it.
  private func network(of model: ONNXModel) throws -> ONNXNetwork {
    let freed = try? model.network(ONNXBinding(shapes: shapes, freesBatch: true))
    var network = try freed ?? model.network(ONNXBinding(shapes: shapes))
    network.graph.outputs = Array(network.graph.outputs.prefix(1))
    try network.graph.run([EliminateDeadNodes()])
    return network
  }

  /// The graph in canonical operations on f32, its inputs of the types that programs take.
  private func canonicalForm(
    of network: ONNXNetwork, timestep: ValueID, shared: [String: TensorView]
  ) throws -> (graph: Graph, weights: DerivedWeights) {
    let bound = try network.graph.rewritten {
      shared[network.graph[$0].name] == nil ? .kept : .weight
    }
    let weights = BoundWeights(base: network.weights, values: shared)
    let simplified = try bound.simplified(weights: weights)
    let graph = simplified.graph
    let timestepName = network.graph[timestep].name
    func change(_ input: ValueID, asFloats: Bool) -> Graph.InputChange {
      let readers = graph.nodes.filter { $0.inputs.contains(input) }
      if graph[input].name == timestepName { return .typed(.f32) }
      if readers.isEmpty { return .dropped }
      let element = graph[input].type.element
      // Integers stay integers where they choose from a table.
      let isIndex = readers.contains { $0.operation is Gather && $0.inputs[0] == input }
      return asFloats && !element.isFloat && element != .bool && !isIndex ? .typed(.f32) : .kept
    }
    let typed = try? graph.rewritten(inF32: true) { change($0, asFloats: true) }
    return (
      try typed ?? graph.rewritten(inF32: true) { change($0, asFloats: false) },
      simplified.weights
    )
  }
}
