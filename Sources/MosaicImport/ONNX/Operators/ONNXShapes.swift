internal import MosaicCore
internal import MosaicIR

/// Constants, shapes, and operators that change nothing but the shape.
let shapeImporters: [String: ONNXNodeImport.Importer] = [
  "Constant": { node in [try node.constantOfAttributes()] },
  "ConstantOfShape": { node in
    let extents = try node.extents(node.operand(0))
    var filling = Tensor([Float(0)], shape: [1])
    if let attribute = node.attribute("value") {
      guard case .tensor(let value) = attribute, value.elementCount == 1 else {
        throw ONNXNodeProblem.invalid("has a value that is no single number")
      }
      filling = Tensor(value)
    }
    let element = node.constant(Tensor(doubles: filling.doubles, shape: [], as: filling.element))
    return [try node.expand(element, to: extents)]
  },
  "Expand": { node in
    let x = try node.operand(0)
    let wanted = try node.freeing(node.extents(node.operand(1)), for: x.type)
    guard let shape = broadcast(x.type.shape, wanted) else {
      throw ONNXNodeProblem.invalid("expands \(x.type) to \(TensorType(wanted))")
    }
    return [try node.expand(x, to: shape)]
  },
  "Flatten": { node in
    let shape = try node.operand(0).type.shape
    let axis = try node.integer("axis", default: 1)
    guard (-shape.count...shape.count).contains(axis) else {
      throw ONNXNodeProblem.invalid("has the axis \(axis), outside a rank of \(shape.count)")
    }
    let front = axis < 0 ? axis + shape.count : axis
    return [
      try node.reshape(
        node.operand(0), to: [node.product(shape[..<front]), node.product(shape[front...])])
    ]
  },
  "Range": { node in [try node.range()] },
  "Reshape": { node in
    let (x, wanted) = (try node.operand(0), try node.extents(node.operand(1)))
    let keepsZeros = try node.flag("allowzero")
    return [try node.reshape(x, to: node.resolve(wanted, of: x.type, keepsZeros: keepsZeros))]
  },
  "Shape": { node in
    let shape = try node.operand(0).type.shape
    func clamp(_ index: Int) -> Int {
      min(max(index < 0 ? index + shape.count : index, 0), shape.count)
    }
    let start = clamp(max(try node.integer("start", default: 0), -shape.count))
    let end = clamp(max(try node.integer("end", default: shape.count), -shape.count))
    let part = Array(shape[start..<max(start, end)])
    return [try node.vector(part, shape: [part.count])]
  },
  "Size": { node in
    guard let count = try node.operand(0).type.count else {
      throw ONNXNodeProblem.unsupported("counts more elements than any memory holds")
    }
    return [try node.vector([count], shape: [])]
  },
  "Squeeze": { node in
    let shape = try node.operand(0).type.shape
    let given = try node.optional(1).map { axes throws(ONNXNodeProblem) in try node.integers(axes) }
    let axes =
      try given.map { axes throws(ONNXNodeProblem) in try node.axes(axes, rank: shape.count) }
      ?? shape.indices.filter { shape[$0] == 1 }
    guard axes.allSatisfy({ shape[$0] == 1 }) else {
      throw ONNXNodeProblem.invalid("squeezes axes \(axes) of \(TensorType(shape))")
    }
    let rest = shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    return [try node.reshape(node.operand(0), to: rest)]
  },
  "Unsqueeze": { node in
    let x = try node.operand(0)
    let given = try node.integers(node.operand(1))
    let rank = x.type.rank + given.count
    let axes = Set(try node.axes(given, rank: rank))
    var rest = x.type.shape[...]
    let shape = (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
    return [try node.reshape(x, to: shape)]
  },
]

extension ONNXNodeImport {
  /// A vector of extents, as an operand.
  func vector(_ extents: [Dimension], shape: [Int]) throws(ONNXNodeProblem) -> ONNXOperand {
    guard
      let operand = ONNXOperand.extents(
        extents, shape: shape, name: context.unique(outputName))
    else { throw .unsupported("has an extent that no memory can hold") }
    return operand
  }

  func reshape(
    _ x: ONNXOperand, to shape: [Dimension]
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    x.type.shape == shape ? x : try emit(Reshape(to: shape), x)
  }

  /// The product of extents; where it leaves what a dimension holds, the reshape that asked for it
  /// is refused, so any number will do.
  func product(_ extents: some Sequence<Dimension>) -> Dimension {
    extents.reduce(1) { $0.multiplied(by: $1) ?? 0 }
  }

  func expand(
    _ x: ONNXOperand, to shape: [Dimension]
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    if x.type.shape == shape { return x }
    guard !TensorType(shape).isFixed, TensorType(x.type.shape).isFixed else {
      return try emit(Expand(to: shape), x)
    }
    // Nothing but an input says how large the batch is.
    let graph = context.graph
    guard let source = graph.inputs.first(where: { graph[$0].type.shape.first == .batch }) else {
      throw .unsupported("depends on the batch, which no input has as its first axis")
    }
    let batched = ONNXOperand(name: graph[source].name, type: graph[source].type, id: source)
    return try emit(Expand(to: shape), x, batched)
  }

  /// The target of a reshape: 0 keeps an extent, -1 is what is left.
  func resolve(
    _ wanted: [Dimension], of type: TensorType, keepsZeros: Bool
  ) throws(ONNXNodeProblem) -> [Dimension] {
    let problem = ONNXNodeProblem.invalid("reshapes \(type) to \(TensorType(wanted))")
    var shape = wanted
    for axis in shape.indices where shape[axis] == 0 && !keepsZeros {
      guard axis < type.rank else { throw problem }
      shape[axis] = type.shape[axis]
    }
    if TensorType(shape).isFixed, !type.isFixed {
      shape = freeing(shape, for: type, isFolded: true)
    }
    let open = shape.indices.filter { shape[$0] == -1 }
    guard open.count <= 1, let count = type.count else { throw problem }
    if let axis = open.first {
      let rest = shape.indices.filter { $0 != axis }.map { shape[$0] }
      guard let others = TensorType(rest).count, let extent = count.divided(by: others) else {
        throw problem
      }
      shape[axis] = extent
    }
    guard TensorType(shape).count == count else { throw problem }
    return shape
  }

  fileprivate mutating func constantOfAttributes() throws(ONNXNodeProblem) -> ONNXOperand {
    guard node.attributes.count == 1, let name = node.attributes.keys.first,
      let attribute = attribute(name)
    else { throw .invalid("has not one value") }
    switch attribute {
    case .tensor(let view):
      guard view.dataType != .f8e4m3, view.dataType != .f8e5m2 else {
        throw .unsupported("is of type \(view.dataType.rawValue)")
      }
      return constant(Tensor(view))
    case .float(let value): return constant(Tensor([value], shape: []))
    case .floats(let values): return constant(Tensor(values, shape: [values.count]))
    case .integer(let value): return constant(Tensor(integers: [value], shape: []))
    case .integers(let values): return constant(Tensor(integers: values, shape: [values.count]))
    default: throw .unsupported("has a value that is no tensor of numbers")
    }
  }

  fileprivate func range() throws(ONNXNodeProblem) -> ONNXOperand {
    let element = try operand(0).type.element
    let (start, limit, step) = (
      try scalar(operand(0)), try scalar(operand(1)), try scalar(operand(2))
    )
    let count = ((limit - start) / step).rounded(.up)
    guard step != 0, count.isFinite, count <= Double(ONNXOperand.foldedCount) else {
      throw .invalid("counts from \(start) to \(limit) by \(step)")
    }
    let numbers = (0..<max(0, Int(count))).map { start + Double($0) * step }
    return constant(Tensor(doubles: numbers, shape: [numbers.count], as: element))
  }
}
