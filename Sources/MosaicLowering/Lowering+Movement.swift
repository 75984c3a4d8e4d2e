internal import MosaicBundle
internal import MosaicIR

/// Operations that move elements: views where elements stay beside each other, else picks.
extension Lowering {
  mutating func lowerMovement(_ node: Graph.Node) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    switch node.operation {
    case is Reshape:
      bind(node.outputs[0], of: node, to: try number(node.inputs[0], node))
    case let transpose as Transpose: try lowerTranspose(transpose, node)
    case let split as Split:
      let width = (type.sampleShape.last ?? 1) / split.parts
      let rows = type.sampleCount / (width * split.parts)
      let value = try number(node.inputs[0], node)
      for (part, output) in node.outputs.enumerated() {
        let result = instruct(
          .pick(outer: rows, extent: split.parts, inner: width, indices: [part]), [value],
          shape: graph[output].type.sampleShape, named: graph[output].name)
        bind(output, of: node, to: result)
      }
    case let slice as Slice:
      try lowerPick(
        node, axis: slice.axis,
        (0..<slice.count).map { slice.start + $0 * slice.step })
    case let resample as Resample:
      guard resample.sums.allSatisfy({ $0.weights == [1] }) else {
        throw unsupported(node, "between elements")
      }
      try lowerPick(node, axis: resample.axis, resample.sums.map { $0.sources[0] })
    case let tile as Tile: try lowerTile(tile, node)
    case is Expand: try lowerExpand(node)
    case let pad as Pad: try lowerPad(pad, node)
    case let concat as Concat: try lowerConcat(concat, node)
    default: throw unsupported(node)
    }
  }

  /// The axis of one sample that an axis of all is.
  func sampleAxis(
    _ axis: Int, of type: TensorType, _ node: Graph.Node
  ) throws(LoweringError) -> Int {
    guard axis > 0 || type.isFixed else {
      throw LoweringError(node: node.name, reason: "it works along the batch, which mixes samples")
    }
    return type.isBatched ? axis - 1 : axis
  }

  func parts(of shape: [Int], _ axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }

  /// The elements of an axis at `indices`; the value itself where that is all of them in order.
  mutating func picked(
    _ value: Int, _ shape: inout [Int], axis: Int, _ indices: [Int], named name: String
  ) -> Int {
    guard !indices.elementsEqual(0..<shape[axis]) else { return value }
    let (outer, extent, inner) = parts(of: shape, axis)
    shape[axis] = indices.count
    return instruct(
      .pick(outer: outer, extent: extent, inner: inner, indices: indices), [value], shape: shape,
      named: name)
  }

  private mutating func lowerPick(
    _ node: Graph.Node, axis: Int, _ indices: [Int]
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    let axis = try sampleAxis(axis, of: type, node)
    var shape = type.sampleShape
    let value = try number(node.inputs[0], node)
    let output = node.outputs[0]
    let (outer, _, inner) = parts(of: shape, axis)
    let first = indices.first ?? 0
    if outer == 1, !isWeight(node.inputs[0]), indices.elementsEqual(first..<first + indices.count) {
      // Neighbours that stay neighbours.
      numbers[output] = append(
        graph[output].name, graph[output].type.sampleShape, .view(of: value, offset: first * inner))
      return
    }
    bind(
      output, of: node,
      to: picked(value, &shape, axis: axis, indices, named: graph[output].name))
  }

  private mutating func lowerTranspose(
    _ operation: Transpose, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    guard type.isFixed || operation.order.first == 0 else {
      throw LoweringError(node: node.name, reason: "it moves the batch, which mixes samples")
    }
    let order = type.isBatched ? operation.order.dropFirst().map { $0 - 1 } : operation.order
    try emit(.permute(shape: type.sampleShape, order: order), node)
  }

  private mutating func lowerTile(
    _ operation: Tile, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    var shape = type.sampleShape
    var value = try number(node.inputs[0], node)
    for (axis, repeats) in operation.repeats.enumerated() where repeats != 1 {
      let axis = try sampleAxis(axis, of: type, node)
      let indices = (0..<repeats).flatMap { [extent = shape[axis]] _ in 0..<extent }
      value = picked(value, &shape, axis: axis, indices, named: graph[node.outputs[0]].name)
    }
    bind(node.outputs[0], of: node, to: value)
  }

  private mutating func lowerExpand(_ node: Graph.Node) throws(LoweringError) {
    let output = node.outputs[0]
    var shape = try aligned([node.inputs[0]], to: output, node)[0]
    let wanted = graph[output].type.sampleShape
    var value = try number(node.inputs[0], node)
    if isWeight(node.inputs[0]) {
      // What samples have of their own may not be a view of what they share.
      value = instruct(
        .pick(outer: 1, extent: 1, inner: shape.reduce(1, *), indices: [0]), [value],
        shape: shape, named: graph[output].name)
    }
    for axis in wanted.indices where shape[axis] != wanted[axis] {
      let zeros = [Int](repeating: 0, count: wanted[axis])
      value = picked(value, &shape, axis: axis, zeros, named: graph[output].name)
    }
    bind(output, of: node, to: value)
  }

  private mutating func lowerPad(_ pad: Pad, _ node: Graph.Node) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    guard pad.mode != .constant || pad.filling == 0 else {
      throw unsupported(node, "with \(pad.filling)")
    }
    var shape = type.sampleShape
    var value = try number(node.inputs[0], node)
    for axis in pad.before.indices where pad.before[axis] != 0 || pad.after[axis] != 0 {
      let own = try sampleAxis(axis, of: type, node)
      let extent = shape[own]
      let indices = (-pad.before[axis]..<extent + pad.after[axis]).map { index -> Int in
        if (0..<extent).contains(index) { return index }
        return switch pad.mode {
        case .constant: -1
        case .edge: min(max(index, 0), extent - 1)
        case .reflect: index < 0 ? -index : 2 * (extent - 1) - index
        case .wrap: (index % extent + extent) % extent
        }
      }
      value = picked(value, &shape, axis: own, indices, named: graph[node.outputs[0]].name)
    }
    bind(node.outputs[0], of: node, to: value)
  }

  private mutating func lowerConcat(
    _ operation: Concat, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.outputs[0]].type
    let axis = try sampleAxis(operation.axis, of: type, node)
    let shapes = node.inputs.map { graph[$0].type.sampleShape }
    guard node.inputs.allSatisfy({ graph[$0].type.isBatched == type.isBatched }) else {
      throw unsupported(node, "that mixes samples")
    }
    let (outer, _, inner) = parts(of: type.sampleShape, axis)
    try lower(node, to: .join(outer: outer, widths: shapes.map { $0[axis] * inner }))
  }
}
