public import MosaicCore

/// What differs between two bundles.
public struct BundleComparison: Sendable {
  /// What is compared.
  public enum Part: Sendable { case structure, tensors }

  public struct Difference: Sendable, Equatable {
    public enum Layer: String, Sendable { case model, ranges, units, plans, tensors }
    public var layer: Layer
    public var text: String
    /// Where `layer` is `tensors`.
    public var tensor: TensorDifference?
    /// Where `layer` is `plans` and both bundles have one for the run.
    public var plan: PlanPlace?
  }

  public let differences: [Difference]

  public var isAlike: Bool { differences.isEmpty }

  /// - Parameters:
  ///   - reference: The bundle taken as correct.
  ///   - tolerance: Largest accepted max |a - b| / max |a| of a tensor; 0 asks for equal bytes.
  /// - Throws: `BundleError` where a tensor is damaged.
  public init(
    _ reference: BundleReader, _ candidate: BundleReader,
    parts: Set<Part> = [.structure, .tensors], tolerance: Double = 0
  ) throws(BundleError) {
    // Equal content needs no second look.
    guard reference.contentDigest != candidate.contentDigest else {
      differences = []
      return
    }
    var found: [Difference] = []
    if parts.contains(.structure) {
      found += Self.models(reference.manifest, candidate.manifest)
      found += Self.ranges(reference.manifest, candidate.manifest)
      found += Self.units(reference.manifest, candidate.manifest)
      found += Self.plans(reference.manifest, candidate.manifest)
    }
    if parts.contains(.tensors) {
      found += try TensorDifference.all(reference, candidate, tolerance: tolerance).map {
        Difference(layer: .tensors, text: $0.text, tensor: $0)
      }
    }
    differences = found
  }

  /// A line a difference; empty where there is none.
  public var text: String {
    differences.map { "\($0.layer.rawValue): \($0.text)" }.joined(separator: "\n")
  }

  /// A list of differences. The keys are documented in `docs/command-line.md`.
  public var json: JSONValue { JSONValue(differences.map(\.json)) }

  private static func models(_ a: Manifest, _ b: Manifest) -> [Difference] {
    var found: [Difference] = []
    if a.model != b.model {
      found.append(
        Difference(
          layer: .model,
          text: "\(printable(a.model.architecture)) \(a.model.sampleShape), "
            + "\(printable(b.model.architecture)) \(b.model.sampleShape), or their inputs differ"))
    }
    if a.graphText != b.graphText {
      found.append(Difference(layer: .model, text: "the dense graphs differ"))
    }
    if a.scheduler != b.scheduler {
      found.append(Difference(layer: .model, text: "the schedulers differ"))
    }
    if a.groups.map(\.withoutOrder) != b.groups.map(\.withoutOrder) {
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
            text: "\(printable(x.name)), \(printable(group.name)): keeps \(count(mine)) and "
              + "\(count(theirs)) units, \(commonCount(mine, theirs)) in common"))
      }
    }
    return found
  }

  /// As ranges: a stranger's group may have more units than can be listed.
  private static func kept(
    _ variant: Manifest.Variant, _ index: Int, _ group: Manifest.Group
  ) -> [Range<Int>] {
    guard let kept = variant.kept.first(where: { $0.group == index }) else {
      return [0..<group.unitCount]
    }
    var ranges: [Range<Int>] = []
    for run in kept.runs {
      if let last = ranges.last, last.upperBound == run.start {
        ranges[ranges.count - 1] = last.lowerBound..<run.start + run.count
      } else {
        ranges.append(run.start..<run.start + run.count)
      }
    }
    return ranges
  }

  private static func count(_ ranges: [Range<Int>]) -> Int { ranges.reduce(0) { $0 + $1.count } }

  /// Of ascending, disjoint ranges.
  private static func commonCount(_ a: [Range<Int>], _ b: [Range<Int>]) -> Int {
    var (sum, first, second) = (0, 0, 0)
    while first < a.count, second < b.count {
      sum += a[first].clamped(to: b[second]).count
      if a[first].upperBound < b[second].upperBound { first += 1 } else { second += 1 }
    }
    return sum
  }
}

extension Manifest.Group {
  /// The order of units follows from which are kept, and that is compared by itself.
  fileprivate var withoutOrder: Self {
    var group = self
    group.order = []
    return group
  }
}

extension BundleComparison.Difference {
  fileprivate var json: JSONValue {
    var fields: [(String, JSONValue)] = [
      ("layer", JSONValue(layer.rawValue)), ("text", JSONValue(text)),
    ]
    if let tensor {
      fields += [
        ("tensor", JSONValue(tensor.name)), ("refitted", JSONValue(tensor.isRefitted)),
        ("common_units_only", JSONValue(tensor.isOfCommonUnits)),
      ]
      if case .values(let largest, let relative) = tensor.kind {
        fields += [
          ("max_difference", JSONValue(largest)), ("relative_difference", JSONValue(relative)),
        ]
      }
    }
    if let plan {
      fields += [
        ("step", JSONValue(plan.step)), ("unit", plan.unit.map { JSONValue($0) } ?? .null),
      ]
    }
    return .object(JSONObject(fields))
  }
}
