internal import MosaicKernels

/// Axes in another order: axis i of y is axis `order[i]` of x.
public struct Transpose: Operator {
  public static let name = "transpose"
  public var order: [Int]

  public init(order: [Int]) { self.order = order }

  public var attributes: [(name: String, value: String)] { [("order", "\(order)")] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, order.sorted().elementsEqual(0..<inputs[0].rank)
    else {
      throw ShapeError(
        name, expected: "x of rank \(order.count) and an order of its axes", found: inputs)
    }
    return [TensorType(order.map { inputs[0].shape[$0] }, element: inputs[0].element)]
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    order.enumerated().map { to, from in
      AxisRule(.passes, [.input(0, axis: from), .output(0, axis: to)])
    }
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let shape = order.map { x.shape[$0] }
    guard case .floats(let values) = x.elements else {
      let strides = Tensor.strides(of: x.shape)
      return [x.strided(shape, strides: order.map { strides[$0] })]
    }
    let y = floats(x.count) { y in
      MosaicKernels.permute(values, shape: x.shape, order: order, into: y)
    }
    return [x.replacing(.floats(y), shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let shape = inputs[0].shape
    let at = Tensor.coordinates(of: position, in: order.map { shape[$0] })
    let strides = Tensor.strides(of: shape)
    return inputs[0].number(at: zip(order, at).reduce(0) { $0 + strides[$1.0] * $1.1 })
  }
}
