/// The colours of light and dark pictures.
///
/// Text has a contrast of at least 4.5 to the paper, marks and lines of 3 (WCAG 2.2, 1.4.3 and
/// 1.4.11). Series differ in shape or carry their names as well: colour alone says nothing.
enum Palette {
  struct Colour: Sendable {
    var name: String
    var light: String
    var dark: String
  }

  static let colours =
    [
      Colour(name: "paper", light: "#ffffff", dark: "#15181c"),
      Colour(name: "ink", light: "#1c2126", dark: "#e7eaee"),
      Colour(name: "muted", light: "#57616c", dark: "#a3adb8"),
      Colour(name: "rule", light: "#dde1e6", dark: "#343b43"),
      Colour(name: "band", light: "#f3f5f7", dark: "#1d2228"),
      Colour(name: "track", light: "#e3e8ed", dark: "#2b3138"),
      Colour(name: "warning", light: "#8a4b00", dark: "#f0b35a"),
    ] + series + levels

  static let series = [
    Colour(name: "series0", light: "#0b62a8", dark: "#6cb2f0"),
    Colour(name: "series1", light: "#c2410c", dark: "#f28c52"),
    Colour(name: "series2", light: "#00795c", dark: "#45c4a0"),
    Colour(name: "series3", light: "#86398f", dark: "#d59adb"),
    Colour(name: "series4", light: "#846000", dark: "#dfb64d"),
    Colour(name: "series5", light: "#57616c", dark: "#a3adb8"),
    Colour(name: "series6", light: "#b3123c", dark: "#f5788f"),
    Colour(name: "series7", light: "#14758c", dark: "#5fcfe4"),
  ]

  /// From a low to a high level of one thing.
  static let levels = [
    Colour(name: "level0", light: "#4d8fcc", dark: "#4580b8"),
    Colour(name: "level1", light: "#3077b8", dark: "#5e9bd4"),
    Colour(name: "level2", light: "#15599a", dark: "#7fb7ec"),
    Colour(name: "level3", light: "#0b4279", dark: "#a5d0fa"),
    Colour(name: "level4", light: "#072c55", dark: "#cfe6ff"),
  ]

  static func series(_ index: Int) -> String { "series\(index % series.count)" }

  /// The colour of one of `count` levels, spread over all of them.
  static func level(_ index: Int, of count: Int) -> String {
    guard count > 1 else { return "level2" }
    return "level\(min(index, count - 1) * (levels.count - 1) / (count - 1))"
  }
}
