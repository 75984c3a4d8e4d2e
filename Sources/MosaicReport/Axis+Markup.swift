extension Axis {
  /// A line across the plot for each tick, with its label to the left.
  ///
  /// - Parameter y: Where a value lies.
  func rules(left: Double, right: Double, y: (Double) -> Double?) -> [Markup] {
    ticks.flatMap { tick -> [Markup] in
      guard let y = y(tick.value) else { return [] }
      let rule = line(
        from: Point(x: left, y: y), to: Point(x: right, y: y),
        className: tick.label == nil ? "minor" : "grid")
      let label = tick.label?.markup(
        at: Point(x: left - 6, y: y + 4), className: "tick", anchor: "end")
      return [rule] + (label.map { [$0] } ?? [])
    }
  }
}
