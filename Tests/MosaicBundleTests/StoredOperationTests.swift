import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct StoredOperationTests {
  static let all: [Program.Operation] =
    Program.Activation.allCases.map { .linear(rows: 1, inner: 2, outer: 3, activation: $0) } + [
      .convolution(
        channels: 1, height: 2, width: 3, outer: 4, kernel: 5, stride: 6, padding: 7),
      .attention(heads: 2, size: 4, queries: 3, keys: 5, scale: 0.1),
      .layerNorm(rows: 2, width: 3, epsilon: 1e-6, isAffine: true, isModulated: false),
      .layerNorm(rows: 2, width: 3, epsilon: 1e-6, isAffine: false, isModulated: true),
      .gatedAdd(rows: 2, width: 3), .addRow(rows: 2, width: 3), .add(count: 5),
      .activation(.silu, count: 6),
      .timestepEmbedding(width: 8, maxPeriod: 1e4, frequencyShift: 0, isCosineFirst: true),
      .gather(rows: 3, width: 4), .permute(shape: [2, 3, 4], order: [2, 0, 1]),
    ] + general.map { .general($0) }

  static let general: [Program.GeneralOperation] =
    UnaryFunction.allCases.map { .unary($0, count: 3) }
    + BinaryFunction.allCases.map { .binary($0, a: [2, 1], b: [1, 3]) }
    + Reduction.allCases.map { .reduce($0, outer: 2, extent: 3, inner: 4) } + [
      .choose(condition: [1, 3], a: [2, 3], b: [1, 1]), .modulate(rows: 2, width: 3),
      .groupNorm(
        groups: 2, channels: 4, pixels: 9, epsilon: 1e-6, isAffine: true, activation: .silu),
      .rmsNorm(rows: 2, width: 3, epsilon: 1e-6), .softmax(rows: 2, width: 3),
      .matmul(batches: 4, aBatches: 1, bBatches: 4, rows: 2, inner: 3, columns: 5),
      .pick(outer: 2, extent: 3, inner: 4, indices: [-1, 0, 2, 2]),
      .join(outer: 2, widths: [3, 1]),
      .maskedAttention(
        heads: 2, size: 4, queries: 3, keys: 5, scale: 0.5, maskHeads: 1, maskQueries: 3),
    ] + RotationPairs.allCases.map { .rotate($0, outer: 2, length: 3, inner: 1, size: 4) }

  @Test(arguments: all) func survivesStorage(operation: Program.Operation) throws {
    #expect(try StoredOperation(operation).operation(place: "here") == operation)
  }

  @Test(arguments: all) func knowsItsAttributes(operation: Program.Operation) throws {
    let stored = StoredOperation(operation)
    for index in stored.attributes.indices {
      var lacking = stored
      let attribute = lacking.attributes.remove(at: index)
      #expect(
        throws: BundleError.Reason.inconsistent(
          section: "here", problem: "\(stored.name) lacks '\(attribute.name)'")
      ) { try lacking.operation(place: "here") }

      var wrong = stored
      wrong.attributes[index].value = .other
      #expect(throws: BundleError.Reason.self) { try wrong.operation(place: "here") }
    }
    var extra = stored
    extra.attributes.append(.init("dilation", 2))
    #expect(
      throws: BundleError.Reason.unsupported(
        kind: "attribute", name: "\(stored.name).dilation", place: "here")
    ) { try extra.operation(place: "here") }
    // The same attribute twice leaves one that nobody took.
    var twice = stored
    twice.attributes.append(stored.attributes[0])
    #expect(throws: BundleError.Reason.self) { try twice.operation(place: "here") }
  }
}
