/// The page: the outcome first, then the pictures, then the figures they show.
struct HTMLReport {
  var data: ReportData

  var text: String {
    let page = Markup("html", ["lang": "en"], [head, body])
    return "<!DOCTYPE html>\n\(page.serialized)\n"
  }

  /// Nothing may be loaded or run, whatever a browser makes of the texts.
  private static let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

  private var title: String { "\(data.heading.model): Mosaic report" }

  private var head: Markup {
    Markup(
      "head", [:],
      [
        Markup("meta", ["charset": "utf-8"]),
        Markup("meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy]),
        Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        Markup("title", text: title),
        Markup("style", [:], [.rules(PageStyle.rules)]),
      ])
  }

  private var body: Markup {
    Markup(
      "body", [:],
      [
        Markup("header", [:], heading),
        Markup("main", [:], sections),
        Markup("footer", [:], [Markup("p", text: closing)]),
      ])
  }

  private var heading: [Markup] {
    let summary = Summary(data: data)
    var content = [
      Markup("h1", text: data.heading.model), Markup("p", ["class": "facts"], text: facts),
    ]
    if let failure = data.proof?.failure {
      content.append(warning("The promise was not kept.", failure))
    }
    content += data.warnings.map { warning("Note.", $0) }
    content += paragraph("outcome", summary.lead)
    if !summary.figures.isEmpty {
      content.append(
        Markup(
          "dl", [:],
          summary.figures.map { figure in
            Markup(
              "div", [:],
              [
                Markup("dt", text: figure.name), Markup("dd", text: figure.value),
                Markup("dd", ["class": "note"], text: figure.note),
              ])
          }))
    }
    return content + paragraph("more", summary.more)
  }

  private func paragraph(_ className: String, _ sentences: [String]) -> [Markup] {
    sentences.isEmpty
      ? [] : [Markup("p", ["class": className], text: sentences.joined(separator: " "))]
  }

  private var facts: String {
    let heading = data.heading
    return [
      heading.sampler.isEmpty ? "" : "sampler \(heading.sampler)",
      heading.steps > 0 ? "\(heading.steps) \(heading.steps == 1 ? "step" : "steps")" : "",
      heading.budget.isEmpty ? "" : "budget \(heading.budget)",
      heading.schedule.isEmpty ? "" : "\(heading.schedule) schedule",
      heading.criterion.isEmpty ? "" : "criterion \(heading.criterion)",
    ].filter { !$0.isEmpty }.joined(separator: " · ")
  }

  private func warning(_ name: String, _ text: String) -> Markup {
    Markup(
      "p", ["class": "warning", "role": "note"], [Markup("strong", text: name), .text(" \(text)")])
  }

  private var sections: [Markup] {
    [
      section(
        "Samples", "Dense and mosaic from the same noise, and where they differ.",
        SampleFigure(data.grids)?.markup),
      section(
        "The schedule",
        "How much of the network is pruned at each step. A step range is served by one variant.",
        chart(data.scheduleChart)),
      section(
        "What the schedule follows",
        "Steps with low curves can be pruned hard. Sensitivity is the error that pruning makes in "
          + "the network's output, influence how much of it reaches the final sample; shading "
          + "around a line is its interval. Learning speed is the paper's guess at both."
          + unusedOutputs,
        chart(data.curvesChart)),
      section(
        "Error, step by step",
        "Dashed: what each step was predicted to add to the final sample's error, and the sum so "
          + "far. Full: how far the state after each step was measured to lie from the dense one. "
          + "At the last step, sum and measurement should meet.",
        chart(data.errorChart)),
      section(
        "Where the multiply-accumulates go",
        "A row is a pruning group. The pale bar is its cost in the dense network, the full bar "
          + "what is left of it. Percentages are of all the network's multiply-accumulates."
          + unshownGroups,
        chart { GroupChart(data: data).markup(width: $0) }),
      section(
        "Against the alternatives",
        "Lower is better, and so is further left. Bars across a mark are its interval.",
        chart { ParetoChart(data: data, quantity: .error)?.markup(width: $0) },
        chart { ParetoChart(data: data, quantity: .score)?.markup(width: $0) }),
      tables,
    ].compactMap(\.self)
  }

  private var unusedOutputs: String {
    let unused = data.steps.indices.filter { !data.steps[$0].needsForward }
    guard !unused.isEmpty else { return "" }
    let names = list(unused.map { String($0 + 1) })
    return
      " The sampler does not use the output of step \(names), which has no influence and costs "
      + "nothing."
  }

  private var unshownGroups: String {
    let count = data.groups.count - GroupChart.rowLimit
    return count > 0 ? " The \(count) cheapest groups are in the table only." : ""
  }

  /// Nil where there is nothing to show.
  private func section(_ title: String, _ how: String, _ figures: Markup?...) -> Markup? {
    let figures = figures.compactMap(\.self)
    guard !figures.isEmpty else { return nil }
    return Markup(
      "section", [:],
      [Markup("h2", text: title), Markup("p", ["class": "how"], text: how)] + figures)
  }

  private var tables: Markup? {
    let tables = data.tables
    guard !tables.isEmpty else { return nil }
    return Markup(
      "section", ["class": "tables"],
      [Markup("h2", text: "The figures")] + tables.map(\.markup))
  }

  private func chart(_ chart: StepChart?) -> Markup? {
    self.chart { width in chart?.markup(width: width) }
  }

  /// The picture twice, for wide and narrow pages, so that its text is never scaled out of reading.
  private func chart(_ picture: (Double) -> Markup?) -> Markup? {
    guard let wide = picture(Self.wide), let narrow = picture(Self.narrow) else { return nil }
    return Markup(
      "div", [:],
      [Markup("div", ["class": "wide"], [wide]), Markup("div", ["class": "narrow"], [narrow])])
  }

  private static let wide = 860.0
  private static let narrow = 368.0

  private var closing: String {
    let maker = data.heading.version.isEmpty ? "" : "Made by \(data.heading.version). "
    return maker + "Errors are mean squares per value of the final sample, mosaic against dense, "
      + "unless said otherwise."
  }
}
