struct PlottedPoint {
  var point: ParetoSeries.Point
  var place: Point
  /// y of the ends.
  var interval: (lower: Double, upper: Double)?
}

/// A series of a Pareto plot with the places of its points, by rising cost.
struct PlottedSeries {
  var series: ParetoSeries
  var number: Int
  var points: [PlottedPoint]

  var colour: String { Palette.series(number) }
  var shape: MarkShape { MarkShape(series: number) }

  /// The line, then whiskers, then marks with `label` for a pointer that rests on them.
  func lines(label: (ParetoSeries, ParetoSeries.Point) -> String) -> [Markup] {
    var result: [Markup] = []
    if points.count > 1 {
      let dashes = series.isBaseline ? " dashed" : ""
      result.append(
        Markup(
          "path",
          ["class": "curve line-\(colour)\(dashes)", "d": pathData(points.map(\.place))]))
    }
    for point in points {
      guard let interval = point.interval else { continue }
      result.append(
        line(
          from: Point(x: point.place.x, y: interval.lower),
          to: Point(x: point.place.x, y: interval.upper), className: "whisker line-\(colour)"))
    }
    result += points.map { point in
      let mark = shape.markup(at: point.place, radius: 4, className: "fill-\(colour)")
      return Markup("g", [:], [Markup("title", text: label(series, point.point)), mark])
    }
    return result
  }
}
