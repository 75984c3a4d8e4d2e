internal import MosaicCore
internal import MosaicIR

/// Operators that make one number of many.
let reductionImporters: [String: ONNXNodeImport.Importer] = [
  "ReduceL1": { node in try node.reduce(.sum, before: .absolute) },
  "ReduceL2": { node in try node.reduce(.sumOfSquares, after: .squareRoot) },
  "ReduceLogSum": { node in try node.reduce(.sum, after: .logarithm) },
  "ReduceMax": { node in try node.reduce(.maximum) },
  "ReduceMean": { node in try node.reduce(.mean) },
  "ReduceMin": { node in try node.reduce(.minimum) },
  "ReduceProd": { node in try node.reduce(.product) },
  "ReduceSum": { node in try node.reduce(.sum) },
  "ReduceSumSquare": { node in try node.reduce(.sumOfSquares) },
]

extension ONNXNodeImport {
  fileprivate mutating func reduce(
    _ kind: Reduce.Kind, before: ElementwiseUnary.Function? = nil,
    after: ElementwiseUnary.Function? = nil
  ) throws(ONNXNodeProblem) -> [ONNXOperand] {
    var x = try operand(0)
    let keepsAxes = try flag("keepdims", default: true)
    let isIdentity = try flag("noop_with_empty_axes")
    var axes = try integers("axes")
    if let given = optional(1) { axes = try integers(given) }
    if let before { x = try emit(ElementwiseUnary(before), x) }
    if axes?.isEmpty ?? true {
      if isIdentity { return [x] }
      axes = Array(0..<x.type.rank)
    }
    let own = try self.axes(axes ?? [], rank: x.type.rank).sorted()
    guard own.allSatisfy({ x.type.shape[$0].isFixed }) else {
      throw .unsupported("takes a \(kind.rawValue) over the batch")
    }
    let result = try emit(Reduce(kind, axes: own, keepsAxes: keepsAxes), x)
    guard let after else { return [result] }
    return [try emit(ElementwiseUnary(after), result)]
  }
}
