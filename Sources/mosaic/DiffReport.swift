import MosaicBundle
import MosaicCore
import MosaicRuntime

/// What `diff` found, layer by layer; nil was not asked for.
struct DiffReport {
  var tolerance: Double
  var content: BundleComparison?
  var behaviour: BehaviourComparison?
  var cost: CostComparison?

  var isAlike: Bool {
    (content?.isAlike ?? true) && (behaviour?.isAlike ?? true) && (cost?.isAlike ?? true)
  }

  var text: String {
    var parts = [content?.text, behaviour?.text, cost?.text].compactMap { $0 }
    if isAlike { parts.append("alike") }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The keys are documented in `docs/command-line.md`.
  var json: JSONValue {
    var fields: [(String, JSONValue)] = [
      ("schema", "mosaic.diff/1"), ("alike", JSONValue(isAlike)),
      ("tolerance", JSONValue(tolerance)), ("differences", content?.json ?? []),
    ]
    if let behaviour { fields.append(("behaviour", behaviour.json)) }
    if let cost { fields.append(("cost", cost.json)) }
    return .object(JSONObject(fields))
  }
}
