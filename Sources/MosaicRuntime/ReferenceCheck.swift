internal import MosaicBundle
public import MosaicCore

/// How far one forward lies from a recorded one.
public struct ReferenceReport: Sendable, Equatable {
  /// max |a - b| / max |b| over the output, b the recorded one.
  public var relativeError: Double
  /// The element where |a - b| is largest, row-major.
  public var worstElement: Int
  public var samples: Int
}

extension Executor {
  /// Runs one forward on the tensors that `reference` holds under the names of the network's
  /// inputs, and compares the result with its tensor `output`.
  ///
  /// - Throws: `ReferenceError` naming the tensor that is missing or does not fit.
  public func compare(with reference: SafetensorsReader) throws(ReferenceError) -> ReferenceReport {
    let path = reference.path
    guard let expected = reference.tensor("output") else {
      throw ReferenceError(path: path, reason: .missing("output"))
    }
    let samples = try batch(of: expected, named: "output", sample: program.outputShape, path)
    var inputs: [FloatMemory] = []
    for port in program.inputs {
      guard let view = reference.tensor(port.name) else {
        throw ReferenceError(path: path, reason: .missing(port.name))
      }
      guard try batch(of: view, named: port.name, sample: port.shape, path) == samples else {
        throw ReferenceError(
          path: path,
          reason: .shape(
            port.name, expected: "\([samples] + port.shape)", found: view.shape))
      }
      inputs.append(try memory(view, as: port.element, named: port.name, path))
    }
    try checkIndices(inputs, samples: samples, path)
    let count = samples * program.outputShape.reduce(1, *)
    let output = FloatMemory(count: count)
    run(
      inputs: inputs.map { UnsafeRawPointer($0.pointer) }, output: output.pointer, batch: samples)
    withExtendedLifetime(inputs) {}
    return FloatBuffer(expected).withFloats { recorded in
      withExtendedLifetime(output) { report(output.floats, recorded, samples: samples) }
    }
  }

  private func batch(
    of view: TensorView, named name: String, sample: [Int], _ path: String
  ) throws(ReferenceError) -> Int {
    // One element a sample is stored as [n] as often as [n, 1].
    let rest = Array(view.shape.dropFirst())
    guard let samples = view.shape.first, samples > 0,
      rest == sample || (rest.isEmpty && sample == [1])
    else {
      let expected = ["n"] + sample.map { "\($0)" }
      throw ReferenceError(
        path: path,
        reason: .shape(
          name, expected: "[\(expected.joined(separator: ", "))]", found: view.shape))
    }
    return samples
  }

  private func memory(
    _ view: TensorView, as element: Program.Port.Element, named name: String, _ path: String
  ) throws(ReferenceError) -> FloatMemory {
    let memory = FloatMemory(count: view.elementCount)
    switch element {
    case .f32:
      if view.dataType.isFloat {
        withExtendedLifetime(view.owner) { view.convert(into: memory.floats) }
      } else {
        for (index, value) in view.integers().enumerated() {
          memory.floats[index] = Float(value)
        }
      }
    case .i32:
      guard !view.dataType.isFloat else {
        throw ReferenceError(path: path, reason: .notIntegers(name))
      }
      memory.floats.withMemoryRebound(to: Int32.self) { integers in
        for (index, value) in view.integers().enumerated() {
          integers[index] = Int32(clamping: value)
        }
      }
    }
    return memory
  }

  /// Rows asked of tables must be in them.
  private func checkIndices(
    _ inputs: [FloatMemory], samples: Int, _ path: String
  ) throws(ReferenceError) {
    for instruction in program.instructions {
      guard case .gather(let rows, _) = instruction.operation,
        case .input(let port) = program.values[instruction.inputs[0]].storage
      else { continue }
      let stranger = inputs[port].floats.withMemoryRebound(to: Int32.self) { indices in
        indices.first { !(0..<rows).contains(Int($0)) }
      }
      if let stranger {
        throw ReferenceError(
          path: path,
          reason: .indexOutside(program.inputs[port].name, Int(stranger), rows: rows))
      }
    }
  }

  private func report(
    _ output: UnsafeMutableBufferPointer<Float>, _ expected: UnsafeBufferPointer<Float>,
    samples: Int
  ) -> ReferenceReport {
    var largest = 0.0
    var worst = 0
    var scale = 0.0
    for index in output.indices {
      let difference = abs(Double(output[index]) - Double(expected[index]))
      scale = max(scale, abs(Double(expected[index])))
      // NaN compares false: it must count as the worst there is.
      if !(difference <= largest) {
        largest = difference.isNaN ? .infinity : difference
        worst = index
      }
    }
    let relative = largest == 0 ? 0 : largest / scale
    return ReferenceReport(relativeError: relative, worstElement: worst, samples: samples)
  }
}
