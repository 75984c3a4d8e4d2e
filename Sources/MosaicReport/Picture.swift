/// A picture that fills the width it is given.
///
/// - Parameters:
///   - width: Of `content`'s coordinates, from 0; so is `height`.
///   - summary: What a screen reader says.
///   - headline: Of a picture that stands alone, which has its own style, paper and margin; nil
///     within a page.
func picture(
  width: Double, height: Double, summary: String, headline: String? = nil, content: [Markup]
) -> Markup {
  var (x, y, width, height) = (0.0, 0.0, width, height)
  var content = content
  if let headline {
    (x, y) = (-24, -52)
    width += 48
    height += 68
    content =
      [
        Markup("style", [:], [.rules(ChartStyle.standalone)]),
        Markup(
          "rect",
          [
            "class": "paper", "x": coordinate(x), "y": coordinate(y), "width": coordinate(width),
            "height": coordinate(height),
          ]),
        shortened(headline, toFit: width - 48, size: 19).markup(
          at: Point(x: 0, y: -22), className: "title"),
      ] + content
  }
  return Markup(
    "svg",
    [
      "xmlns": "http://www.w3.org/2000/svg", "class": "chart", "role": "img",
      "viewBox": [x, y, width, height].map(coordinate).joined(separator: " "),
      "width": coordinate(width), "height": coordinate(height), "aria-label": summary,
    ], content)
}
