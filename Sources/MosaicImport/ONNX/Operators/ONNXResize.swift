internal import MosaicCore
internal import MosaicIR

/// Resizing, axis after axis.
let resizeImporters: [String: ONNXNodeImport.Importer] = [
  "Resize": { node in [try node.resize()] }
]

extension ONNXNodeImport {
  fileprivate mutating func resize() throws(ONNXNodeProblem) -> ONNXOperand {
    var x = try operand(0)
    let rank = x.type.rank
    let plan = try ONNXResizePlan(&self)
    let axes = try axes(integers("axes") ?? Array(0..<rank), rank: rank)
    let policy = try text("keep_aspect_ratio_policy", default: "stretch")
    let roi = try numbers(1)
    var regions = [(Double, Double)](repeating: (0, 1), count: axes.count)
    if let roi, plan.usesRegion {
      guard roi.count == 2 * axes.count else { throw .invalid("has a roi of \(roi.count) numbers") }
      regions = axes.indices.map { (roi[$0], roi[$0 + axes.count]) }
    }
    let targets = try targets(axes, of: x.type, policy: policy)
    let outside = plan.extrapolation
    let hasOutside = plan.usesRegion && outside != 0
    // Elements outside are empty sums, which are 0: they become `outside` when all is moved by it.
    if hasOutside {
      x = try emit(ElementwiseBinary(.subtract), x, constant(outside, like: x))
    }
    for (index, axis) in axes.enumerated() {
      guard let target = targets[index] else { continue }
      let extent = x.type.shape[axis].factor
      guard extent <= ONNXOperand.foldedCount else {
        throw .unsupported("resizes an axis of \(extent)")
      }
      if target.extent == extent, target.scale == 1, regions[index] == (0, 1) { continue }
      let sums = plan.sums(
        from: extent, to: target.extent, scale: target.scale, region: regions[index])
      x = try emit(Resample(axis: axis, sums: sums), x)
    }
    return hasOutside ? try emit(ElementwiseBinary(.add), x, constant(outside, like: x)) : x
  }

  private func numbers(_ index: Int) throws(ONNXNodeProblem) -> [Double]? {
    guard let operand = optional(index), operand.type.count != 0 else { return nil }
    guard let known = operand.known, !operand.isSymbolic else {
      throw .unsupported("is resized by '\(printable(operand.name))', which is not constant")
    }
    return known.doubles
  }

  /// Extent and scale of each axis; nil for one that stays, the batch among them.
  private func targets(
    _ axes: [Int], of type: TensorType, policy: String
  ) throws(ONNXNodeProblem) -> [(extent: Int, scale: Double)?] {
    let shape = axes.map { type.shape[$0] }
    func checked(_ extent: Double) throws(ONNXNodeProblem) -> Int {
      guard extent >= 0, extent <= Double(ONNXOperand.foldedCount) else {
        throw .invalid("is resized to \(extent)")
      }
      return Int(extent)
    }
    var result: [(extent: Int, scale: Double)?] = []
    if let scales = try numbers(2) {
      guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw .invalid("has the scales \(scales)")
      }
      for (scale, extent) in zip(scales, shape) {
        if scale == 1 {
          result.append(extent.isFixed ? (extent.factor, 1) : nil)
          continue
        }
        guard extent.isFixed else { throw .unsupported("resizes the batch") }
        result.append((try checked((scale * Double(extent.factor)).rounded(.down)), scale))
      }
      return result
    }
    guard let sizes = optional(3).flatMap(\.extents), sizes.count == axes.count else {
      throw .unsupported("has neither scales nor sizes that are constant")
    }
    var scales: [Double] = []
    let bound = sizes.enumerated().map { index, size in
      let isBatch = context.fixedBatch.map { size == Dimension($0) } ?? false
      return isBatch && shape[index] == .batch ? .batch : size
    }
    for (size, extent) in zip(bound, shape) where size.isFixed && extent.isFixed {
      guard extent.factor > 0, size.factor >= 0 else { throw .invalid("resizes \(type)") }
      scales.append(Double(size.factor) / Double(extent.factor))
    }
    let common: Double? =
      switch policy {
      case "not_larger": scales.min()
      case "not_smaller": scales.max()
      case "stretch": nil
      default: throw .unsupported("has the policy '\(printable(policy))'")
      }
    for (size, extent) in zip(bound, shape) {
      if size == extent, common == nil || !extent.isFixed {
        result.append(extent.isFixed ? (extent.factor, 1) : nil)
        continue
      }
      guard size.isFixed, extent.isFixed else { throw .unsupported("resizes the batch") }
      let scale = common ?? Double(size.factor) / Double(extent.factor)
      let wanted = common.map { ($0 * Double(extent.factor) + 0.5).rounded(.down) }
      result.append((try checked(wanted ?? Double(size.factor)), scale))
    }
    return result
  }
}
