internal import MosaicBundle
public import MosaicCore
internal import Synchronization

/// A network behind its roles: states, timestep and classes in, the (guided) output out.
public final class Predictor: Sendable {
  public let executor: Executor
  public let model: ModelDescription
  /// Weight of classifier-free guidance; nil runs the network once a sample. A weight of 1 is no
  /// guidance, and nil.
  public let guidance: Float?
  /// Of a network that takes more than states, timesteps and classes.
  public let conditioning: Conditioning?
  /// What depends on conditioning alone, keys and values of cross-attention most of all: computed
  /// when samples have other rows than in the step before.
  private let conditionedPart: SharedPart
  private let conditioned = Mutex<(labels: [Int32], values: SharedValues)?>(nil)

  /// - Throws: `RuntimeError` where the program's inputs do not have the roles of `model`, or
  ///   guidance is asked of a network without a null class; `ConditioningError` where `conditioning`
  ///   is not for this network.
  public init(
    executor: Executor, model: ModelDescription, guidance: Float?,
    conditioning: Conditioning? = nil
  ) throws {
    let known =
      [model.sampleInput, model.timestepInput, model.classInput].compactMap { $0 }
      + model.conditioningInputs
    if let stranger = executor.program.inputs.first(where: { !known.contains($0.name) }) {
      throw RuntimeError(.unknownInput(stranger.name))
    }
    if let conditioning {
      try conditioning.check(against: executor.program, model)
    } else if !model.conditioningInputs.isEmpty {
      throw RuntimeError(.conditioningMissing(model.conditioningInputs))
    }
    guard
      guidance == nil || (model.nullClass != nil && model.classInput != nil)
        || conditioning?.hasNull == true
    else {
      throw RuntimeError(
        conditioning == nil ? .guidanceUnsupported : .nullConditioningMissing)
    }
    self.conditioning = conditioning
    self.executor = executor
    self.model = model
    self.guidance = guidance == 1 ? nil : guidance
    let ports = executor.program.inputs
    conditionedPart = SharedPart(
      of: executor.program,
      reading: ports.indices.filter { model.conditioningInputs.contains(ports[$0].name) })
  }

  /// Elements of one sample of the state.
  public var stateSize: Int { model.sampleCount }

  /// Forwards of the network a sample: 2 with guidance.
  public var forwardsPerSample: Int { guidance == nil ? 1 : 2 }

  /// The network's output for every state at one timestep, without the learned variance, guided
  /// where guidance is on: `u + w (c - u)`.
  ///
  /// Source: Ho and Salimans, "Classifier-Free Diffusion Guidance", arXiv:2207.12598.
  ///
  /// - Parameters:
  ///   - states: [samples, channels, height, width].
  ///   - labels: [samples]; ignored by a network without classes.
  ///   - captures: See `Executor.run`; with guidance each destination holds the conditional
  ///     samples, then the unconditional ones.
  /// - Returns: As many elements as `states`.
  public func predict(
    states: [Float], timestep: Double, labels: [Int32], captures: [Executor.Capture] = []
  ) -> [Float] {
    predict(states, timestep, labels, captures, exchange: nil)
  }

  /// The same where some of the network's values come from earlier steps.
  ///
  /// - Parameters:
  ///   - step: Of the trajectory.
  ///   - orders: For each unit of `memory`: nil computes it anew; 0 repeats its last value, 1 and 2
  ///     extrapolate from the last two or three.
  ///   - forecasts: By group and unit, what a reused value is made of; nil, or no groups at all, for
  ///     Lagrange's weights.
  ///   - groups: The groups of `memory` that `states` are of, in order; all by default.
  /// - Throws: `RuntimeError.Reason.unknownValues` where the memory does not go back so far.
  public func predict(
    states: [Float], timestep: Double, labels: [Int32], step: Int, orders: [Int?],
    forecasts: [[ValueForecast?]] = [], memory: ReuseMemory, groups: Range<Int>? = nil
  ) throws(RuntimeError) -> [Float] {
    let exchange = try memory.exchange(
      step: step, orders: orders, forecasts: forecasts,
      groups: groups ?? 0..<memory.groupCount, with: executor.program)
    return withExtendedLifetime(memory) {
      predict(states, timestep, labels, [], exchange: exchange)
    }
  }

  private func predict(
    _ states: [Float], _ timestep: Double, _ labels: [Int32], _ captures: [Executor.Capture],
    exchange: ValueExchange?
  ) -> [Float] {
    let samples = states.count / stateSize
    let batch = samples * forwardsPerSample
    let isGuided = guidance != nil
    let inputs = isGuided ? states + states : states
    let times = [Float](repeating: Float(timestep * model.timestepScale), count: batch)
    let others = executor.program.inputs.compactMap { port in
      values(of: port.name, labels, samples: samples).map { (port.name, $0) }
    }
    let outputSize = executor.program.outputShape.reduce(1, *)
    let output = [Float](unsafeUninitializedCapacity: batch * outputSize) { buffer, count in
      inputs.withUnsafeBytes { states in
        times.withUnsafeBytes { times in
          let addresses = executor.program.inputs.compactMap { port in
            switch port.name {
            case model.sampleInput: states.baseAddress
            case model.timestepInput: times.baseAddress
            default:
              others.first { $0.0 == port.name }.flatMap {
                UnsafeRawPointer($0.1.memory.baseAddress)
              }
            }
          }
          if let base = buffer.baseAddress, batch > 0 {
            executor.run(
              inputs: addresses, output: base, batch: batch, captures: captures,
              exchange: exchange, known: captures.isEmpty ? conditionedValues(labels) : nil)
          }
        }
      }
      withExtendedLifetime(others) {}
      count = batch * outputSize
    }
    return reading(output, samples: samples, outputSize: outputSize)
  }

  /// What an input other than states and timesteps is given, unconditional forwards last.
  private func values(of name: String, _ labels: [Int32], samples: Int) -> OwnedBytes? {
    let isGuided = guidance != nil
    if name == model.classInput {
      let null = [Int32](repeating: Int32(model.nullClass ?? 0), count: isGuided ? samples : 0)
      return (labels + null).withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    }
    switch conditioning?.values(of: name, rows: labels, withNull: isGuided) {
    case .floats(let values)?:
      return values.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    case .integers(let values)?:
      return values.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    case nil: return nil
    }
  }

  /// The conditioned part's results for samples of these rows; nil where there are none worth
  /// keeping.
  private func conditionedValues(_ labels: [Int32]) -> SharedValues? {
    if conditionedPart.isEmpty { return nil }
    if let known = conditioned.withLock({ $0 }), known.labels == labels { return known.values }
    var rowOfLabel: [Int32: Int32] = [:]
    var distinct: [Int32] = []
    for label in labels where rowOfLabel[label] == nil {
      rowOfLabel[label] = Int32(distinct.count)
      distinct.append(label)
    }
    var rowOfSample = labels.map { rowOfLabel[$0] ?? 0 }
    if guidance != nil { rowOfSample += rowOfSample.map { $0 + Int32(distinct.count) } }
    let rows = distinct.count * forwardsPerSample
    guard conditionedPart.size * rows <= Self.mostConditionedElements else { return nil }
    let values = executor.program.inputs.map {
      self.values(of: $0.name, distinct, samples: distinct.count) ?? OwnedBytes(count: 0)
    }
    defer { withExtendedLifetime(values) {} }
    let result = executor.evaluate(
      conditionedPart, inputs: values.compactMap { UnsafeRawPointer($0.memory.baseAddress) },
      rows: rows,
      rowOfSample: rowOfSample)
    conditioned.withLock { $0 = (labels, result) }
    return result
  }

  /// 512 MiB; more is computed anew for a chunk of samples at a time.
  private static let mostConditionedElements = 1 << 27

  private func reading(_ output: [Float], samples: Int, outputSize: Int) -> [Float] {
    guard guidance != nil || outputSize != stateSize else { return output }
    let nullOffset = guidance == nil ? 0 : samples * outputSize
    return [Float](unsafeUninitializedCapacity: samples * stateSize) { buffer, count in
      for sample in 0..<samples {
        for element in 0..<stateSize {
          let conditional = output[sample * outputSize + element]
          let null = output[nullOffset + sample * outputSize + element]
          buffer[sample * stateSize + element] =
            guidance.map { null + $0 * (conditional - null) } ?? conditional
        }
      }
      count = samples * stateSize
    }
  }
}
