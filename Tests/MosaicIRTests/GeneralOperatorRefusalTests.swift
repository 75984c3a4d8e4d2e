import MosaicCore
import MosaicIR
import Testing

private func window(
  _ extents: [Int], strides: [Int] = [1], dilations: [Int] = [1], before: [Int] = [0],
  after: [Int] = [0]
) -> Window {
  Window(
    extents: extents, strides: strides, dilations: dilations, before: before, after: after)
}

/// What operations do not take: shapes and attributes may come from a file.
@Suite struct GeneralOperatorRefusalTests {
  @Test(arguments: [
    TypedCase(MatMul(), f32(2, 3), f32(4, 2)), TypedCase(MatMul(), f32(), f32(1)),
    TypedCase(MatMul(), f32(2, 3), typed(.f64, 3, 2)), TypedCase(MatMul(), f32(2, 3)),
    TypedCase(MatMul(), f32(2, 2, 3), f32(3, 3, 2)),
    TypedCase(MatMul(), typed(.bool, 2, 3), typed(.bool, 3, 2)),
    TypedCase(MatMul(), f32(1, 1 << 40), f32(1 << 40, 1)),
    TypedCase(ElementwiseBinary(.add), f32(2), f32(3)),
    TypedCase(ElementwiseBinary(.add), f32(2), typed(.i64, 2)),
    TypedCase(ElementwiseBinary(.add), typed(.bool, 2), typed(.bool, 2)),
    TypedCase(ElementwiseBinary(.and), f32(2), f32(2)), TypedCase(ElementwiseBinary(.add), f32(2)),
    TypedCase(ElementwiseUnary(.sine), typed(.i64, 2)), TypedCase(ElementwiseUnary(.not), f32(2)),
    TypedCase(ElementwiseUnary(.negate), typed(.bool, 2)),
    TypedCase(Select(), f32(2), f32(2), f32(2)),
    TypedCase(Select(), typed(.bool, 2), f32(2), typed(.f64, 2)),
    TypedCase(Select(), typed(.bool, 2), f32(3), f32(1)),
    TypedCase(Expand(to: [3]), f32(2)), TypedCase(Expand(to: [3]), f32(1, 3)),
    TypedCase(Expand(to: [.batch, 3]), f32(1, 3)),
    TypedCase(Slice(axis: 1, start: 0, count: 1), f32(3)),
    TypedCase(Slice(axis: 0, start: 2, count: 2), f32(3)),
    TypedCase(Slice(axis: 0, start: 0, step: -1, count: 2), f32(3)),
    TypedCase(Slice(axis: 0, start: -1, count: 1), f32(3)),
    TypedCase(Slice(axis: 0, start: 0, step: 0, count: 1), f32(3)),
    TypedCase(Slice(axis: 0, start: 0, step: .max, count: .max), f32(3)),
    TypedCase(Slice(axis: 0, start: 0, count: 1), TensorType([.batch])),
    TypedCase(Concat(axis: 0), f32(2, 3), f32(2, 4)), TypedCase(Concat(axis: 2), f32(2, 3)),
    TypedCase(Concat(axis: 0), f32(2), typed(.i64, 2)), TypedCase(Concat(axis: 0)),
    TypedCase(Concat(axis: 0), TensorType([.batch]), f32(2)),
    TypedCase(Take(axis: 0), f32(3), f32(2)), TypedCase(Take(axis: 1), f32(3), typed(.i64, 2)),
    TypedCase(Pad(before: [1], after: [0, 0]), f32(3, 3)),
    TypedCase(Pad(before: [-1], after: [0]), f32(3)),
    TypedCase(Pad(before: [.max], after: [1]), f32(3)),
    TypedCase(Pad(before: [3], after: [0], mode: .reflect), f32(3)),
    TypedCase(Pad(before: [1], after: [0], mode: .wrap), f32(0)),
    TypedCase(Tile(repeats: [2]), f32(2, 3)), TypedCase(Tile(repeats: [-1]), f32(2)),
    TypedCase(Tile(repeats: [.max]), f32(2)),
    TypedCase(Triangle(isUpper: true, diagonal: .min), f32(2, 2)),
    TypedCase(Triangle(isUpper: true), f32(2)), TypedCase(Softmax(), f32()),
    TypedCase(Softmax(), typed(.i64, 2)),
    TypedCase(Reduce(.sum, axes: [2], keepsAxes: true), f32(2)),
    TypedCase(Reduce(.sum, axes: [0, 0], keepsAxes: true), f32(2)),
    TypedCase(Reduce(.sum, axes: [0], keepsAxes: true), typed(.bool, 2)),
    TypedCase(RMSNorm(epsilon: 1), f32(2, 3), f32(2)), TypedCase(RMSNorm(epsilon: 1), f32(2, 3)),
    TypedCase(GroupNorm(groups: 0, epsilon: 1), f32(2, 4)),
    TypedCase(GroupNorm(groups: 3, epsilon: 1), f32(2, 4)),
    TypedCase(GroupNorm(groups: 2, epsilon: 1), f32(2, 4), f32(4), f32(2)),
    TypedCase(GroupedConvolution(window: window([4]), groups: 1), f32(1, 2, 3), f32(2, 2, 4)),
    TypedCase(GroupedConvolution(window: window([2]), groups: 2), f32(1, 3, 3), f32(2, 2, 2)),
    TypedCase(
      GroupedConvolution(window: window([2]), groups: 1), f32(1, 0, 3), f32(1 << 31, 0, 2)),
    TypedCase(
      GroupedConvolution(window: window([1]), groups: 1), f32(1, 1 << 31, 3), f32(1, 1 << 31, 1)),
    TypedCase(Linear(), f32(1, 1 << 31), f32(1, 1 << 31)),
    TypedCase(Linear(), f32(1, 0), f32(1 << 31, 0)),
    TypedCase(GroupedConvolution(window: window([2]), groups: 2), f32(1, 4, 3), f32(3, 2, 2)),
    TypedCase(GroupedConvolution(window: window([3]), groups: 1), f32(1, 2, 3), f32(2, 2, 2)),
    TypedCase(GroupedConvolution(window: window([2]), groups: .max), f32(1, 4, 3), f32(3, 2, 2)),
    TypedCase(
      GroupedConvolution(window: window([2], strides: [0]), groups: 1), f32(1, 2, 3), f32(2, 2, 2)),
    TypedCase(
      GroupedConvolution(window: window([2], before: [.max]), groups: 1), f32(1, 2, 3),
      f32(2, 2, 2)),
    TypedCase(
      GroupedConvolution(window: window([2], dilations: [.max]), groups: 1), f32(1, 2, 3),
      f32(2, 2, 2)),
    TypedCase(Pool(.mean, window: window([2, 2])), f32(1, 2, 3)),
    TypedCase(Pool(.mean, window: window([1 << 29], before: [1 << 29])), f32(1, 2, 3)),
    TypedCase(Pool(.mean, window: window([2])), typed(.i64, 1, 2, 3)),
    TypedCase(Resample(axis: 0, sums: [.init(sources: [3], weights: [1])]), f32(3)),
    TypedCase(Resample(axis: 0, sums: [.init(sources: [0], weights: [])]), f32(3)),
    TypedCase(Cast(to: .f8e4m3), f32(2)), TypedCase(Reshape(to: [-1]), f32(3)),
    TypedCase(Reshape(to: [Dimension(1 << 40), Dimension(1 << 40)]), f32(3)),
    TypedCase(LayerNorm(epsilon: 1), f32(2, 3), typed(.f64, 3), f32(3)),
  ])
  func refuses(operation: TypedCase) {
    #expect(throws: ShapeError.self) {
      try operation.operation.inferOutputs(from: operation.operands)
    }
  }

  /// Elements that have no result.
  @Test func saysWhatIsWrongWithValues() {
    let indices = Tensor(integers: [0, 3, -3], shape: [3])
    let table = Tensor([1, 2, 3] as [Float], shape: [3])
    #expect(
      Take(axis: 0).problem(with: [table, indices]) == "the index 3 is outside an axis of 3")
    #expect(
      Gather().problem(with: [
        Tensor([-1] as [Int32], shape: [1]), Tensor([1, 2] as [Float], shape: [2, 1]),
      ]) == "the index -1 is outside a table of 2 rows")
    let zero = Tensor(integers: [4, 0], shape: [2])
    for function in [ElementwiseBinary.Function.divide, .modulo, .remainder] {
      #expect(
        ElementwiseBinary(function).problem(with: [zero, zero]) == "an integer is divided by zero")
    }
    #expect(ElementwiseBinary(.add).problem(with: [zero, zero]) == nil)
  }

  /// A shape of more elements than any memory has is refused before anybody counts them.
  @Test func refusesWhatNoMemoryHolds() throws {
    var graph = Graph()
    let x = graph.addInput("x", f32(1, 1))
    let large = Expand(to: [Dimension(1 << 40), Dimension(1 << 40)])
    let error = #expect(throws: GraphError.self) { try graph.add(large, [x], name: "y") }
    #expect(
      error?.description == "node 'y' gives [1099511627776, 1099511627776], which has more "
        + "elements than any memory holds")
  }
}
