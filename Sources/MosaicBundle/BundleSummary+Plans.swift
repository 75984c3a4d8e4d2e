internal import MosaicCore

extension BundleSummary {
  /// A line a plan; empty without plans.
  var planLines: String {
    manifest.plans.indices.map(planLine).joined(separator: "\n")
  }

  /// Each plan drawn, a row a unit and a column a step.
  public var planText: String {
    guard !manifest.plans.isEmpty else {
      return "no plan: variants go by noise level, and nothing is reused"
    }
    let drawings = manifest.plans.indices.map { number in
      planLine(number) + "\n" + PlanDrawing(manifest.plans[number], of: manifest).text
    }
    return (drawings + [PlanDrawing.legend]).joined(separator: "\n")
  }

  private func planLine(_ number: Int) -> String {
    let plan = manifest.plans[number]
    let counts = PlanUses(plan, of: manifest).counts
    let variants = Set(plan.steps.map(\.variant)).count
    let run = [
      plan.sampler.rawValue + (plan.eta > 0 ? " with eta \(significant(plan.eta))" : ""),
      "\(plan.steps.count) steps, \(plan.forwardCount) forwards",
      plan.guidance.map { "guidance \(significant($0))" },
    ]
    let cost =
      "\(fixed(plan.macShare, 3)) of the dense MACs"
      + (plan.budget.map { " (\(significant($0)) asked for)" } ?? "")
    let reuse =
      "\(variants) variant\(variants == 1 ? "" : "s"), "
      + "\(counts.taken) of \(counts.taken + counts.computed) unit values reused"
      + (counts.corrected > 0 ? ", \(counts.corrected) of them corrected" : "")
    let errors = [("measured", plan.measured), ("predicted", plan.predicted)]
      .compactMap { name, estimate in estimate.map { "\(name) error \($0.text)" } }
    return
      (["plan \(number): \(run.compactMap { $0 }.joined(separator: ", "))", cost, reuse]
      + (errors.isEmpty ? ["never measured"] : errors)).joined(separator: "; ")
  }

  func json(of plan: SamplingPlan) -> JSONValue {
    let drawing = PlanDrawing(plan, of: manifest)
    let steps = plan.steps.enumerated().map { number, step -> JSONValue in
      [
        "variant": JSONValue(step.variant), "needs_forward": JSONValue(step.isNeeded),
        "units": JSONValue(drawing.column(number)),
        "corrected": .array(
          step.orders.indices.filter(step.isCorrected).map { JSONValue(plan.units[$0]) }),
      ]
    }
    return [
      "sampler": JSONValue(plan.sampler.rawValue), "eta": JSONValue(plan.eta),
      "steps": JSONValue(plan.steps.count), "guidance": JSONValue(plan.guidance ?? 1),
      "budget": plan.budget.map { JSONValue($0) } ?? .null,
      "mac_share": JSONValue(plan.macShare),
      "predicted": plan.predicted?.json ?? .null, "measured": plan.measured?.json ?? .null,
      "units": .array(plan.units.map { JSONValue($0) }), "per_step": .array(steps),
    ]
  }
}

extension SamplingPlan.Estimate {
  fileprivate var text: String {
    let interval =
      lower < upper ? ["\(significant(lower, 2)) .. \(significant(upper, 2))"] : []
    let details = interval + (samples > 0 ? ["\(samples) samples"] : [])
    return significant(mean) + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
  }

  fileprivate var json: JSONValue {
    [
      "mse": JSONValue(mean), "lower": JSONValue(lower), "upper": JSONValue(upper),
      "samples": JSONValue(samples),
    ]
  }
}
