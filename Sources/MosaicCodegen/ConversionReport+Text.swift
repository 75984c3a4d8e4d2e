internal import MosaicBundle
public import MosaicCore
internal import MosaicPruning

extension ConversionReport {
  /// For people: ranges, cost, error and time, with uniform pruning beside them.
  public var text: String {
    var table = TextTable(header: ["range", "steps", "timesteps", "sparsity", "MACs of dense"])
    for (number, range) in ranges.enumerated() {
      table.add([
        "range-\(number)", "\(range.steps.lowerBound)..\(range.steps.upperBound - 1)",
        "\(timestepText(range.timesteps.upperBound))..\(timestepText(range.timesteps.lowerBound))",
        fixed(range.sparsity, 3), fixed(range.macShare, 3),
      ])
    }
    var lines = [
      "\(printable(output, limit: 400)): \(manifest.schedule.kind) schedule, "
        + "\(manifest.schedule.criterion), \(schedule.target.text)",
      table.text,
      "parity: fast path \(significant(parity.programError, 2)), "
        + "\(parity.elements) elements of single operations \(significant(parity.nodeError, 2)); "
        + (originalError.map { "original framework \(significant($0, 2))" }
          ?? "not compared with the original framework"),
      errorText, costText,
    ]
    lines += manifest.plans.map { plan in
      let reused = plan.steps.reduce(0) { $0 + $1.orders.count { $0 != nil } }
      return "plan: \(plan.forwardCount) forwards with \(reused) of "
        + "\(plan.forwardCount * plan.units.count) unit values taken from earlier steps; error on "
        + "the samples that chose \(significant(schedule.predictedError))"
    }
    lines += notes.map { "note: \($0)" }
    if let latency {
      let time = schedule.milliseconds ?? 0
      lines.append(
        "time a sample by the cost model: \(significant(time)) ms "
          + "(fitted within \(fixed(100 * latency.largestError, 1)) % of what was timed)")
    }
    return lines.joined(separator: "\n")
  }

  private var errorText: String {
    let predicted = manifest.proof?.predictedMSE ?? 0
    var line =
      "final error against dense, \(proof.measured.samples) fresh samples: \(closedFormText)predicted "
      + "\(significant(predicted)), measured \(significant(proof.measured.mean)) ± "
      + "\(significant(proof.measured.standardError, 2)), median "
      + "\(significant(proof.measured.median))"
    if let uniform = proof.uniform {
      line += "; uniform at the same MACs \(significant(uniform.mean)) ± "
      line += significant(uniform.standardError, 2)
    }
    return line
  }

  /// Not for schedules that take one share from all groups: the curves are of networks whose sparsity
  /// is spread over them.
  private var hasClosedForm: Bool {
    manifest.plans.isEmpty && PruningPlan.Spreading(of: schedule.kind) == .loss
  }

  private var closedFormText: String {
    guard hasClosedForm else { return "" }
    return "closed form \(significant(schedule.predictedError)) ± "
      + "\(significant(schedule.predictedError * closedFormInterval, 2)), "
  }

  private var costText: String {
    let dense = Double(manifest.proof?.denseMACs ?? 0)
    let mosaic = Double(manifest.proof?.mosaicMACs ?? 0)
    let speed = proof.mosaicSeconds > 0 ? proof.denseSeconds / proof.mosaicSeconds : 1
    return "MACs a sample: dense \(countText(dense)), mosaic \(countText(mosaic)) "
      + "(\(fixed(dense > 0 ? mosaic / dense : 1, 3))); time of the proof: dense "
      + "\(significant(proof.denseSeconds)) s, mosaic \(significant(proof.mosaicSeconds)) s "
      + "(\(fixed(speed, 2))x)"
  }

  /// The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    var measured: [(String, JSONValue)] = [
      ("samples", JSONValue(proof.measured.samples)),
      ("predicted_mse", JSONValue(manifest.proof?.predictedMSE ?? 0)),
      ("closed_form_mse", hasClosedForm ? JSONValue(schedule.predictedError) : .null),
      ("closed_form_relative_error", hasClosedForm ? JSONValue(closedFormInterval) : .null),
      ("measured_mse", JSONValue(proof.measured.mean)),
      ("standard_error", JSONValue(proof.measured.standardError)),
      ("median_mse", JSONValue(proof.measured.median)),
      ("macs", JSONValue(manifest.proof?.mosaicMACs ?? 0)),
      ("dense_macs", JSONValue(manifest.proof?.denseMACs ?? 0)),
      ("parity", JSONValue(parity.programError)),
      ("operation_parity", JSONValue(parity.nodeError)),
      ("dense_seconds", JSONValue(proof.denseSeconds)),
      ("mosaic_seconds", JSONValue(proof.mosaicSeconds)),
    ]
    if let uniform = proof.uniform {
      measured.append(("uniform_mse", JSONValue(uniform.mean)))
      measured.append(("uniform_standard_error", JSONValue(uniform.standardError)))
    }
    let lines = ranges.map { range -> JSONValue in
      [
        "first_step": JSONValue(range.steps.lowerBound),
        "steps": JSONValue(range.steps.count),
        "sparsity": JSONValue(range.sparsity), "mac_share": JSONValue(range.macShare),
      ]
    }
    return [
      "schema": "mosaic.convert/1", "output": JSONValue(output),
      "kept_promise": JSONValue(failure == nil),
      "original_parity": originalError.map { JSONValue($0) } ?? .null,
      "mac_share": JSONValue(schedule.costShare),
      "milliseconds": schedule.milliseconds.map { JSONValue($0) } ?? .null,
      "tensor_bytes": schedule.bytes.map { JSONValue($0) } ?? .null,
      "cost_model": latency?.json ?? .null, "rows_per_column": JSONValue(rowsPerColumn),
      "ranges": JSONValue(lines),
      "warnings": JSONValue(warnings.map { JSONValue($0) }),
      "proof": .object(JSONObject(measured)),
    ]
  }
}
