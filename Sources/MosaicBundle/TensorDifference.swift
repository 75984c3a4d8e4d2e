internal import MosaicCore

/// How a stored tensor differs between two bundles.
public struct TensorDifference: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case onlyInFirst
    case onlyInSecond
    /// Of data type or shape: both in words.
    case form(String, String)
    /// max |a - b|, and that over max |a|; 0 where only the bytes differ.
    case values(largest: Double, relative: Double)
  }

  public var name: String
  public var kind: Kind
  /// Whether it was made for the variants that read it, in either bundle.
  public var isRefitted: Bool
  /// Whether only rows or columns of units that both bundles have were compared.
  public var isOfCommonUnits = false

  public var text: String {
    let name = printable(name) + (isRefitted ? " (refitted)" : "")
    switch kind {
    case .onlyInFirst: return "\(name): only in the first"
    case .onlyInSecond: return "\(name): only in the second"
    case .form(let a, let b): return "\(name): \(a), \(b)"
    case .values(let largest, let relative):
      return "\(name): differs by up to \(significant(largest)), \(significant(relative)) of its "
        + "largest" + (isOfCommonUnits ? ", in the units that both have" : "")
    }
  }
}

extension TensorDifference {
  /// Those over `tolerance`, in the first bundle's order.
  static func all(
    _ a: BundleReader, _ b: BundleReader, tolerance: Double
  ) throws(BundleError) -> [TensorDifference] {
    var found: [TensorDifference] = []
    let (uses, otherUses) = (a.manifest.tensorUses(), b.manifest.tensorUses())
    let (axes, otherAxes) = (a.manifest.unitAxes(), b.manifest.unitAxes())
    var theirs: [String: Int] = [:]
    for (index, tensor) in b.manifest.tensors.enumerated() { theirs[tensor.name] = index }
    for (index, tensor) in a.manifest.tensors.enumerated() {
      let isRefitted = uses[index].role == .refitted
      guard let other = theirs.removeValue(forKey: tensor.name) else {
        found.append(.init(name: tensor.name, kind: .onlyInFirst, isRefitted: isRefitted))
        continue
      }
      let (x, y, isOfCommonUnits) = common(
        try a.load(tensor: index), axes[index], try b.load(tensor: other), otherAxes[other])
      if let kind = kind(x, y, tolerance: tolerance) {
        found.append(
          .init(
            name: tensor.name, kind: kind,
            isRefitted: isRefitted || otherUses[other].role == .refitted,
            isOfCommonUnits: isOfCommonUnits))
      }
    }
    for (name, index) in theirs.sorted(by: { $0.key < $1.key }) {
      found.append(
        .init(
          name: name, kind: .onlyInSecond, isRefitted: otherUses[index].role == .refitted))
    }
    return found
  }

  /// Rows and columns that mean the same units, in the first tensor's order, and whether there are
  /// others.
  private static func common(
    _ a: TensorView, _ axes: [UnitAxis], _ b: TensorView, _ otherAxes: [UnitAxis]
  ) -> (TensorView, TensorView, Bool) {
    var (x, y, isPart) = (a, b, false)
    for axis in axes {
      guard
        let other = otherAxes.first(where: {
          $0.axis == axis.axis && $0.group == axis.group && $0.unitSize == axis.unitSize
        }), other.units != axis.units
      else { continue }
      let theirs = Set(other.units)
      let units = axis.units.filter(theirs.contains)
      isPart = isPart || units.count < max(axis.units.count, theirs.count)
      (x, y) = (x.selecting(units, of: axis), y.selecting(units, of: other))
    }
    return (x, y, isPart)
  }

  /// Nil where the tensors agree within the tolerance.
  private static func kind(_ a: TensorView, _ b: TensorView, tolerance: Double) -> Kind? {
    defer { withExtendedLifetime((a.owner, b.owner)) {} }
    if a.shape != b.shape || (a.dataType != b.dataType && tolerance == 0) {
      return .form("\(a.dataType.rawValue) \(a.shape)", "\(b.dataType.rawValue) \(b.shape)")
    }
    if a.dataType == b.dataType, a.bytes.elementsEqual(b.bytes) { return nil }
    let (largest, scale) = difference(a, b)
    let relative = largest == 0 ? 0 : largest / scale
    // Not a number compares false: it must count as a difference.
    guard tolerance == 0 || !(relative <= tolerance) else { return nil }
    return .values(largest: largest, relative: relative)
  }

  /// max |a - b| and max |a|.
  private static func difference(_ a: TensorView, _ b: TensorView) -> (Double, Double) {
    var (x, y) = (
      [Float](repeating: 0, count: a.elementCount), [Float](repeating: 0, count: b.elementCount)
    )
    x.withUnsafeMutableBufferPointer { a.convert(into: $0) }
    y.withUnsafeMutableBufferPointer { b.convert(into: $0) }
    var (largest, scale) = (0.0, 0.0)
    for (p, q) in zip(x, y) {
      let gap = abs(Double(p) - Double(q))
      largest = max(largest, gap.isNaN ? .infinity : gap)
      scale = max(scale, abs(Double(p)))
    }
    return (largest, scale)
  }
}
