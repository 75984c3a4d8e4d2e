internal import MosaicCore

/// The pictures over the steps. Each is nil where the data has nothing to show.
extension ReportData {
  /// What was measured: learning speed, sensitivity and influence.
  var curvesChart: StepChart? {
    chart(
      [learningSpeedPanel, sensitivityPanel(height: 190), influencePanel],
      summary: "Learning speed, sensitivity and influence of each step.")
  }

  /// What was decided.
  var scheduleChart: StepChart? {
    chart([schedulePanel(height: 150)], summary: "Sparsity of each step and step range.")
  }

  /// What it costs.
  var errorChart: StepChart? {
    chart([errorPanel], summary: "Error of each step, predicted and measured.")
  }

  /// All of it in one figure.
  var mainChart: StepChart? {
    chart(
      [sensitivityPanel(height: 190), influencePanel, schedulePanel(height: 130)],
      summary: "Sensitivity, influence and sparsity of each step of \(heading.model).")
  }

  private func chart(_ panels: [Panel?], summary: String) -> StepChart? {
    let panels = panels.compactMap(\.self)
    guard !steps.isEmpty, !panels.isEmpty else { return nil }
    let ranges = ranges.map { "\($0.name), \(span(of: $0)): sparsity \(figure($0.sparsity))" }
    return StepChart(
      summary: ([summary] + ranges).joined(separator: " "), panels: panels, data: self)
  }

  private var learningSpeedPanel: Panel? {
    let values = steps.map { $0.learningSpeed.map { Estimate($0) } }
    guard values.contains(where: { $0?.value.isFinite == true }) else { return nil }
    return Panel(
      title: "Learning speed", note: "share of the fastest timestep's", height: 90,
      axis: .linear([], including: [0, 1]),
      curves: [Panel.Curve(values: values, colour: "series2")])
  }

  private func sensitivityPanel(height: Double) -> Panel? {
    let count = sparsityLevels.count
    let curves = sparsityLevels.indices.map { level in
      Panel.Curve(
        label: "s = \(brief(sparsityLevels[level]))",
        values: steps.map { level < $0.sensitivity.count ? $0.sensitivity[level] : nil },
        colour: Palette.level(level, of: count))
    }
    return logarithmicPanel(
      Panel(
        title: "Sensitivity",
        note: "mean squared error of the network's output at sparsity s; log scale",
        height: height, axis: .linear([]), curves: curves))
  }

  private var influencePanel: Panel? {
    logarithmicPanel(
      Panel(
        title: "Influence", note: "of a unit output error on the final sample; log scale",
        height: 120, axis: .linear([]),
        curves: [Panel.Curve(values: steps.map(\.influence), colour: "series3")]))
  }

  private var errorPanel: Panel? {
    logarithmicPanel(
      Panel(
        title: "Error against dense", note: "mean square; log scale", height: 200,
        axis: .linear([]),
        curves: [
          Panel.Curve(
            label: "each step", values: steps.map { $0.predictedError.map { Estimate($0) } },
            colour: "series0", isDashed: true),
          Panel.Curve(
            label: "their sum", values: predictedSums, colour: "series0", shape: .diamond,
            isDashed: true),
          Panel.Curve(
            label: "measured", values: steps.map { $0.measuredError.map { Estimate($0) } },
            colour: "series1", shape: .square),
        ]))
  }

  /// What the steps so far were predicted to add; none from the first step on that is not known.
  private var predictedSums: [Estimate?] {
    guard steps.count > 1 else { return [] }
    var sum: Double? = 0
    return steps.map { step in
      sum = sum.flatMap { sum in step.predictedError.map { sum + $0 } }
      return sum.map { Estimate($0) }
    }
  }

  /// `panel` with an axis around its curves, or nil where none has a value to show.
  private func logarithmicPanel(_ panel: Panel) -> Panel? {
    var panel = panel
    let estimates = panel.curves.flatMap(\.values).compactMap(\.self)
    let values = estimates.map(\.value)
    guard values.contains(where: { positive($0) != nil }) else { return nil }
    panel.axis = .logarithmic(
      values,
      bounds: estimates.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] })
    panel.curves.removeAll { $0.values.allSatisfy { positive($0?.value) == nil } }
    return panel
  }

  private func schedulePanel(height: Double) -> Panel? {
    let values = steps.map { $0.sparsity.map { Estimate($0) } }
    let known = values.compactMap { $0?.value } + ranges.map(\.sparsity)
    guard known.contains(where: \.isFinite) else { return nil }
    let levels = ranges.map { range in
      let sparsity = figure(range.sparsity)
      return Panel.Level(
        steps: range.steps, value: range.sparsity,
        labels: ["\(sparsity) · \(percent(range.macShare))", sparsity], colour: "series0")
    }
    return Panel(
      title: "Sparsity",
      note: "of each range (line, with its share of the MACs) and as solved for each step (column)",
      height: height, axis: .linear(known, including: [0]),
      curves: [Panel.Curve(values: values, colour: "series0", isColumns: true)], levels: levels)
  }
}
