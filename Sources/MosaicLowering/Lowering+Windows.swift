internal import MosaicBundle
internal import MosaicIR

/// Operations whose window slides over the spatial axes: what has no fast instruction picks every
/// element that each place of the window meets.
extension Lowering {
  /// A bundle holds what is picked as a list.
  private static let listedIndices = 1 << 20

  mutating func lowerConvolution(
    _ operation: GroupedConvolution, _ node: Graph.Node
  ) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    guard type.isBatched else { throw unsupported(node, "that no sample has of its own") }
    let window = operation.window
    let isPlain =
      type.rank == 4 && operation.groups == 1 && Set(window.extents).count == 1
      && Set(window.strides).count == 1 && window.dilations.allSatisfy { $0 == 1 }
    let first = nextInstruction
    try isPlain ? lowerPadded(window, node) : lowerPatches(operation, node)
    // What gathers a consumer's inputs looks for the instruction that reads x.
    mark(node, as: first)
  }

  /// A fast convolution of what is padded before it.
  private mutating func lowerPadded(
    _ window: Window, _ node: Graph.Node
  ) throws(LoweringError) {
    var shape = graph[node.inputs[0]].type.sampleShape
    var value = try number(node.inputs[0], node)
    for axis in 0..<2 {
      let indices =
        [Int](repeating: -1, count: window.before[axis]) + (0..<shape[axis + 1])
        + [Int](repeating: -1, count: window.after[axis])
      value = picked(value, &shape, axis: axis + 1, indices, named: "\(node.name).padded")
    }
    let weight = graph[node.inputs[1]].type.sampleShape
    var inputs = [value]
    for operand in node.inputs.dropFirst() { inputs.append(try number(operand, node)) }
    let output = node.outputs[0]
    let result = append(
      graph[output].name, graph[output].type.sampleShape, .arena(offset: 0))
    add(
      .convolution(
        channels: shape[0], height: shape[1], width: shape[2], outer: weight[0],
        kernel: window.extents[0], stride: window.strides[0], padding: 0), inputs, into: result)
    bind(output, of: node, to: result)
  }

  /// Groups, dilations and any number of axes: patches [channels · taps, places], and of each group
  /// their product with its weights.
  private mutating func lowerPatches(
    _ operation: GroupedConvolution, _ node: Graph.Node
  ) throws(LoweringError) {
    let shape = graph[node.inputs[0]].type.sampleShape
    let result = graph[node.outputs[0]].type.sampleShape
    let (channels, outer, groups) = (shape[0], result[0], operation.groups)
    let places = result[1...].reduce(1, *)
    let taps = operation.window.extents.reduce(1, *)
    guard taps <= Self.listedIndices / max(places, 1) else { throw unsupported(node, "this large") }
    let indices = operation.window.sources(over: Array(shape[1...]))
    let patches = instruct(
      .pick(
        outer: channels, extent: shape[1...].reduce(1, *), inner: 1, indices: indices),
      [try number(node.inputs[0], node)], shape: [channels * taps, places],
      named: "\(node.name).patches")
    var value = instruct(
      .matmul(
        batches: groups, aBatches: groups, bBatches: groups, rows: outer / groups,
        inner: channels / groups * taps, columns: places),
      [try number(node.inputs[1], node), patches], shape: result, named: node.name)
    if node.inputs.count > 2 {
      value = instruct(
        .binary(.add, a: [outer, places], b: [outer, 1]),
        [value, try number(node.inputs[2], node)], shape: result, named: node.name)
    }
    bind(node.outputs[0], of: node, to: value)
  }

  /// The largest along one axis after the other: a window is a box. Means are no pools by now, but sums
  /// along axes.
  mutating func lowerPool(_ pool: Pool, _ node: Graph.Node) throws(LoweringError) {
    let type = graph[node.inputs[0]].type
    guard type.isBatched else { throw unsupported(node, "that no sample has of its own") }
    guard pool.kind == .maximum else { throw unsupported(node, "of means") }
    var shape = type.sampleShape
    var value = try number(node.inputs[0], node)
    for axis in pool.window.extents.indices {
      let places = graph[node.outputs[0]].type.sampleShape[axis + 1]
      guard places <= Self.listedIndices / pool.window.extents[axis] else {
        throw unsupported(node, "this large")
      }
      let lists = pool.window.inside(axis: axis, extent: shape[axis + 1])
      guard lists.allSatisfy({ !$0.isEmpty }) else {
        throw unsupported(node, "whose window may lie outside")
      }
      // One of them twice is still the largest.
      let taps = lists.reduce(1) { max($0, $1.count) }
      let indices = lists.flatMap { list in
        (0..<taps).map { list[min($0, list.count - 1)] }
      }
      value = picked(value, &shape, axis: axis + 1, indices, named: "\(node.name).patches")
      let (outer, _, inner) = parts(of: shape, axis + 1)
      shape[axis + 1] = places
      value = instruct(
        .reduce(.maximum, outer: outer * places, extent: taps, inner: inner), [value],
        shape: shape, named: node.name)
    }
    bind(node.outputs[0], of: node, to: value)
  }
}
