/// The style rules that all pictures share.
enum ChartStyle {
  static let fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

  /// - Parameter colour: What stands for a colour of the palette: a variable, or its value.
  static func rules(colour: (Palette.Colour) -> String) -> String {
    let named = Dictionary(uniqueKeysWithValues: Palette.colours.map { ($0.name, colour($0)) })
    func value(_ name: String) -> String { named[name] ?? "currentColor" }
    var rules = [
      "svg.chart text{font-family:\(fonts);font-size:12px;fill:\(value("ink"));"
        + "font-variant-numeric:tabular-nums}",
      "svg.chart .head{font-size:13px;font-weight:600}",
      "svg.chart .title{font-size:17px;font-weight:600}",
      "svg.chart .note,svg.chart .tick{fill:\(value("muted"));font-size:11px}",
      "svg.chart .halo{paint-order:stroke;stroke:\(value("paper"));stroke-width:3px;"
        + "stroke-linejoin:round}",
      "svg.chart .paper{fill:\(value("paper"))}",
      "svg.chart .band{fill:\(value("band"))}",
      "svg.chart .track{fill:\(value("track"))}",
      "svg.chart .grid{stroke:\(value("rule"));stroke-width:1}",
      "svg.chart .minor{stroke:\(value("rule"));stroke-width:.5}",
      "svg.chart .edge{stroke:\(value("muted"));stroke-width:1;stroke-dasharray:1 3}",
      "svg.chart .axis{stroke:\(value("muted"));stroke-width:1}",
      "svg.chart .curve{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}",
      "svg.chart .thick{fill:none;stroke-width:3}",
      "svg.chart .whisker{fill:none;stroke-width:1.25}",
      "svg.chart .dashed{stroke-dasharray:5 4}",
      "svg.chart .interval{stroke:none;fill-opacity:.18}",
      "svg.chart .soft{fill-opacity:.35}",
      "svg.chart .hit{fill:transparent}",
    ]
    for colour in Palette.series + Palette.levels {
      rules.append("svg.chart .line-\(colour.name){stroke:\(value(colour.name))}")
      rules.append("svg.chart .fill-\(colour.name){fill:\(value(colour.name))}")
    }
    return rules.joined(separator: "\n")
  }

  /// Rules for a picture that stands alone: colours by value, as not every viewer knows variables.
  static var standalone: String {
    let dark = rules { $0.dark }
    return "\(rules { $0.light })\n@media (prefers-color-scheme: dark){\n\(dark)\n}"
  }
}
