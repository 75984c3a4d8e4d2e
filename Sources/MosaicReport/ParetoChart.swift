internal import MosaicCore

/// What several ways to spend fewer multiply-accumulates give, over what they spend.
struct ParetoChart {
  enum Quantity { case error, score }

  var data: ReportData
  var quantity: Quantity
  private let axis: Axis
  private let shares: Axis

  private static let height = 300.0
  private static let top = 30.0

  /// Nil where no series has a point to show.
  init?(data: ReportData, quantity: Quantity) {
    self.data = data
    self.quantity = quantity
    let points = data.pareto.flatMap(\.points)
    let estimates = points.compactMap { Self.value(of: $0, quantity) }
    let axis =
      quantity == .error
      ? Axis.logarithmic(
        estimates.map(\.value),
        bounds: estimates.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] })
      : Axis.linear(estimates.map(\.value))
    let shares = Axis.linear(points.map(\.macShare)) { "\(brief($0 * 100)) %" }
    self.axis = axis
    self.shares = shares
    let isShown = points.contains { point in
      guard let value = Self.value(of: point, quantity) else { return false }
      return axis.accepts(value.value) && shares.accepts(point.macShare)
    }
    if !isShown { return nil }
  }

  private static func value(of point: ParetoSeries.Point, _ quantity: Quantity) -> Estimate? {
    quantity == .error ? point.error : point.score.map { Estimate($0) }
  }

  private var title: String {
    quantity == .error ? "Error of the final sample against dense" : data.scoreName ?? "Score"
  }

  /// - Parameter headline: Of a picture that stands alone; nil within a page.
  func markup(width: Double, headline: String? = nil) -> Markup {
    let frame = frame(width: width)
    var content: [Markup] = []
    content.append(
      shortened(title, toFit: width, size: 15).markup(at: Point(x: 0, y: 14), className: "head"))
    content += grid(frame)
    let series = data.pareto.enumerated().map { number, series in
      PlottedSeries(series: series, number: number, points: points(of: series, in: frame))
    }
    for line in series { content += line.lines(label: text) }
    content += EndLabel.markup(
      endLabels(series, width: width), x: frame.right, within: frame.top...frame.bottom)
    let names = data.pareto.map(\.name)
    return picture(
      width: width, height: frame.bottom + 42,
      summary: "\(title) over multiply-accumulates: \(list(names)).", headline: headline,
      content: content)
  }

  private struct Frame {
    var left: Double
    var right: Double
    var top: Double
    var bottom: Double
  }

  private func frame(width: Double) -> Frame {
    let labels = data.pareto.map { EndLabel.width(of: labelText($0, width: width)) }
    let ticks = axis.ticks.map { $0.label?.width(size: 11) ?? 0 }
    return Frame(
      left: (ticks.max() ?? 20) + 10, right: width - (labels.max() ?? 10), top: Self.top,
      bottom: Self.top + Self.height)
  }

  private func labelText(_ series: ParetoSeries, width: Double) -> String {
    shortened(series.name, toFit: width < 600 ? 96 : 200)
  }

  private func x(_ share: Double, _ frame: Frame) -> Double? {
    // Marks at the very ends would lie on the axis.
    shares.position(of: share).map { frame.left + 10 + $0 * (frame.right - frame.left - 20) }
  }

  private func y(_ value: Double, _ frame: Frame) -> Double? {
    axis.position(of: value).map { frame.bottom - $0 * (frame.bottom - frame.top) }
  }

  private func grid(_ frame: Frame) -> [Markup] {
    let rows = axis.rules(left: frame.left, right: frame.right) { y($0, frame) }
    let columns = shares.ticks.flatMap { tick -> [Markup] in
      guard let x = x(tick.value, frame), let label = tick.label else { return [] }
      return [
        line(
          from: Point(x: x, y: frame.bottom), to: Point(x: x, y: frame.bottom + 4),
          className: "axis"),
        label.markup(at: Point(x: x, y: frame.bottom + 17), className: "tick", anchor: "middle"),
      ]
    }
    return rows + columns + [
      line(
        from: Point(x: frame.left, y: frame.bottom), to: Point(x: frame.right, y: frame.bottom),
        className: "axis"),
      "multiply-accumulates, share of the dense run".markup(
        at: Point(x: (frame.left + frame.right) / 2, y: frame.bottom + 34), className: "note",
        anchor: "middle"),
    ]
  }

  private func points(of series: ParetoSeries, in frame: Frame) -> [PlottedPoint] {
    series.points.sorted { $0.macShare < $1.macShare }.compactMap { point in
      guard let value = Self.value(of: point, quantity), let x = x(point.macShare, frame),
        let y = y(value.value, frame)
      else { return nil }
      let ends = value.interval.flatMap { interval in
        self.y(interval.upperBound, frame).map {
          (lower: self.y(interval.lowerBound, frame) ?? frame.bottom, upper: $0)
        }
      }
      return PlottedPoint(point: point, place: Point(x: x, y: y), interval: ends)
    }
  }

  private func text(_ series: ParetoSeries, _ point: ParetoSeries.Point) -> String {
    var text = "\(series.name), \(percent(point.macShare)): error \(figure(point.error))"
    if let score = point.scoreText ?? point.score.map({ figure($0) }) {
      text += "; \(data.scoreName ?? "score") \(score)"
    }
    return text
  }

  private func endLabels(_ series: [PlottedSeries], width: Double) -> [EndLabel] {
    series.compactMap { line in
      line.points.last.map {
        EndLabel(
          text: labelText(line.series, width: width), mark: line.shape, colour: line.colour,
          y: $0.place.y)
      }
    }
  }
}
