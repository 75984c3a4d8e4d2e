extension Panel {
  /// All levels carry the same of their labels: the longest that fit, or else the shortest.
  func levelLines(_ place: Place) -> [Markup] {
    let count = levels.map(\.labels.count).min() ?? 0
    let fitting = (0..<count).first { label in
      levels.allSatisfy { $0.width(place) == 0 || $0.fits(label, place) }
    }
    return levels.flatMap { $0.markup(place, label: fitting ?? count - 1) }
  }
}

extension Panel.Level {
  fileprivate func width(_ place: Place) -> Double {
    guard let steps = place.layout.existing(steps) else { return 0 }
    return place.layout.edge(steps.upperBound) - place.layout.edge(steps.lowerBound)
  }

  fileprivate func fits(_ label: Int, _ place: Place) -> Bool {
    labels.indices.contains(label) && labels[label].width() <= width(place) + 4
  }

  fileprivate func markup(_ place: Place, label: Int) -> [Markup] {
    guard let steps = place.layout.existing(steps), let y = place.y(value) else { return [] }
    let left = place.layout.edge(steps.lowerBound)
    let right = left + width(place)
    let rule = line(
      from: Point(x: left, y: y), to: Point(x: right, y: y), className: "thick line-\(colour)")
    guard fits(label, place) else { return [rule] }
    let base = y - 7 >= place.top + 8 ? y - 7 : y + 16
    return [
      rule,
      labels[label].markup(
        at: Point(x: (left + right) / 2, y: base), className: "name halo", anchor: "middle"),
    ]
  }
}
