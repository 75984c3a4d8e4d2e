public import MosaicCore
internal import MosaicIR
public import MosaicRuntime

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How well the fast path, the graph run node by node, and plain arithmetic agree.
public struct Parity: Sendable, Equatable {
  /// Largest relative error of the lowered program against the graph, over the timesteps tried.
  public var programError: Double
  /// Largest error of a node's element against plain f64 loops, relative to the largest element of
  /// its result.
  public var nodeError: Double
  /// The node of that error.
  public var worstNode: String
  /// Elements that were recomputed.
  public var elements: Int

  /// What is accepted as rounding.
  public static let tolerance = 1e-4

  public var holds: Bool { programError <= Self.tolerance && nodeError <= Self.tolerance }
}

extension DenseNetwork {
  /// Holds the lowered program against the graph, and the graph against f64 loops, on seeded
  /// states at several timesteps.
  ///
  /// - Parameters:
  ///   - elementsPerNode: Elements of each node's result that are recomputed, at each timestep.
  public func measureParity(
    model: ModelDescription, timesteps: [Int], seed: UInt64, executor: Executor,
    elementsPerNode: Int = 16, conditioning: Conditioning? = nil
  ) throws -> Parity {
    let samples = 2
    var parity = Parity(programError: 0, nodeError: 0, worstNode: "", elements: 0)
    for timestep in timesteps {
      let inputs = try parityInputs(
        model: model, timestep: timestep, samples: samples, seed: seed, conditioning)
      var nodeNumber: UInt64 = 0
      let random = CounterRandom(seed: seed, stream: UInt64(timestep))
      let output = try graph.interpret(
        inputs: inputs,
        weights: { id in
          self.weights[id].map {
            Tensor($0.array, shape: self.graph[id].type.shape(batch: 1))
          }
        },
        observe: { node, operands, results in
          nodeNumber += 1
          for (number, result) in results.enumerated() where result.count > 0 {
            let values = result.floats
            let scale = values.reduce(0) { max($0, abs(Double($1))) }
            for draw in 0..<elementsPerNode {
              let position = random.integer(
                below: result.count, item: nodeNumber, index: UInt64(number * 4096 + draw))
              let expected = node.operation.reference(
                operands, output: number, position: position)
              let error = abs(Double(values[position]) - expected) / max(scale, 1e-30)
              parity.elements += 1
              if !(error <= parity.nodeError) {
                parity.nodeError = error.isNaN ? .infinity : error
                parity.worstNode = node.name
              }
            }
          }
        })
      let expected = output[0].floats
      let found = try run(executor, inputs, samples: samples)
      let scale = expected.reduce(0) { max($0, abs(Double($1))) }
      for (a, b) in zip(found, expected) {
        let error = abs(Double(a) - Double(b)) / max(scale, 1e-30)
        if !(error <= parity.programError) {
          parity.programError = error.isNaN ? .infinity : error
        }
      }
    }
    return parity
  }

  private func parityInputs(
    model: ModelDescription, timestep: Int, samples: Int, seed: UInt64,
    _ conditioning: Conditioning?
  ) throws -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    let labels = Sampler.labels(
      seed: seed, samples: samples, first: timestep << 20, of: model, conditioning: conditioning)
    for id in graph.inputs {
      let name = graph[id].name
      let shape = graph[id].type.shape(batch: samples)
      switch name {
      case model.sampleInput:
        inputs[name] = Tensor(
          Sampler.noise(
            seed: seed, samples: samples, first: timestep << 20, stateSize: model.sampleCount),
          shape: shape)
      case model.timestepInput:
        let time = Float(Double(timestep) * model.timestepScale)
        inputs[name] = Tensor(
          [Float](repeating: time, count: shape.reduce(1, *)), shape: shape)
      case model.classInput: inputs[name] = Tensor(labels, shape: shape)
      default:
        let element = graph[id].type.element
        switch conditioning?.values(of: name, rows: labels, withNull: false) {
        case .floats(let values)?:
          inputs[name] = Tensor(doubles: values.map { Double($0) }, shape: shape, as: element)
        case .integers(let values)?:
          inputs[name] = Tensor(integers: values.map { Int64($0) }, shape: shape, as: element)
        case nil: throw RuntimeError(.conditioningMissing([name]))
        }
      }
    }
    return inputs
  }

  private func run(
    _ executor: Executor, _ inputs: [String: Tensor], samples: Int
  ) throws -> [Float] {
    let ordered = graph.inputs.compactMap { inputs[graph[$0].name] }
    let owners = zip(graph.inputs, ordered).map { input, tensor -> OwnedBytes in
      // What does not depend on the batch is an input of every sample.
      let copies = graph[input].type.isFixed ? samples : 1
      func repeated<Element>(_ values: [Element]) -> OwnedBytes {
        let all = (0..<copies).flatMap { _ in values }
        return all.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
      }
      return graph.port(of: input).element == .f32
        ? repeated(tensor.floats) : repeated(tensor.integers.map { Int32(clamping: $0) })
    }
    let count = samples * (graph.outputs.first.map { graph[$0].type.sampleCount } ?? 0)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress {
        executor.run(
          inputs: owners.compactMap { $0.memory.baseAddress.map { UnsafeRawPointer($0) } },
          output: base, batch: samples)
        withExtendedLifetime(owners) {}
      }
      initialized = count
    }
  }
}
