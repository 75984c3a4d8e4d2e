internal import MosaicCore
internal import MosaicIR

/// Operators that move elements and change none.
let movementImporters: [String: ONNXNodeImport.Importer] = [
  "Concat": { node in
    let operands = try node.operands()
    guard let axis = try node.integer("axis") else {
      throw ONNXNodeProblem.invalid("names no axis")
    }
    let own = try node.axis(axis, rank: operands[0].type.rank)
    if operands.count == 1 { return operands }
    return try node.context.emit(Concat(axis: own), operands, name: node.outputName)
  },
  "Gather": { node in
    let (x, indices) = (try node.operand(0), try node.operand(1))
    let axis = try node.axis(node.integer("axis", default: 0), rank: x.type.rank)
    if let known = indices.known, !indices.isSymbolic, x.type.shape[axis].isFixed {
      let extent = Int64(x.type.shape[axis].factor)
      if let outside = known.integers.first(where: { !(-extent..<extent).contains($0) }) {
        throw ONNXNodeProblem.invalid("has the index \(outside), outside an axis of \(extent)")
      }
    }
    return [try node.emit(Take(axis: axis), x, indices)]
  },
  "Pad": { node in [try node.pad()] },
  "Slice": { node in [try node.slice()] },
  "Split": { node in try node.split() },
  "Tile": { node in
    let (x, repeats) = (try node.operand(0), try node.integers(node.operand(1)))
    return [repeats.allSatisfy { $0 == 1 } ? x : try node.emit(Tile(repeats: repeats), x)]
  },
  "Transpose": { node in
    let x = try node.operand(0)
    let order = try node.integers("perm") ?? Array((0..<x.type.rank).reversed())
    return [try node.transpose(x, order)]
  },
  "Trilu": { node in
    let isUpper = try node.flag("upper", default: true)
    let diagonal = try node.optional(1).map { k throws(ONNXNodeProblem) in try node.integers(k) }
    guard diagonal?.count ?? 1 == 1 else { throw ONNXNodeProblem.invalid("has several diagonals") }
    return [
      try node.emit(Triangle(isUpper: isUpper, diagonal: diagonal?[0] ?? 0), node.operand(0))
    ]
  },
]

extension ONNXNodeImport {
  func transpose(
    _ x: ONNXOperand, _ order: [Int]
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    order.elementsEqual(0..<x.type.rank) ? x : try emit(Transpose(order: order), x)
  }

  /// `count` elements of an axis from `start` on.
  func cut(
    _ x: ONNXOperand, axis: Int, start: Int, step: Int = 1, count: Int
  ) throws(ONNXNodeProblem) -> ONNXOperand {
    if start == 0, step == 1, x.type.shape[axis] == Dimension(count) { return x }
    return try emit(Slice(axis: axis, start: start, step: step, count: count), x)
  }

  fileprivate func slice() throws(ONNXNodeProblem) -> ONNXOperand {
    var x = try operand(0)
    let (starts, ends) = (try integers(operand(1)), try extents(operand(2)))
    let axes = try axes(
      optional(3).map { axes throws(ONNXNodeProblem) in try integers(axes) }
        ?? Array(starts.indices), rank: x.type.rank)
    let steps =
      try optional(4).map { steps throws(ONNXNodeProblem) in try integers(steps) }
      ?? starts.map { _ in 1 }
    guard [ends.count, axes.count, steps.count].allSatisfy({ $0 == starts.count }),
      !steps.contains(0)
    else { throw .invalid("has starts, ends, axes and steps that do not fit each other") }
    for (index, axis) in axes.enumerated() {
      let extent = x.type.shape[axis]
      if starts[index] == 0, steps[index] == 1, ends[index] == extent { continue }
      guard ends[index].isFixed else {
        throw .unsupported("ends at an extent that depends on the batch; bind it with --shape")
      }
      let end = ends[index].factor
      guard extent.isFixed else {
        // A network's batch is smaller than what stands for "to the end".
        guard starts[index] == 0, steps[index] == 1, end >= Int(Int32.max) || isWholeBatch(end)
        else {
          throw .unsupported("slices the batch; bind it with --shape")
        }
        continue
      }
      let (start, count) = Self.range(
        from: starts[index], to: end, by: steps[index], extent: extent.factor)
      x = try cut(x, axis: axis, start: start, step: steps[index], count: count)
    }
    return x
  }

  /// What ONNX's slice takes, bounds clamped to the axis.
  private static func range(
    from start: Int, to end: Int, by step: Int, extent: Int
  ) -> (start: Int, count: Int) {
    func clamp(_ index: Int, _ bounds: ClosedRange<Int>) -> Int {
      let own = index < 0 ? index &+ extent : index
      return min(max(own, bounds.lowerBound), bounds.upperBound)
    }
    if extent == 0 { return (0, 0) }
    let first = step > 0 ? clamp(start, 0...extent) : clamp(start, 0...extent - 1)
    let last = step > 0 ? clamp(end, 0...extent) : clamp(end, -1...extent - 1)
    let reach = step > 0 ? last - first : first - last
    if reach <= 0 { return (0, 0) }
    let stride = step.magnitude
    return (first, Int((UInt(reach) - 1) / stride) + 1)
  }

  fileprivate mutating func split() throws(ONNXNodeProblem) -> [ONNXOperand] {
    let x = try operand(0)
    let axis = try axis(integer("axis", default: 0), rank: x.type.rank)
    // torch 2.13 writes it at opset 17 too, which does not have it.
    let parts = try integer("num_outputs") ?? node.outputs.count
    if !x.type.shape[axis].isFixed {
      // In one part it stays whole.
      guard node.outputs.count == 1 else { throw .unsupported("splits the batch") }
      return [x]
    }
    let extent = x.type.shape[axis].factor
    var sizes: [Int]
    if let given = optional(1) {
      sizes = try integers(given)
    } else {
      guard parts == node.outputs.count, parts > 0 else {
        throw .invalid("splits into \(parts) parts and has \(node.outputs.count) outputs")
      }
      let size = (extent + parts - 1) / parts
      sizes = (0..<parts).map { min(size, max(0, extent - $0 * size)) }
    }
    var sum = 0
    for size in sizes {
      guard size >= 0, size <= extent - sum else {
        throw .invalid("splits \(extent) into \(sizes)")
      }
      sum += size
    }
    guard sum == extent, sizes.count >= node.outputs.count else {
      throw .invalid("splits \(extent) into \(sizes)")
    }
    if axis == x.type.rank - 1, Set(sizes).count == 1, sizes[0] > 0, !x.isSymbolic {
      return try context.emit(Split(parts: sizes.count), [x], name: outputName)
    }
    var start = 0
    var results: [ONNXOperand] = []
    for size in sizes {
      results.append(try cut(x, axis: axis, start: start, count: size))
      start += size
    }
    return results
  }

  fileprivate mutating func pad() throws(ONNXNodeProblem) -> ONNXOperand {
    var x = try operand(0)
    let name = try text("mode", default: "constant")
    guard let mode = Pad.Mode(rawValue: name) else {
      throw .unsupported("has the mode '\(printable(name))'")
    }
    let pads = try integers(operand(1))
    let axes = try axes(
      optional(3).map { axes throws(ONNXNodeProblem) in try integers(axes) }
        ?? Array(0..<x.type.rank), rank: x.type.rank)
    guard pads.count == 2 * axes.count else { throw .invalid("has \(pads.count) pads") }
    let filling = try optional(2).map { value throws(ONNXNodeProblem) in try scalar(value) } ?? 0
    var (before, after) = (
      [Int](repeating: 0, count: x.type.rank), [Int](repeating: 0, count: x.type.rank)
    )
    for (index, axis) in axes.enumerated() {
      (before[axis], after[axis]) = (pads[index], pads[index + axes.count])
      // A negative pad takes away.
      guard before[axis] < 0 || after[axis] < 0 else { continue }
      guard x.type.shape[axis].isFixed else { throw .unsupported("cuts the batch") }
      let extent = x.type.shape[axis].factor
      let (start, left) = (-min(before[axis], 0).clamped, -min(after[axis], 0).clamped)
      guard start <= extent, left <= extent - start else { throw .invalid("cuts \(extent) away") }
      x = try cut(x, axis: axis, start: start, count: extent - start - left)
      (before[axis], after[axis]) = (max(before[axis], 0), max(after[axis], 0))
    }
    if (before + after).allSatisfy({ $0 == 0 }) { return x }
    return try emit(Pad(before: before, after: after, mode: mode, filling: filling), x)
  }
}

extension Int {
  /// Itself, kept from where its magnitude leaves `Int`.
  fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}
