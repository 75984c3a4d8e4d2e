extension Panel.Curve {
  func markup(_ place: Place) -> [Markup] {
    isColumns ? columns(place) : interval(place) + lines(place) + marks(place)
  }

  private func lines(_ place: Place) -> [Markup] {
    runs(of: points(place)).filter { $0.count > 1 }.map { points in
      Markup(
        "path",
        [
          "class": "curve line-\(colour)\(isDashed ? " dashed" : "")", "d": pathData(points),
        ])
    }
  }

  /// On every step, so that a step between two gaps shows too; smaller where steps are many.
  private func marks(_ place: Place) -> [Markup] {
    let room = (place.layout.right - place.layout.left) / Double(max(values.count, 1))
    let radius = min(3, max(1, room / 5))
    return points(place).compactMap { point in
      point.map { shape.markup(at: $0, radius: radius, className: "fill-\(colour)") }
    }
  }

  private func points(_ place: Place) -> [Point?] {
    values.indices.map { index in
      place.y(values[index]?.value).map { Point(x: place.layout.center(index), y: $0) }
    }
  }

  /// A band around each run of steps, a whisker around a step that stands alone.
  private func interval(_ place: Place) -> [Markup] {
    let ends = values.indices.map { index -> (x: Double, lower: Double, upper: Double)? in
      guard let value = values[index], place.y(value.value) != nil,
        let interval = value.interval, let ends = place.y(interval)
      else { return nil }
      return (place.layout.center(index), ends.lower, ends.upper)
    }
    return runs(of: ends).map { run in
      guard run.count > 1 else {
        return line(
          from: Point(x: run[0].x, y: run[0].lower), to: Point(x: run[0].x, y: run[0].upper),
          className: "whisker line-\(colour)")
      }
      let outline =
        run.map { Point(x: $0.x, y: $0.upper) } + run.reversed().map { Point(x: $0.x, y: $0.lower) }
      return Markup(
        "path", ["class": "interval fill-\(colour)", "d": pathData(outline, closed: true)])
    }
  }

  private func columns(_ place: Place) -> [Markup] {
    values.indices.compactMap { index in
      guard let y = place.y(values[index]?.value) else { return nil }
      let left = place.layout.edge(index)
      let width = place.layout.edge(index + 1) - left
      return Markup(
        "rect",
        [
          "class": "soft fill-\(colour)", "x": coordinate(left + width * 0.12),
          "y": coordinate(y), "width": coordinate(width * 0.76),
          "height": coordinate(place.bottom - y),
        ])
    }
  }
}
