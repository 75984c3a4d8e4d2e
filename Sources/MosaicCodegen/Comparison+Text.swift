public import MosaicCore

extension Comparison {
  /// For people: budget by budget, the least error first.
  public var text: String {
    var lines = [
      "final error against dense on \(samples) fresh samples, at equal MACs (dense: "
        + "\(countText(denseMacs)) and \(significant(denseMilliseconds)) ms a sample)"
    ]
    for budget in Set(rows.compactMap(\.budget)).sorted(by: >) {
      var table = TextTable(header: [
        "MACs \(significant(budget))", "used", "error", "±", "median", "predicted", "closed form",
        "ranges", "ms", "seconds", "score",
      ])
      for row in rows.filter({ $0.budget == budget }).sorted(by: { $0.error.mean < $1.error.mean })
      {
        table.add([
          row.name, fixed(row.macShare, 3), significant(row.error.mean),
          significant(row.error.standardError, 2), significant(row.error.median),
          row.predicted.map { significant($0) } ?? "-",
          row.closedForm.map { significant($0) } ?? "-", "\(row.ranges)",
          significant(row.milliseconds), significant(row.seconds, 2),
          row.score.map { printable($0) } ?? "-",
        ])
      }
      lines.append(table.text)
    }
    var steps = TextTable(header: [
      "at its own MACs", "MACs", "error", "±", "median", "ms", "score",
    ])
    for row in rows where row.budget == nil {
      steps.add([
        row.name, fixed(row.macShare, 3), significant(row.error.mean),
        significant(row.error.standardError, 2), significant(row.error.median),
        significant(row.milliseconds), row.score.map { printable($0) } ?? "-",
      ])
    }
    lines.append(steps.text)
    if let denseScore { lines.append("score of dense: \(printable(denseScore))") }
    return lines.joined(separator: "\n")
  }

  /// The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    [
      "schema": "mosaic.compare/1", "samples": JSONValue(samples),
      "dense_macs": JSONValue(denseMacs),
      "dense_milliseconds": JSONValue(denseMilliseconds),
      "dense_score": denseScore.map { JSONValue($0) } ?? .null,
      "rows": .array(
        rows.map { row in
          [
            "name": JSONValue(row.name), "budget": row.budget.map { JSONValue($0) } ?? .null,
            "mac_share": JSONValue(row.macShare), "mean_mse": JSONValue(row.error.mean),
            "standard_error": JSONValue(row.error.standardError),
            "median_mse": JSONValue(row.error.median),
            "predicted_mse": row.predicted.map { JSONValue($0) } ?? .null,
            "closed_form_mse": row.closedForm.map { JSONValue($0) } ?? .null,
            "milliseconds": JSONValue(row.milliseconds),
            "ranges": JSONValue(row.ranges), "seconds": JSONValue(row.seconds),
            "score": row.score.map { JSONValue($0) } ?? .null,
          ]
        }),
    ]
  }
}
