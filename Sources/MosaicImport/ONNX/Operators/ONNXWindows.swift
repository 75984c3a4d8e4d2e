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
    guard try !flag("ceil_mode") else { throw .unsupported("rounds the number of places up") }
    let countsOutside = try flag("count_include_pad")
    let window = try window(over: x.type, extents: nil)
    return try emit(Pool(kind, window: window, countsOutside: countsOutside), x)
  }

  fileprivate func globalPool(_ kind: Reduce.Kind) throws(ONNXNodeProblem) -> ONNXOperand {
    let x = try operand(0)
    guard x.type.rank >= 3 else { throw .invalid("pools \(x.type)") }
    return try emit(Reduce(kind, axes: Array(2..<x.type.rank), keepsAxes: true), x)
  }
}
