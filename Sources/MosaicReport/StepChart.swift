/// Panels above each other that share the steps as their x axis, with the step ranges behind them.
struct StepChart {
  /// What a screen reader says.
  var summary: String
  var panels: [Panel]
  var data: ReportData

  /// - Parameters:
  ///   - width: In units of the picture; text is 12 high.
  ///   - headline: Of a picture that stands alone; nil within a page.
  func markup(width: Double, headline: String? = nil) -> Markup {
    let layout = layout(width: width)
    let tops = panelTops
    let bottom = zip(tops, panels).map { $0 + $1.height }.last ?? Self.header
    var content: [Markup] = []
    for (panel, top) in zip(panels, tops) {
      content += bands(top: top, height: panel.height, layout: layout)
      content += heading(of: panel, top: top, width: width)
      content += panel.markup(top: top, layout: layout)
    }
    content += rangeNames(layout) + xAxis(layout, y: bottom)
    content += hoverTexts(layout, top: tops.first ?? 0, bottom: bottom)
    return picture(
      width: width, height: bottom + 42, summary: summary, headline: headline, content: content)
  }

  private static let header = 22.0
  private static let titleHeight = 26.0

  private var panelTops: [Double] {
    var y = data.ranges.isEmpty ? 4 : Self.header
    return panels.map { panel in
      y += Self.titleHeight
      defer { y += panel.height + 12 }
      return y
    }
  }

  private func layout(width: Double) -> StepLayout {
    let labels = panels.flatMap(\.curves).map {
      $0.label.isEmpty ? 0 : EndLabel.width(of: $0.label)
    }
    let ticks = panels.flatMap(\.axis.ticks).map { $0.label?.width(size: 11) ?? 0 }
    return StepLayout(
      count: data.steps.count, left: (ticks.max() ?? 20) + 10,
      right: width - max(labels.max() ?? 0, widestTimestep / 2, 10))
  }

  private var widestTimestep: Double {
    data.steps.map { timestepText($0.timestep).width(size: 11) }.max() ?? 0
  }

  private func heading(of panel: Panel, top: Double, width: Double) -> [Markup] {
    var result = [panel.title.markup(at: Point(x: 0, y: top - 10), className: "head")]
    let start = panel.title.width(size: 15) + 10
    if !panel.note.isEmpty, start + panel.note.width(size: 11) < width {
      result.append(panel.note.markup(at: Point(x: start, y: top - 10), className: "note"))
    }
    return result
  }

  /// Every other range is shaded; dotted lines part them.
  private func bands(top: Double, height: Double, layout: StepLayout) -> [Markup] {
    data.ranges.enumerated().flatMap { number, range -> [Markup] in
      guard let steps = layout.existing(range.steps) else { return [] }
      let left = layout.edge(steps.lowerBound)
      let right = layout.edge(steps.upperBound)
      var result: [Markup] = []
      if number.isMultiple(of: 2) {
        result.append(
          Markup(
            "rect",
            [
              "class": "band", "x": coordinate(left), "y": coordinate(top),
              "width": coordinate(right - left), "height": coordinate(height),
            ]))
      }
      if steps.lowerBound > 0 {
        result.append(
          line(
            from: Point(x: left, y: top), to: Point(x: left, y: top + height), className: "edge"))
      }
      return result
    }
  }

  private func rangeNames(_ layout: StepLayout) -> [Markup] {
    let places = data.ranges.enumerated().compactMap { number, range in
      layout.existing(range.steps).map {
        (
          name: range.name, number: String(number), left: layout.edge($0.lowerBound),
          right: layout.edge($0.upperBound)
        )
      }
    }
    let doNamesFit = places.allSatisfy { $0.name.width(size: 11) < $0.right - $0.left }
    var result = places.compactMap { place -> Markup? in
      let text = doNamesFit ? place.name : place.number
      guard text.width(size: 11) < place.right - place.left else { return nil }
      return text.markup(
        at: Point(x: (place.left + place.right) / 2, y: 14), className: "tick", anchor: "middle")
    }
    if !doNamesFit { result.append("range".markup(at: Point(x: 0, y: 14), className: "tick")) }
    return result
  }

  private func xAxis(_ layout: StepLayout, y: Double) -> [Markup] {
    var result = [
      line(
        from: Point(x: layout.left, y: y), to: Point(x: layout.right, y: y), className: "axis")
    ]
    let texts = data.steps.map { timestepText($0.timestep) }
    for step in layout.labelled(room: max(widestTimestep + 10, 34)) {
      let x = layout.center(step)
      result.append(line(from: Point(x: x, y: y), to: Point(x: x, y: y + 4), className: "axis"))
      result.append(
        texts[step].markup(at: Point(x: x, y: y + 17), className: "tick", anchor: "middle"))
    }
    result.append(
      "timestep, in the order of sampling →".markup(
        at: Point(x: (layout.left + layout.right) / 2, y: y + 34), className: "note",
        anchor: "middle"))
    return result
  }

  /// What a pointer that rests on a step is told, without a script.
  private func hoverTexts(_ layout: StepLayout, top: Double, bottom: Double) -> [Markup] {
    data.steps.indices.map { index in
      let left = layout.edge(index)
      return Markup(
        "rect",
        [
          "class": "hit", "x": coordinate(left), "y": coordinate(top),
          "width": coordinate(layout.edge(index + 1) - left), "height": coordinate(bottom - top),
        ], [Markup("title", text: data.stepText(index))])
    }
  }
}
