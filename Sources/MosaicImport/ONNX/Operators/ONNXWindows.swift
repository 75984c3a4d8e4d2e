internal import MosaicCore
internal import MosaicIR

/// Pools.
let windowImporters: [String: ONNXNodeImport.Importer] = [
  "AveragePool": { node in [try node.pool(.mean)] },
  "GlobalAveragePool": { node in [try node.globalPool(.mean)] },
  "GlobalMaxPool": { node in [try node.globalPool(.maximum)] },
  "MaxPool": { node in
    _ = try node.integer("storage_order")
    return [try node.pool(.maximum)]
  },
]

extension ONNXNodeImport {
  fileprivate mutating func pool(_ kind: Pool.Kind) throws(ONNXNodeProblem) -> ONNXOperand {
    let x = try operand(0)
    let isCeiled = try flag("ceil_mode")
    let countsOutside = try flag("count_include_pad")
    var window = try window(over: x.type, extents: nil)
    var overhang = window.extents.map { _ in 0 }
    if isCeiled {
      overhang = window.overhang(over: x.type.shape.dropFirst(2).map(\.factor))
      window.after = zip(window.after, overhang).map { $0 + $1 }
    }
    return try emit(
      Pool(kind, window: window, countsOutside: countsOutside, overhang: overhang), x)
  }

  fileprivate func globalPool(_ kind: Reduce.Kind) throws(ONNXNodeProblem) -> ONNXOperand {
    let x = try operand(0)
    guard x.type.rank >= 3 else { throw .invalid("pools \(x.type)") }
    return try emit(Reduce(kind, axes: Array(2..<x.type.rank), keepsAxes: true), x)
  }
}

extension Window {
  /// What has to lie behind each axis for the number of places to be rounded up. A place that would
  /// begin behind the padding is none.
  fileprivate func overhang(over spatial: [Int]) -> [Int] {
    spatial.indices.map { axis in
      let reach = dilations[axis] * (extents[axis] - 1) + 1
      let room = spatial[axis] + before[axis] + after[axis] - reach
      guard room >= 0 else { return 0 }
      let steps = (room + strides[axis] - 1) / strides[axis]
      let isInside = steps * strides[axis] < spatial[axis] + before[axis]
      return max(0, (isInside ? steps : steps - 1) * strides[axis] - room)
    }
  }
}
