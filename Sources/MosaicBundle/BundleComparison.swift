public import MosaicCore

/// What differs between two bundles.
public struct BundleComparison: Sendable {
  public struct Difference: Sendable, Equatable {
    public enum Layer: String, Sendable { case model, ranges, units, tensors }
    public var layer: Layer
    public var text: String
  }

  public let differences: [Difference]

  public var isAlike: Bool { differences.isEmpty }

  /// - Parameters:
  ///   - reference: The bundle taken as correct.
  ///   - tolerance: Largest accepted max |a - b| / max |a| of a tensor; 0 asks for equal bytes.
  /// - Throws: `BundleError` where a tensor is damaged.
  public init(
    _ reference: BundleReader, _ candidate: BundleReader, tolerance: Double = 0
  ) throws(BundleError) {
    // Equal content needs no second look.
    guard reference.contentDigest != candidate.contentDigest else {
      differences = []
      return
    }
    var found = Self.models(reference.manifest, candidate.manifest)
    found += Self.ranges(reference.manifest, candidate.manifest)
    found += Self.units(reference.manifest, candidate.manifest)
    found += try Self.tensors(reference, candidate, tolerance: tolerance)
    differences = found
  }

  public var text: String {
    isAlike
      ? "alike" : differences.map { "\($0.layer.rawValue): \($0.text)" }.joined(separator: "\n")
  }

  public var json: JSONValue {
    .object(
      JSONObject([
        ("schema", "mosaic.diff/1"),
        ("alike", JSONValue(isAlike)),
        (
          "differences",
          JSONValue(
            differences.map { difference in
              .object(
                JSONObject([
                  ("layer", JSONValue(difference.layer.rawValue)),
                  ("text", JSONValue(difference.text)),
                ]))
            })
        ),
      ]))
  }

  private static func models(_ a: Manifest, _ b: Manifest) -> [Difference] {
    var found: [Difference] = []
    if a.model != b.model {
      found.append(
        Difference(
          layer: .model,
          text: "\(printable(a.model.architecture)) \(a.model.sampleShape), "
            + "\(printable(b.model.architecture)) \(b.model.sampleShape), or their inputs differ"))
    }
    if a.scheduler != b.scheduler {
      found.append(Difference(layer: .model, text: "the schedulers differ"))
    }
    if a.groups != b.groups {
      found.append(
        Difference(
          layer: .model, text: "the pruning groups differ: \(a.groups.count), \(b.groups.count)"))
    }
    return found
  }

  private static func ranges(_ a: Manifest, _ b: Manifest) -> [Difference] {
    guard a.variants.count == b.variants.count else {
      return [
        Difference(
          layer: .ranges, text: "\(a.variants.count) variants, \(b.variants.count) variants")
      ]
    }
    return zip(a.variants, b.variants).compactMap { x, y in
      guard
        x.logSNRLower != y.logSNRLower || x.logSNRUpper != y.logSNRUpper
          || x.sparsity != y.sparsity
      else { return nil }
      return Difference(
        layer: .ranges, text: "\(printable(x.name)): \(describe(x)), \(describe(y))")
    }
  }

  private static func describe(_ variant: Manifest.Variant) -> String {
    "log-SNR \(fixed(variant.logSNRLower, 3)) .. \(fixed(variant.logSNRUpper, 3)) "
      + "sparsity \(fixed(variant.sparsity, 4))"
  }

  private static func units(_ a: Manifest, _ b: Manifest) -> [Difference] {
    guard a.variants.count == b.variants.count, a.groups.count == b.groups.count else { return [] }
    var found: [Difference] = []
    for (x, y) in zip(a.variants, b.variants) {
      for (index, group) in a.groups.enumerated() {
        let (mine, theirs) = (kept(x, index, group), kept(y, index, b.groups[index]))
        guard mine != theirs else { continue }
        found.append(
          Difference(
            layer: .units,
            text: "\(printable(x.name)), \(printable(group.name)): keeps \(mine.count) and "
              + "\(theirs.count) units, \(mine.intersection(theirs).count) in common"))
      }
    }
    return found
  }

  private static func kept(
    _ variant: Manifest.Variant, _ index: Int, _ group: Manifest.Group
  ) -> Set<Int> {
    guard let kept = variant.kept.first(where: { $0.group == index }) else {
      return Set(0..<group.unitCount)
    }
    return Set(kept.runs.flatMap { $0.start..<$0.start + $0.count })
  }

  private static func tensors(
    _ a: BundleReader, _ b: BundleReader, tolerance: Double
  ) throws(BundleError) -> [Difference] {
    var found: [Difference] = []
    var theirs: [String: Int] = [:]
    for (index, tensor) in b.manifest.tensors.enumerated() { theirs[tensor.name] = index }
    for (index, tensor) in a.manifest.tensors.enumerated() {
      let name = printable(tensor.name)
      guard let other = theirs.removeValue(forKey: tensor.name) else {
        found.append(Difference(layer: .tensors, text: "\(name): only in the first"))
        continue
      }
      let (x, y) = (try a.load(tensor: index), try b.load(tensor: other))
      if x.shape != y.shape || (x.dataType != y.dataType && tolerance == 0) {
        found.append(
          Difference(
            layer: .tensors,
            text: "\(name): \(x.dataType.rawValue) \(x.shape), \(y.dataType.rawValue) \(y.shape)"
          ))
      } else if let error = difference(x, y), tolerance == 0 || !(error <= tolerance) {
        found.append(
          Difference(
            layer: .tensors, text: "\(name): differs by \(significant(error)) of its largest"))
      }
    }
    for name in theirs.keys.sorted() {
      found.append(
        Difference(layer: .tensors, text: "\(printable(name)): only in the second"))
    }
    return found
  }

  /// max |a - b| / max |a|, or nil where the bytes are equal.
  private static func difference(_ a: TensorView, _ b: TensorView) -> Double? {
    defer { withExtendedLifetime((a.owner, b.owner)) {} }
    if a.dataType == b.dataType, a.bytes.elementsEqual(b.bytes) { return nil }
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
    return largest == 0 ? 0 : largest / scale
  }
}
