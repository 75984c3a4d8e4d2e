/// The shape of a series' marks, so that series differ without colour.
enum MarkShape: Int, CaseIterable {
  case circle, square, triangle, diamond, inverseTriangle, plus, cross, bar

  /// Shapes and colours repeat after eight, but no pair of them does before 64.
  init(series index: Int) {
    let count = Self.allCases.count
    self = Self.allCases[(index + index / count) % count]
  }

  /// - Parameters:
  ///   - radius: Of a circle; other shapes have about its area.
  ///   - className: Of the element; says the fill.
  func markup(at point: Point, radius r: Double, className: String) -> Markup {
    if self == .circle {
      return Markup(
        "circle",
        [
          "class": className, "cx": coordinate(point.x), "cy": coordinate(point.y),
          "r": coordinate(r),
        ])
    }
    let corners = corners.map { Point(x: point.x + r * $0.0, y: point.y + r * $0.1) }
    return Markup("path", ["class": className, "d": pathData(corners, closed: true)])
  }

  /// Around the origin, y downward.
  private var corners: [(Double, Double)] {
    switch self {
    case .circle: []
    case .square: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
    case .triangle: [(0, -1.3), (1.2, 0.9), (-1.2, 0.9)]
    case .inverseTriangle: [(0, 1.3), (1.2, -0.9), (-1.2, -0.9)]
    case .diamond: [(0, -1.4), (1.2, 0), (0, 1.4), (-1.2, 0)]
    case .bar: [(-1.4, -0.5), (1.4, -0.5), (1.4, 0.5), (-1.4, 0.5)]
    case .plus: Self.plusCorners
    case .cross: Self.plusCorners.map { (0.707 * ($0.0 - $0.1), 0.707 * ($0.0 + $0.1)) }
    }
  }

  private static let plusCorners: [(Double, Double)] = [
    (-0.4, -1.4), (0.4, -1.4), (0.4, -0.4), (1.4, -0.4), (1.4, 0.4), (0.4, 0.4),
    (0.4, 1.4), (-0.4, 1.4), (-0.4, 0.4), (-1.4, 0.4), (-1.4, -0.4), (-0.4, -0.4),
  ]
}
