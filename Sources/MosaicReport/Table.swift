/// A table of figures; the first cell of a row names it.
struct Table {
  var caption: String
  var header: [String]
  var rows: [[String]]

  /// Scrolls by itself where it is wider than the page, by keyboard too.
  var markup: Markup {
    let head = Markup("tr", [:], header.map { Markup("th", ["scope": "col"], text: $0) })
    let table = Markup(
      "table", ["aria-label": caption],
      [Markup("thead", [:], [head]), Markup("tbody", [:], rows.map(row))])
    return Markup(
      "div", [:],
      [
        Markup("h3", text: caption),
        Markup(
          "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption],
          [table]),
      ])
  }

  private func row(_ cells: [String]) -> Markup {
    Markup(
      "tr", [:],
      cells.enumerated().map { column, cell in
        column == 0 ? Markup("th", ["scope": "row"], text: cell) : Markup("td", text: cell)
      })
  }
}
