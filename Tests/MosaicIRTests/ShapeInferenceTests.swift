import MosaicIR
import Testing

/// What each operation takes, and the shape of what it gives.
@Suite struct ShapeInferenceTests {
  @Test(arguments: [
    (OperatorCase(Linear(), [2, 5, 3], [7, 3], [7]), [[2, 5, 7]]),
    (
      OperatorCase(Convolution(stride: 2, padding: 1), [2, 3, 7, 5], [4, 3, 3, 3]), [[2, 4, 4, 3]]
    ),
    (
      OperatorCase(Attention(headSize: 4, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8]), [[2, 3, 8]]
    ),
    (OperatorCase(LayerNorm(epsilon: 1), [2, 4], [4], [4]), [[2, 4]]),
    (OperatorCase(Modulate(), [2, 3, 4], [2, 4], [2, 4]), [[2, 3, 4]]),
    (OperatorCase(Gate(), [2, 3, 4], [2, 4]), [[2, 3, 4]]),
    (OperatorCase(Add(), [2, 3, 4], [3, 4]), [[2, 3, 4]]),
    (OperatorCase(AddRow(), [2, 3, 4], [4]), [[2, 3, 4]]),
    (OperatorCase(AddRow(), [2, 3, 4], [4], [2, 4]), [[2, 3, 4]]),
    (OperatorCase(Activate(.silu), [2, 3]), [[2, 3]]),
    (OperatorCase(Transpose(order: [0, 2, 1]), [2, 3, 4]), [[2, 4, 3]]),
    (OperatorCase(Reshape(to: [2, 12]), [2, 3, 4]), [[2, 12]]),
    (OperatorCase(Split(parts: 2), [2, 6]), [[2, 3], [2, 3]]),
    (OperatorCase(Gather(), [2], [9, 4], indices: 9), [[2, 4]]),
    (
      OperatorCase(
        TimestepEmbedding(width: 6, maxPeriod: 10, frequencyShift: 1, isCosineFirst: true), [2]),
      [[2, 6]]
    ),
  ])
  func infers(operation: OperatorCase, shapes: [[Int]]) throws {
    let types = try operation.operation.inferOutputs(from: operation.types)
    #expect(types.map { $0.shape(batch: 1) } == shapes)
    // What is inferred is what is computed.
    let results = operation.operation.evaluate(operation.operands(seed: 1))
    #expect(results.map(\.shape) == shapes)
  }

  @Test(arguments: [
    OperatorCase(Linear(), [2, 3]), OperatorCase(Linear(), [2, 3], [7, 4]),
    OperatorCase(Linear(), [2, 3], [7, 3], [3]), OperatorCase(Linear(), [2, 3], [7, 3, 1]),
    OperatorCase(Convolution(), [2, 3, 4, 4], [5, 2, 3, 3]),
    OperatorCase(Convolution(), [2, 3, 4, 4], [5, 3, 3, 2]),
    OperatorCase(Convolution(), [2, 3, 4, 4], [5, 3, 5, 5]),
    OperatorCase(Convolution(stride: 0), [2, 3, 4, 4], [5, 3, 1, 1]),
    OperatorCase(Convolution(), [2, 3, 4, 4], [5, 3, 3, 3], [3]),
    OperatorCase(Attention(headSize: 3, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8]),
    OperatorCase(Attention(headSize: 0, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8]),
    OperatorCase(Attention(headSize: 4, scale: 1), [2, 3, 8], [2, 5, 8], [2, 4, 8]),
    OperatorCase(Attention(headSize: 4, scale: 1), [2, 3, 8], [3, 5, 8], [3, 5, 8]),
    OperatorCase(
      Attention(headSize: 4, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8], [1, 1, 3, 1]),
    OperatorCase(
      Attention(headSize: 4, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8], [1, 3, 3, 5]),
    OperatorCase(Attention(headSize: 4, scale: 1), [2, 3, 8], [2, 5, 8], [2, 5, 8], [3, 5]),
    OperatorCase(RotaryEmbedding(pairs: .halves), [2, 3, 5], [1, 3, 5], [1, 3, 5]),
    OperatorCase(RotaryEmbedding(pairs: .halves), [2, 3, 4], [1, 2, 4], [1, 2, 4]),
    OperatorCase(RotaryEmbedding(pairs: .halves), [2, 3, 4], [1, 3, 4], [1, 1, 4]),
    OperatorCase(
      RotaryEmbedding(pairs: .halves), [2, 3, 2, 3, 4], [1, 3, 1, 3, 4], [1, 3, 1, 3, 4]),
    OperatorCase(LayerNorm(epsilon: 1), [2, 4], [4]),
    OperatorCase(LayerNorm(epsilon: 1), [2, 4], [4], [2]),
    OperatorCase(Modulate(), [2, 3, 4], [2, 4]), OperatorCase(Modulate(), [2, 3, 4], [2, 4], [4]),
    OperatorCase(Gate(), [2, 3, 4], [3, 4]), OperatorCase(Gate(), [4], [4]),
    OperatorCase(Add(), [2, 3], [2]), OperatorCase(Add(), [3], [2, 3]),
    OperatorCase(AddRow(), [4], [4]), OperatorCase(AddRow(), [2, 4]),
    OperatorCase(AddRow(), [2, 4], [2]), OperatorCase(AddRow(), [2, 4], [1, 4]),
    OperatorCase(AddRow(), [2, 3, 4], [4], [4]), OperatorCase(AddRow(), [2, 3, 4], [4], [3, 4]),
    OperatorCase(Activate(.silu), [2], indices: 3),
    OperatorCase(Transpose(order: [0, 1]), [2]),
    OperatorCase(Transpose(order: [0, 1, 1]), [2, 3, 4]),
    OperatorCase(Reshape(to: [2, 5]), [2, 6]), OperatorCase(Reshape(to: [.batch, 6]), [2, 6]),
    OperatorCase(Split(parts: 4), [2, 6]), OperatorCase(Split(parts: 0), [2, 6]),
    OperatorCase(Gather(), [2], [9, 4]), OperatorCase(Gather(), [2, 1], [9, 4], indices: 9),
    OperatorCase(
      TimestepEmbedding(width: 5, maxPeriod: 10, frequencyShift: 0, isCosineFirst: true), [2]),
    OperatorCase(
      TimestepEmbedding(width: 2, maxPeriod: 10, frequencyShift: 1, isCosineFirst: true), [2]),
  ])
  func refuses(operation: OperatorCase) {
    #expect(throws: ShapeError.self) {
      try operation.operation.inferOutputs(from: operation.types)
    }
  }

  @Test func keepsTheBatchSymbolic() throws {
    let x = TensorType([.batch, 5, 3])
    let y = try Linear().inferOutputs(from: [x, TensorType([7, 3])])
    #expect(y == [TensorType([.batch, 5, 7])])
    #expect(y[0].isBatched)
    #expect(y[0].shape(batch: 4) == [4, 5, 7])
    #expect(y[0].sampleCount == 35)
  }
}
