public import MosaicCore
internal import MosaicIR

/// How far one run of an ONNX model lies from a recorded one.
public struct ONNXReferenceReport: Sendable, Equatable {
  public struct Output: Sendable, Equatable {
    /// The name of the recorded tensor.
    public var name: String
    /// max |a - b| / max |b| over the output, b the recorded one; infinite where either is NaN.
    public var relativeError: Double
  }

  public var outputs: [Output]

  public var relativeError: Double { outputs.reduce(0) { max($0, $1.relativeError) } }
}

extension ONNXModel {
  /// Runs the model on the tensors that `reference` holds under the names of its inputs, and compares
  /// with those that it holds under the names of its outputs; `output` is the first of them.
  ///
  /// The inputs bind all that is symbolic, also where their elements are extents of other values.
  ///
  /// - Parameter maximumBytes: The most memory that values may take, weights apart.
  /// - Throws: `ONNXError`; `ReferenceError` where a tensor is missing or does not fit, or where
  ///   the model cannot be run on them.
  public func compare(
    with reference: SafetensorsReader, maximumBytes: Int = .max
  ) throws -> ONNXReferenceReport {
    let path = reference.path
    let inputs = try self.inputs(in: reference)
    let network = try self.network(bound: inputs, path)
    let recorded = self.recorded(in: reference, network)
    guard !recorded.isEmpty else {
      throw ReferenceError(path: path, reason: .missing("output"))
    }
    let outputs = try network.run(inputs, maximumBytes: maximumBytes, model: self.path, path)
    var report = ONNXReferenceReport(outputs: [])
    for (name, index) in recorded {
      guard let expected = reference.tensor(name).map({ Tensor($0) }) else { continue }
      guard outputs[index].shape == expected.shape else {
        throw ReferenceError(
          path: path,
          reason: .shape(name, expected: "\(outputs[index].shape)", found: expected.shape))
      }
      report.outputs.append(
        .init(name: name, relativeError: outputs[index].relativeError(to: expected)))
    }
    return report
  }

  private func inputs(
    in reference: SafetensorsReader
  ) throws(ReferenceError) -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for input in graph.inputs {
      guard let stored = reference.tensor(input.name) else {
        throw ReferenceError(path: reference.path, reason: .missing(input.name))
      }
      let tensor = Tensor(stored)
      let wanted = input.type?.elementType.dataType ?? tensor.element
      guard wanted.isFloat || !tensor.element.isFloat else {
        throw ReferenceError(path: reference.path, reason: .notIntegers(input.name))
      }
      inputs[input.name] = tensor.cast(to: wanted)
    }
    return inputs
  }

  private func network(bound inputs: [String: Tensor], _ path: String) throws -> ONNXNetwork {
    do throws(ONNXError) {
      return try network(ONNXBinding(shapes: inputs.mapValues(\.shape), values: inputs))
    } catch {
      guard case .binding(let input, let declared, let shape) = error.reason else { throw error }
      if let free = network(freeing: inputs) { return free }
      throw ReferenceError(
        path: path,
        reason: .shape(input, expected: declared?.description ?? "of any type", found: shape))
    }
  }

  /// The network with a batch that is not fixed, where only that keeps the inputs from fitting.
  private func network(freeing inputs: [String: Tensor]) -> ONNXNetwork? {
    guard let name = graph.inputs.first?.name, let batch = inputs[name]?.shape.first,
      let network = try? network(ONNXBinding(values: inputs, freesBatch: true)),
      network.graph.inputs.allSatisfy({ id in
        network.graph[id].type.shape(batch: batch) == inputs[network.graph[id].name]?.shape
      })
    else { return nil }
    return network
  }

  /// Recorded outputs with their places among the graph's.
  private func recorded(
    in reference: SafetensorsReader, _ network: ONNXNetwork
  ) -> [(name: String, index: Int)] {
    let names = network.outputNames
    var found = names.enumerated().filter { reference.tensor($1) != nil }.map { ($1, $0) }
    let isOther = names.contains("output") || graph.inputs.contains { $0.name == "output" }
    if !isOther, reference.tensor("output") != nil { found.append(("output", 0)) }
    return found
  }
}

extension ONNXNetwork {
  fileprivate func run(
    _ inputs: [String: Tensor], maximumBytes: Int, model: String, _ path: String
  ) throws -> [Tensor] {
    do {
      return try graph.interpret(
        inputs: inputs, maximumBytes: maximumBytes,
        weights: { id in weights.tensor(graph[id].name).map { Tensor($0) } })
    } catch let error as InterpreterError {
      throw ReferenceError(
        path: path, reason: .failed(model: model, problem: error.description))
    }
  }
}

extension Tensor {
  fileprivate func cast(to element: DataType) -> Tensor {
    self.element == element ? self : Cast(to: element).evaluate([self])[0]
  }

  /// max |a - b| / max |b|; equal infinities differ by nothing.
  fileprivate func relativeError(to expected: Tensor) -> Double {
    var (largest, scale) = (0.0, 0.0)
    for (a, b) in zip(doubles, expected.doubles) where a != b || b.isFinite {
      let difference = abs(a - b)
      if b.isFinite { scale = max(scale, abs(b)) }
      // NaN compares false: it must count as the worst there is.
      if !(difference <= largest) { largest = difference.isNaN ? .infinity : difference }
    }
    return largest == 0 ? 0 : largest / scale
  }
}
