/// The name of a line, to the right of its last point and with its mark, in place of a legend.
struct EndLabel {
  var text: String
  var mark: MarkShape
  var colour: String
  /// Of the last point.
  var y: Double

  /// - Parameters:
  ///   - x: Right end of the plot.
  ///   - bounds: Upper and lower end of the plot; labels are moved apart within them.
  static func markup(_ labels: [EndLabel], x: Double, within bounds: ClosedRange<Double>)
    -> [Markup]
  {
    let places = spread(labels.map(\.y), gap: 15, within: bounds)
    return zip(labels, places).flatMap { label, y in
      [
        label.mark.markup(
          at: Point(x: x + 9, y: y), radius: 3.5, className: "fill-\(label.colour)"),
        label.text.markup(at: Point(x: x + 18, y: y + 4)),
      ]
    }
  }

  /// What a label with this text takes to the right of the plot.
  static func width(of text: String) -> Double { text.width() + 22 }
}
