/// One plot over the steps. Several stand above each other in a `StepChart`.
struct Panel {
  var title: String
  /// Behind the title where there is room.
  var note = ""
  var height: Double
  var axis: Axis
  var curves: [Curve] = []
  var levels: [Level] = []

  /// A figure of every step, joined by a line.
  struct Curve {
    /// At the right end of the line; empty for none.
    var label = ""
    var values: [Estimate?]
    var colour: String
    var shape = MarkShape.circle
    var isDashed = false
    /// A column from the axis in place of the line.
    var isColumns = false
  }

  /// A figure that holds for a run of steps.
  struct Level {
    var steps: Range<Int>
    var value: Double
    /// As many for each level, from the longest to the shortest; the first for which all levels have
    /// room is written above the line.
    var labels: [String]
    var colour: String
  }
}

extension Panel {
  /// - Parameters:
  ///   - top: y of the plot's upper end.
  ///   - layout: Of the steps.
  func markup(top: Double, layout: StepLayout) -> [Markup] {
    let place = Place(axis: axis, layout: layout, top: top, bottom: top + height)
    return gridLines(place) + curves.flatMap { $0.markup(place) } + levelLines(place)
      + curveLabels(place)
  }

  private func gridLines(_ place: Place) -> [Markup] {
    axis.ticks.flatMap { tick -> [Markup] in
      guard let y = place.y(tick.value) else { return [] }
      var result = [
        line(
          from: Point(x: place.layout.left, y: y), to: Point(x: place.layout.right, y: y),
          className: tick.label == nil ? "minor" : "grid")
      ]
      if let label = tick.label {
        result.append(
          label.markup(
            at: Point(x: place.layout.left - 6, y: y + 4), className: "tick", anchor: "end"))
      }
      return result
    }
  }

  /// At the right of the plot, moved apart, each with the mark of its line.
  private func curveLabels(_ place: Place) -> [Markup] {
    let ends = curves.compactMap { curve -> (curve: Curve, y: Double)? in
      guard !curve.label.isEmpty, let y = curve.values.compactMap({ place.y($0?.value) }).last
      else { return nil }
      return (curve, y)
    }
    let places = spread(ends.map(\.y), gap: 14, within: place.top...place.bottom)
    return zip(ends, places).flatMap { end, y in
      let x = place.layout.right + 8
      return [
        end.curve.shape.markup(
          at: Point(x: x, y: y), radius: 3, className: "fill-\(end.curve.colour)"),
        end.curve.label.markup(at: Point(x: x + 8, y: y + 4)),
      ]
    }
  }
}

/// Where a panel's values lie.
struct Place {
  var axis: Axis
  var layout: StepLayout
  var top: Double
  var bottom: Double

  func y(_ value: Double?) -> Double? {
    guard let value, let share = axis.position(of: value) else { return nil }
    return bottom - share * (bottom - top)
  }

  /// The ends of an interval; what lies beyond the axis, as a lower end of 0 on a logarithmic one,
  /// ends with it.
  func y(_ interval: ClosedRange<Double>) -> (lower: Double, upper: Double)? {
    guard let upper = y(interval.upperBound) else { return nil }
    return (y(interval.lowerBound) ?? bottom, upper)
  }
}

func line(from start: Point, to end: Point, className: String) -> Markup {
  Markup(
    "line",
    [
      "class": className, "x1": coordinate(start.x), "y1": coordinate(start.y),
      "x2": coordinate(end.x), "y2": coordinate(end.y),
    ])
}

extension String {
  /// A text of a picture, its base line at `place`.
  func markup(at place: Point, className: String = "name", anchor: String = "start") -> Markup {
    Markup(
      "text",
      [
        "class": className, "x": coordinate(place.x), "y": coordinate(place.y),
        "text-anchor": anchor,
      ], text: self)
  }
}
