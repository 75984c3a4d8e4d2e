import MosaicIR
import MosaicLowering

@testable import MosaicRuntime

extension Executor {
  /// The output for inputs named as the program's.
  func output(
    _ inputs: [String: Tensor], samples: Int, exchange: ValueExchange? = nil
  ) -> [Float] {
    let tensors = program.inputs.compactMap { inputs[$0.name] }
    let memory = tensors.map { tensor in
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: tensor.count * 4, alignment: 64)
      withExtendedLifetime(tensor.view) { bytes.copyMemory(from: $0.bytes) }
      return bytes
    }
    defer { for bytes in memory { bytes.deallocate() } }
    var output = [Float](repeating: .nan, count: samples * program.outputShape.reduce(1, *))
    output.withUnsafeMutableBufferPointer { output in
      guard let base = output.baseAddress else { return }
      run(
        inputs: memory.compactMap { $0.baseAddress.map { UnsafeRawPointer($0) } }, output: base,
        batch: samples, captures: [], exchange: exchange)
    }
    return output
  }
}

extension DenseNetwork {
  /// The graph's output, node by node.
  func interpreted(_ inputs: [String: Tensor]) throws -> [Float] {
    try graph.interpret(inputs: inputs) { id in
      weights[id].map { Tensor($0.array, shape: graph[id].type.shape(batch: 1)) }
    }[0].floats
  }
}
