import MosaicCore
import MosaicIR
import Testing

private func window(
  _ extents: [Int], strides: [Int]? = nil, dilations: [Int]? = nil, before: [Int]? = nil,
  after: [Int]? = nil
) -> Window {
  let ones = extents.map { _ in 1 }
  let zeros = extents.map { _ in 0 }
  return Window(
    extents: extents, strides: strides ?? ones, dilations: dilations ?? ones,
    before: before ?? zeros, after: after ?? zeros)
}

/// Operations that graphs from elsewhere are made of, against their own f64 loops.
@Suite struct GeneralOperatorTests {
  /// In f32, rounded once or over sums of at most 60 terms below 1; in f64 far closer.
  @Test(arguments: [
    TypedCase(MatMul(), f32(5, 7), f32(7, 3)), TypedCase(MatMul(), f32(7), f32(7)),
    TypedCase(MatMul(), f32(7), f32(2, 7, 3)), TypedCase(MatMul(), f32(2, 5, 7), f32(7)),
    TypedCase(MatMul(), f32(2, 1, 5, 33), f32(3, 33, 4)),
    TypedCase(MatMul(), f32(2, 3, 5, 17), f32(17, 4)),
    TypedCase(MatMul(), f32(3, 5, 0), f32(0, 4)), TypedCase(MatMul(), f32(0, 5, 2), f32(2, 4)),
    TypedCase(MatMul(), typed(.f64, 2, 5, 7), typed(.f64, 2, 7, 3)),
    TypedCase(MatMul(), typed(.i32, 5, 7), typed(.i32, 7, 3)),
    TypedCase(Softmax(), f32(3, 4, 33)), TypedCase(Softmax(), typed(.f64, 3, 5)),
    TypedCase(Softmax(), f32(3, 0)),
    TypedCase(RMSNorm(epsilon: 1e-6), f32(3, 4, 17), f32(17)),
    TypedCase(RMSNorm(epsilon: 0.1), typed(.f64, 3, 5), typed(.f64, 5)),
    TypedCase(LayerNorm(epsilon: 0.1), typed(.f64, 3, 5), typed(.f64, 5), typed(.f64, 5)),
    TypedCase(GroupNorm(groups: 3, epsilon: 1e-5), f32(2, 6, 3, 5), f32(6), f32(6)),
    TypedCase(GroupNorm(groups: 4, epsilon: 0.1), f32(2, 4)),
    TypedCase(GroupNorm(groups: 1, epsilon: 0.1), typed(.f64, 2, 4, 3)),
    TypedCase(GroupNorm(groups: 2, epsilon: 0.1), f32(0, 4, 3)),
    TypedCase(
      GroupedConvolution(window: window([3], before: [1], after: [2]), groups: 1), f32(2, 3, 9),
      f32(4, 3, 3), f32(4)),
    TypedCase(
      GroupedConvolution(
        window: window(
          [3, 2], strides: [2, 1], dilations: [1, 2], before: [1, 0], after: [0, 3]),
        groups: 2), f32(2, 4, 7, 6), f32(6, 2, 3, 2), f32(6)),
    TypedCase(
      GroupedConvolution(window: window([2, 1, 2]), groups: 3), f32(1, 3, 3, 2, 4),
      f32(3, 1, 2, 1, 2)),
    TypedCase(
      GroupedConvolution(window: window([2]), groups: 1), typed(.f64, 2, 3, 5), typed(.f64, 4, 3, 2)
    ),
    TypedCase(
      Pool(.mean, window: window([2, 3], strides: [1, 2], before: [1, 1])), f32(2, 3, 5, 7)),
    TypedCase(
      Pool(.mean, window: window([2, 3], before: [1, 1]), countsOutside: true), f32(2, 3, 5, 7)),
    TypedCase(Pool(.maximum, window: window([3], dilations: [2])), f32(2, 3, 9)),
    TypedCase(
      Pool(
        .mean, window: window([3], strides: [2], before: [1], after: [2]), countsOutside: true,
        overhang: [1]), f32(2, 3, 8)),
    TypedCase(
      Resample(
        axis: 1,
        sums: [
          .init(sources: [0, 2], weights: [0.25, 0.75]), .init(sources: [], weights: []),
          .init(sources: [1], weights: [1]),
        ]), f32(2, 3, 4)),
  ])
  func agrees(operation: TypedCase) throws {
    let isDouble = operation.operands[0].element == .f64
    #expect(try operation.largestError(seed: 5) <= (isDouble ? 1e-14 : 2e-5))
  }

  /// Halves are rounded once, to 11 bits, and a product's are rounded at the end alone.
  @Test(arguments: [
    TypedCase(MatMul(), typed(.f16, 5, 17), typed(.f16, 17, 3)),
    TypedCase(Softmax(), typed(.f16, 3, 9)), TypedCase(LayerNorm(epsilon: 0.1), typed(.f16, 3, 9)),
    TypedCase(ElementwiseUnary(.tanh), typed(.f16, 65)),
    TypedCase(ElementwiseBinary(.divide), typed(.f16, 65), typed(.f16, 65)),
    TypedCase(GroupNorm(groups: 2, epsilon: 0.1), typed(.f16, 2, 4, 3)),
  ])
  func roundsHalves(operation: TypedCase) throws {
    #expect(try operation.largestError(seed: 6) <= 0x1p-11)
  }

  @Test(arguments: [
    TypedCase(Expand(to: [4, 2, 3]), f32(2, 1)), TypedCase(Expand(to: [2]), typed(.bool)),
    TypedCase(Slice(axis: 1, start: 3, step: -2, count: 2), f32(2, 4, 3)),
    TypedCase(Slice(axis: 0, start: 0, count: 0), typed(.i64, 2, 4)),
    TypedCase(Concat(axis: 1), f32(2, 1, 3), f32(2, 0, 3), f32(2, 4, 3)),
    TypedCase(Concat(axis: 0), typed(.bool, 2), typed(.bool, 3)),
    TypedCase(Take(axis: 1), f32(2, 5, 3), typed(.i64, 2, 2)),
    TypedCase(Take(axis: 0), typed(.i64, 5), typed(.i32)),
    TypedCase(Pad(before: [0, 2], after: [0, 1], filling: 7), f32(2, 3)),
    TypedCase(Pad(before: [2, 0], after: [1, 0], mode: .reflect), f32(3, 2)),
    TypedCase(Pad(before: [0, 4], after: [0, 5], mode: .wrap), f32(2, 3)),
    TypedCase(Pad(before: [0, 4], after: [0, 5], mode: .edge), typed(.i32, 2, 3)),
    TypedCase(Tile(repeats: [2, 1, 3]), f32(1, 2, 3)), TypedCase(Tile(repeats: [0]), f32(3)),
    TypedCase(Triangle(isUpper: true, diagonal: 1), f32(2, 3, 4)),
    TypedCase(Triangle(isUpper: false, diagonal: -1), typed(.bool, 3, 4)),
    TypedCase(Transpose(order: [2, 0, 1]), typed(.i64, 2, 3, 4)),
    TypedCase(Reshape(to: [6, 2]), typed(.f64, 3, 4)),
    TypedCase(Split(parts: 2), typed(.i64, 3, 4)),
    TypedCase(Select(), typed(.bool, 3, 1), f32(4), f32(2, 1, 4)),
    TypedCase(
      Resample(axis: 0, sums: [2, 0, 0].map { .init(sources: [$0], weights: [1]) }),
      typed(.i64, 3, 2)),
  ])
  func movesExactly(operation: TypedCase) throws {
    #expect(try operation.largestError(seed: 7) == 0)
  }

  @Test(arguments: ElementwiseUnary.Function.allCases) func unary(
    function: ElementwiseUnary.Function
  ) throws {
    let operation = ElementwiseUnary(function)
    for element in [DataType.f32, .f64, .i64, .bool] {
      guard (try? operation.inferOutputs(from: [typed(element, 3)])) != nil else { continue }
      #expect(try TypedCase(operation, typed(element, 3, 65)).largestError(seed: 8) <= 0x1p-23)
    }
  }

  @Test(arguments: ElementwiseBinary.Function.allCases) func binary(
    function: ElementwiseBinary.Function
  ) throws {
    let operation = ElementwiseBinary(function)
    for element in [DataType.f32, .f64, .i64, .i32, .u64, .bool] {
      let types = [typed(element, 3, 1, 5), typed(element, 4, 1)]
      guard (try? operation.inferOutputs(from: types)) != nil else { continue }
      // Quotients of whole numbers are cut off, which the reference leaves to the caller.
      // Nor does it wrap.
      if !element.isFloat, function == .divide { continue }
      if element == .u64, function == .subtract { continue }
      #expect(
        try TypedCase(operation, types[0], types[1]).largestError(seed: 9) <= 0x1p-23, "\(element)")
    }
  }

  @Test(arguments: Reduce.Kind.allCases) func reductions(kind: Reduce.Kind) throws {
    for (axes, keepsAxes) in [([1], true), ([0, 2], false), ([], true), ([0, 1, 2], false)] {
      let operation = Reduce(kind, axes: axes, keepsAxes: keepsAxes)
      #expect(try TypedCase(operation, f32(3, 4, 5)).largestError(seed: 10) <= 0x1p-23)
      if kind != .mean {
        #expect(try TypedCase(operation, typed(.i64, 2, 3, 2)).largestError(seed: 10) == 0)
      }
    }
  }

  @Test(arguments: [DataType.f32, .f64, .f16, .bf16, .i64, .i32, .u8, .i8, .bool])
  func casts(element: DataType) throws {
    for source in [DataType.f32, .f64, .i64, .bool] {
      let bound = element.isFloat && element.byteWidth == 2 ? 0x1p-8 : 0x1p-24
      #expect(
        try TypedCase(Cast(to: element), typed(source, 3, 7)).largestError(seed: 11) <= bound)
    }
  }
}
