import MosaicIR
import Testing

/// What kernels compute, element by element against each operation's own f64 loops.
@Suite struct OperatorReferenceTests {
  /// Rounded in f32: sums of at most 80 terms below 1 err by a few 2⁻²⁴ of their size, and the
  /// kernels' polynomials by less; a wrong element shows at 10⁻¹.
  @Test(arguments: [
    OperatorCase(Linear(), [1, 1], [1, 1]),
    OperatorCase(Linear(), [1, 5, 33], [17, 33], [17]),
    OperatorCase(Linear(), [3, 7, 64], [65, 64], [65]),
    OperatorCase(Linear(), [3, 80], [2, 80]),
    OperatorCase(Convolution(), [1, 1, 1, 1], [1, 1, 1, 1]),
    OperatorCase(Convolution(stride: 2), [1, 4, 8, 6], [5, 4, 2, 2], [5]),
    OperatorCase(Convolution(padding: 1), [3, 3, 5, 7], [4, 3, 3, 3], [4]),
    OperatorCase(Convolution(stride: 2, padding: 1), [3, 2, 7, 5], [3, 2, 3, 3]),
    OperatorCase(Attention(headSize: 1, scale: 1), [1, 1, 1], [1, 1, 1], [1, 1, 1]),
    OperatorCase(Attention(headSize: 8, scale: 0.35), [3, 16, 32], [3, 16, 32], [3, 16, 32]),
    OperatorCase(Attention(headSize: 5, scale: 2), [3, 7, 15], [3, 9, 15], [3, 9, 15]),
    OperatorCase(
      Attention(headSize: 5, scale: 2), [3, 7, 15], [3, 9, 15], [3, 9, 15], [3, 3, 1, 9]),
    OperatorCase(
      Attention(headSize: 5, scale: 2), [3, 7, 15], [3, 9, 15], [3, 9, 15], [1, 1, 7, 9]),
    OperatorCase(RotaryEmbedding(pairs: .neighbours), [2, 3, 4, 6], [1, 3, 1, 6], [1, 3, 1, 6]),
    OperatorCase(RotaryEmbedding(pairs: .halves), [2, 3, 4, 6], [2, 1, 4, 6], [2, 1, 4, 6]),
    OperatorCase(LayerNorm(epsilon: 1e-6), [1, 1]),
    OperatorCase(LayerNorm(epsilon: 1e-5), [3, 4, 33]),
    OperatorCase(LayerNorm(epsilon: 0.1), [3, 17], [17], [17]),
    OperatorCase(Modulate(), [1, 5, 9], [1, 9], [1, 9]),
    OperatorCase(Modulate(), [3, 2, 4, 17], [3, 17], [3, 17]),
    OperatorCase(Gate(), [1, 1, 1], [1, 1]), OperatorCase(Gate(), [3, 5, 17], [3, 17]),
    OperatorCase(Add(), [3, 5, 7], [3, 5, 7]), OperatorCase(Add(), [3, 5, 7], [5, 7]),
    OperatorCase(Add(), [1, 7], [7]),
    OperatorCase(AddRow(), [1, 1], [1]), OperatorCase(AddRow(), [3, 5, 17], [17]),
    OperatorCase(AddRow(), [3, 5, 17], [17], [3, 17]),
    OperatorCase(AddRow(), [2, 3, 2, 9], [9], [2, 9]),
    OperatorCase(Activate(.silu), [3, 65]), OperatorCase(Activate(.geluTanh), [3, 65]),
    OperatorCase(Activate(.geluErf), [1, 65]),
  ])
  func agreesInF32(operation: OperatorCase) {
    #expect(largestError(of: operation.operation, operation.operands(seed: 3)) <= 2e-5)
  }

  @Test(arguments: [
    OperatorCase(Reshape(to: [.batch, 4, 6]), [1, 2, 12]),
    OperatorCase(Reshape(to: [.batch, 24]), [3, 2, 12]),
    OperatorCase(Transpose(order: [0, 2, 1]), [3, 5, 17]),
    OperatorCase(Transpose(order: [0, 5, 1, 3, 2, 4]), [1, 2, 3, 2, 4, 5]),
    OperatorCase(Split(parts: 1), [1, 3]), OperatorCase(Split(parts: 6), [3, 2, 18]),
    OperatorCase(Gather(), [1], [1, 4], indices: 1),
    OperatorCase(Gather(), [3], [11, 5], indices: 11),
  ])
  func movesElementsExactly(operation: OperatorCase) {
    #expect(largestError(of: operation.operation, operation.operands(seed: 4)) == 0)
  }

  /// The last place of an angle of 999 is 6e-5, so that is what an f32 sinusoid can miss by.
  @Test(arguments: [(2, Float(0), true), (256, 1, true), (256, 0, false)])
  func embedsTimesteps(width: Int, shift: Float, isCosineFirst: Bool) {
    let operation = TimestepEmbedding(
      width: width, maxPeriod: 10_000, frequencyShift: shift, isCosineFirst: isCosineFirst)
    let times = Tensor([0, 999, 0.5] as [Float], shape: [3])
    #expect(largestError(of: operation, [times]) <= 1e-4)
  }

  @Test(arguments: Activate.Function.allCases)
  func activatesFarOut(function: Activate.Function) {
    let x = Tensor([-100, -20, -5, -0.0, 0, 5, 20, 100], shape: [1, 8])
    #expect(largestError(of: Activate(function), [x]) <= 1e-6)
  }

  /// The largest error of an element, as a share of the largest element or of 1.
  private func largestError(of operation: any Operator, _ operands: [Tensor]) -> Double {
    var error = 0.0
    for (number, result) in operation.evaluate(operands).enumerated() {
      let scale = result.floats.reduce(1.0) { max($0, abs(Double($1))) }
      for (position, value) in result.floats.enumerated() {
        let expected = operation.reference(operands, output: number, position: position)
        let difference = abs(Double(value) - expected) / scale
        error = difference.isNaN ? .infinity : max(error, difference)
      }
    }
    return error
  }
}
