import MosaicCore
import Testing

@testable import MosaicBundle

/// What the verifier makes of general operations that a stranger wrote.
@Suite struct GeneralOperationTests {
  /// A program of one instruction on inputs of as many elements as said.
  private func problem(
    _ operation: Program.GeneralOperation, operands: [Int], result: Int
  ) -> ProgramError? {
    var program = Program(
      inputs: [], outputShape: [result], weights: [], values: [], instructions: [], arenaSize: 0)
    for (index, count) in operands.enumerated() {
      program.inputs.append(.init(name: "x\(index)", shape: [count], element: .f32))
      program.values.append(.init(name: "x", shape: [count], storage: .input(index)))
    }
    program.values.append(.init(name: "y", shape: [result], storage: .output))
    program.instructions = [
      .init(.general(operation), Array(operands.indices), into: operands.count)
    ]
    do throws(ProgramError) {
      try ProgramVerifier.verify(program)
      return nil
    } catch {
      return error
    }
  }

  @Test func acceptsWhatFits() {
    #expect(problem(.unary(.sine, count: 6), operands: [6], result: 6) == nil)
    #expect(problem(.binary(.add, a: [2, 1], b: [1, 3]), operands: [2, 3], result: 6) == nil)
    #expect(
      problem(
        .choose(condition: [1, 3], a: [2, 1], b: [1, 1]), operands: [3, 2, 1], result: 6) == nil)
    #expect(problem(.modulate(rows: 2, width: 3), operands: [6, 3, 3], result: 6) == nil)
    #expect(
      problem(
        .groupNorm(
          groups: 2, channels: 4, pixels: 9, epsilon: 0, isAffine: false, activation: .none),
        operands: [36], result: 36) == nil)
    #expect(problem(.softmax(rows: 2, width: 3), operands: [6], result: 6) == nil)
    #expect(
      problem(
        .matmul(batches: 4, aBatches: 1, bBatches: 4, rows: 2, inner: 3, columns: 5),
        operands: [6, 60], result: 40) == nil)
    #expect(
      problem(
        .pick(outer: 2, extent: 3, inner: 4, indices: [-1, 2]), operands: [24], result: 16) == nil)
    #expect(problem(.join(outer: 2, widths: [3, 1]), operands: [6, 2], result: 8) == nil)
    #expect(
      problem(
        .maskedAttention(
          heads: 2, size: 4, queries: 3, keys: 5, scale: 1, maskHeads: 1, maskQueries: 3),
        operands: [24, 40, 40, 15], result: 24) == nil)
    #expect(
      problem(
        .rotate(.halves, outer: 2, length: 3, inner: 1, size: 4), operands: [24, 12, 12],
        result: 24) == nil)
    #expect(
      problem(.reduce(.mean, outer: 2, extent: 3, inner: 4), operands: [24], result: 8) == nil)
  }

  /// Whatever leads outside of memory, or to arithmetic that overflows.
  @Test(
    arguments: [
      .unary(.sine, count: 0), .unary(.sine, count: .max),
      .binary(.add, a: [2, 1], b: [3]), .binary(.add, a: [2], b: [3]), .binary(.add, a: [], b: []),
      .binary(.add, a: [.max, 2], b: [1, 1]), .binary(.add, a: [-2], b: [-2]),
      .binary(.add, a: [1 << 39, 1], b: [1, 1 << 39]),
      .binary(
        .add, a: [Int](repeating: 1, count: 9), b: [Int](repeating: 1, count: 9)),
      .choose(condition: [2], a: [2], b: [3]), .modulate(rows: .max, width: 3),
      .groupNorm(
        groups: 3, channels: 4, pixels: 1, epsilon: 0, isAffine: false, activation: .none),
      .groupNorm(
        groups: 0, channels: 4, pixels: 1, epsilon: 0, isAffine: false, activation: .none),
      .groupNorm(
        groups: 2, channels: 4, pixels: 1, epsilon: -1, isAffine: false, activation: .none),
      .rmsNorm(rows: 1, width: 4, epsilon: -1), .softmax(rows: -1, width: -4),
      .matmul(batches: 4, aBatches: 2, bBatches: 4, rows: 1, inner: 1, columns: 1),
      .matmul(batches: 1, aBatches: 1, bBatches: 1, rows: 1 << 31, inner: 1, columns: 1),
      .matmul(
        batches: 1 << 20, aBatches: 1, bBatches: 1, rows: 1 << 20, inner: 1, columns: 1 << 20),
      .pick(outer: 1, extent: 4, inner: 1, indices: [4]),
      .pick(outer: 1, extent: 4, inner: 1, indices: [-2]),
      .pick(outer: 1, extent: 4, inner: 1, indices: []),
      .pick(outer: .max, extent: .max, inner: 1, indices: [0]), .join(outer: 1, widths: []),
      .join(outer: 1, widths: [.max, .max]), .join(outer: 1, widths: [-1, 5]),
      .reduce(.sum, outer: 1, extent: 0, inner: 4),
      .maskedAttention(
        heads: 2, size: 2, queries: 1, keys: 1, scale: 1, maskHeads: 3, maskQueries: 1),
      .maskedAttention(
        heads: 1, size: 4, queries: 1, keys: 1, scale: .nan, maskHeads: 1, maskQueries: 1),
      .maskedAttention(
        heads: 1 << 20, size: 1 << 21, queries: 1, keys: 1, scale: 1, maskHeads: 1,
        maskQueries: 1),
      .rotate(.neighbours, outer: 1, length: 1, inner: 4, size: 1),
      .rotate(.neighbours, outer: 1, length: .max, inner: 4, size: 2),
      .rotate(.halves, outer: 1, length: 0, inner: 1, size: 4),
    ] as [Program.GeneralOperation])
  func refusesWhatIsImpossible(operation: Program.GeneralOperation) {
    // As many operands of 4 elements as each operation takes; refused for itself, not for them.
    for operands in (1...4).map({ [Int](repeating: 4, count: $0) }) {
      #expect(problem(operation, operands: operands, result: 4)?.place == .instruction(0))
    }
  }

  @Test func operandsHaveTheirSizes() {
    #expect(problem(.unary(.sine, count: 6), operands: [5], result: 6) != nil)
    #expect(problem(.unary(.sine, count: 6), operands: [6], result: 5) != nil)
    #expect(problem(.binary(.add, a: [2, 1], b: [1, 3]), operands: [2, 3], result: 3) != nil)
    #expect(problem(.join(outer: 2, widths: [3, 1]), operands: [6], result: 8) != nil)
    #expect(problem(.modulate(rows: 2, width: 3), operands: [6, 3], result: 6) != nil)
  }
}
