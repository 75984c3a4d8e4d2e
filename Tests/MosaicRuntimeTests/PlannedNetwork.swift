import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicLowering
import MosaicRuntime
import MosaicTestSupport

/// A fixture as a bundle of two variants, with plans. Both are the dense network; the second has lost
/// some reusable units.
struct PlannedNetwork {
  let network: Network
  let units: [ReusableUnit]
  let directory: TemporaryDirectory
  let bundle: BundleReader

  /// - Parameters:
  ///   - lost: Units of the second variant, by number.
  ///   - forecasts: Stored as a tensor behind the weights, where there are any.
  ///   - change: Of the manifest before it is written.
  init(
    lost: Set<Int> = [], memoryLimit: Int = 1 << 30, forecasts: [Float] = [],
    change: (inout Manifest, _ units: [String]) throws -> Void
  ) throws {
    let network = try Network("tiny-dit")
    self.network = network
    directory = try TemporaryDirectory()
    let (graph, model) = (network.model.graph, network.model.description)
    let units = graph.reusableUnits(state: graph.inputs[0])
    self.units = units
    let path = "\(directory.path)/planned.mosaic"
    var writer = try BundleWriter(path: path)
    let lowered = try graph.lowered(reusing: units)
    var sources: [Manifest.WeightSource] = []
    for id in lowered.weights {
      let values = TensorView(
        network.dense.weights[id]?.array ?? [], shape: graph[id].type.shape(batch: 1))
      sources.append(.init(tensor: try writer.add(name: graph[id].name, values)))
    }
    if !forecasts.isEmpty {
      _ = try writer.add(name: "forecasts", TensorView(forecasts, shape: [forecasts.count]))
    }
    var manifest = Manifest(model: model, scheduler: network.model.scheduler ?? SchedulerConfig())
    for number in 0..<2 {
      var program = lowered.program
      if number == 1 {
        program.reusableUnits = program.reusableUnits.enumerated().filter {
          !lost.contains($0.offset)
        }.map(\.element)
      }
      manifest.variants.append(
        Manifest.Variant(
          name: "\(number)", logSNRLower: number == 0 ? -.infinity : 0,
          logSNRUpper: number == 0 ? 0 : .infinity, program: program, weights: sources,
          macsPerSample: graph.macs, sparsity: 0))
    }
    try change(&manifest, units.map(\.name))
    try writer.finish(manifest)
    bundle = try BundleReader(path: path, memoryLimit: memoryLimit)
  }

  /// One forward, node by node, with values put in place of some units.
  ///
  /// - Returns: The output without its learned variance, and every unit's value.
  func reference(
    _ states: [Float], _ timestep: Double, _ labels: [Int32], replacing: [Int: [Float]]
  ) -> (output: [Float], values: [[Float]]) {
    let (graph, model) = (network.model.graph, network.model.description)
    let samples = labels.count
    var known: [ValueID: Tensor] = [:]
    for input in graph.inputs {
      known[input] =
        switch graph[input].name {
        case model.sampleInput: Tensor(states, shape: [samples] + model.sampleShape)
        case model.timestepInput:
          Tensor([Float](repeating: Float(timestep), count: samples), shape: [samples])
        default: Tensor(integers: labels.map(Int64.init), shape: [samples], as: .i32)
        }
    }
    for (id, weight) in network.dense.weights {
      known[id] = Tensor(weight.array, shape: graph[id].type.shape(batch: 1))
    }
    let replaced = Dictionary(
      uniqueKeysWithValues: replacing.map { (units[$0.key].value, $0.value) })
    for node in graph.nodes {
      let results = node.operation.evaluate(node.inputs.compactMap { known[$0] })
      for (id, result) in zip(node.outputs, results) {
        known[id] = replaced[id].map { Tensor($0, shape: result.shape) } ?? result
      }
    }
    let output = known[graph.outputs[0]]?.floats ?? []
    let (size, kept) = (output.count / samples, model.sampleCount)
    return (
      (0..<samples).flatMap { output[$0 * size..<$0 * size + kept] },
      units.map { known[$0.value]?.floats ?? [] }
    )
  }
}
