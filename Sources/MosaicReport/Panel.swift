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
    /// As many for each level, from the longest to the shortest; the first for which all levels
    /// have room is written above the line.
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
    return axis.rules(left: layout.left, right: layout.right, y: place.y)
      + curves.flatMap { $0.markup(place) } + levelLines(place)
      + EndLabel.markup(endLabels(place), x: layout.right, within: place.top...place.bottom)
  }

  private func endLabels(_ place: Place) -> [EndLabel] {
    curves.compactMap { curve in
      guard !curve.label.isEmpty, let y = curve.values.compactMap({ place.y($0?.value) }).last
      else { return nil }
      return EndLabel(text: curve.label, mark: curve.shape, colour: curve.colour, y: y)
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
