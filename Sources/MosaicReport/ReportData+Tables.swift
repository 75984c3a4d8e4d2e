internal import MosaicCore

/// The figures of the pictures, for those who cannot see them or want to reckon on.
extension ReportData {
  var tables: [Table] {
    [proofTable, rangeTable, stepTable, groupTable, paretoTable].compactMap(\.self)
  }

  private var proofTable: Table? {
    guard let proof else { return nil }
    let rows: [(String, String?)] = [
      ("Fresh samples", String(proof.samples)),
      ("Mean squared error, measured", figure(proof.measured)),
      ("Standard error", proof.standardError.map { figure($0) }),
      ("Median", proof.median.map { figure($0) }),
      ("Mean squared error, predicted", proof.predicted.map { figure($0) }),
      ("Mean squared error of uniform pruning", proof.uniform.map { figure($0) }),
      ("Its standard error", proof.uniformStandardError.map { figure($0) }),
      ("Multiply-accumulates a sample, dense", proof.denseMACs.map(count)),
      ("Multiply-accumulates a sample, mosaic", proof.mosaicMACs.map(count)),
      ("Seconds, dense", proof.denseSeconds.map { figure($0) }),
      ("Seconds, mosaic", proof.mosaicSeconds.map { figure($0) }),
      ("Relative error of the fast path", proof.parity.map { figure($0) }),
      ("Relative error against the original framework", proof.originalError.map { figure($0) }),
    ]
    return Table(
      caption: "Proof", header: ["figure", "value"],
      rows: rows.compactMap { name, value in value.map { [name, $0] } })
  }

  private var rangeTable: Table? {
    guard !ranges.isEmpty else { return nil }
    return Table(
      caption: "Step ranges",
      header: ["range", "steps", "where", "sparsity", "MACs of dense"],
      rows: ranges.map { range in
        [
          range.name, "\(range.steps.lowerBound + 1) to \(range.steps.upperBound)",
          span(of: range), figure(range.sparsity), percent(range.macShare),
        ]
      })
  }

  private var stepTable: Table? {
    guard !steps.isEmpty else { return nil }
    let header =
      ["step", "timestep", "log-SNR", "range", "sparsity", "learning speed"]
      + sparsityLevels.map { "error at sparsity \(brief($0))" }
      + ["influence", "predicted to add", "measured after it"]
    return Table(
      caption: "Steps",
      header: header,
      rows: steps.enumerated().map { index, step in
        let errors = sparsityLevels.indices.map { level in
          figure(level < step.sensitivity.count ? step.sensitivity[level] : nil)
        }
        return [
          step.needsForward ? String(index + 1) : "\(index + 1), unused",
          timestepText(step.timestep), figure(step.logSNR), range(of: index)?.name ?? "–",
          figure(step.sparsity), figure(step.learningSpeed),
        ] + errors + [
          figure(step.influence), figure(step.predictedError), figure(step.measuredError),
        ]
      })
  }

  private var groupTable: Table? {
    guard !groups.isEmpty else { return nil }
    let columns = groups.map(\.keptMACs.count).max() ?? 0
    let names = (0..<columns).map { $0 < ranges.count ? ranges[$0].name : "range \($0)" }
    return Table(
      caption: "Multiply-accumulates of the pruning groups, a forward",
      header: ["group", "kind", "dense"] + names + ["run"],
      rows: groups.map { group in
        let kept = (0..<columns).map { column in
          column < group.keptMACs.count ? count(group.keptMACs[column]) : "–"
        }
        return [group.name, group.kind, count(group.denseMACs)] + kept
          + [keptMACs(of: group).map(count) ?? "–"]
      })
  }

  private var paretoTable: Table? {
    let points = pareto.flatMap { series in series.points.map { (series, $0) } }
    guard !points.isEmpty else { return nil }
    let isScored = points.contains { $0.1.score != nil || $0.1.scoreText != nil }
    return Table(
      caption: "Error over multiply-accumulates",
      header: ["way", "MACs of dense", "mean squared error"]
        + (isScored ? [scoreName ?? "score"] : []),
      rows: points.map { series, point in
        [series.name, percent(point.macShare), figure(point.error)]
          + (isScored ? [point.scoreText ?? figure(point.score)] : [])
      })
  }

  private func count(_ value: Double) -> String { value.isFinite ? countText(value) : "–" }
}
