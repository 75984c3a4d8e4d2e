internal import MosaicCore

/// Multiply-accumulates of each pruning group, before (track) and after (bar), in every range.
struct GroupChart {
  var data: ReportData

  /// Of more groups the cheapest are in the table only.
  static let rowLimit = 64
  private static let rowHeight = 17.0
  private static let top = 40.0

  func markup(width: Double) -> Markup? {
    let rows = rows
    let prefix = width < 600 ? commonPrefix(of: data.groups.map(\.name)) : ""
    guard let largest = rows.compactMap({ positive($0.denseMACs) }).max() else { return nil }
    let columns = columns(width: width)
    let height = Self.top + Double(rows.count) * Self.rowHeight + 4
    var content = columns.flatMap { heading(of: $0) }
    for (index, row) in rows.enumerated() {
      let y = Self.top + Double(index) * Self.rowHeight
      content.append(
        Markup("g", [:], labels(of: row, without: prefix, y: y, width: columns[0].left)))
      for column in columns {
        content += bar(of: row, in: column, y: y, scale: column.width / largest)
      }
    }
    return picture(
      width: width, height: height,
      summary: "Multiply-accumulates of \(data.groups.count) pruning groups, before and after.",
      content: content)
  }

  private struct Column {
    var title: String
    var note: String
    var left: Double
    var width: Double
    /// What a group keeps here, or nil where that is not known.
    var kept: (ReportData.Group) -> Double?
  }

  /// One for the whole run and one a range; the first alone where the ranges have no room.
  private func columns(width: Double) -> [Column] {
    let left = min(rows.map { $0.name.width(size: 11) }.max() ?? 0, width * 0.34) + 12
    let ranges = data.groups.map(\.keptMACs.count).max() ?? 0
    let gap = width < 600 ? 8.0 : 16.0
    let count = ranges > 1 ? ranges + 1 : 1
    let room = (width - left) / Double(count) - gap
    let isNarrow = room < 30
    let whole = Column(
      title: isNarrow || count == 1 ? "whole run" : "run",
      note: Summary(data: data).macShare.map(percent) ?? "", left: left,
      width: isNarrow || count == 1 ? width - left - gap : room,
      kept: { data.keptMACs(of: $0) })
    guard !isNarrow, count > 1 else { return [whole] }
    let doNamesFit = data.ranges.allSatisfy { $0.name.width(size: 11) <= room }
    return [whole]
      + (0..<ranges).map { range in
        let known = range < data.ranges.count ? data.ranges[range] : nil
        return Column(
          title: doNamesFit ? known?.name ?? String(range) : String(range),
          note: known.map { percent($0.macShare) } ?? "",
          left: left + Double(range + 1) * (room + gap), width: room,
          kept: { range < $0.keptMACs.count ? $0.keptMACs[range] : nil })
      }
  }

  /// The costliest groups, in their own order.
  private var rows: [ReportData.Group] {
    guard data.groups.count > Self.rowLimit else { return data.groups }
    let order = data.groups.indices.sorted {
      (-data.groups[$0].denseMACs, $0) < (-data.groups[$1].denseMACs, $1)
    }
    return order.prefix(Self.rowLimit).sorted().map { data.groups[$0] }
  }

  private func heading(of column: Column) -> [Markup] {
    [
      column.title.markup(at: Point(x: column.left, y: 14), className: "tick"),
      column.note.markup(at: Point(x: column.left, y: 29), className: "note"),
    ]
  }

  private func labels(
    of row: ReportData.Group, without prefix: String, y: Double, width: Double
  ) -> [Markup] {
    let name = row.name.hasPrefix(prefix) ? String(row.name.dropFirst(prefix.count)) : row.name
    let text = abbreviated(name, toFit: width - 8, size: 11)
    return [
      Markup("title", text: row.kind.isEmpty ? row.name : "\(row.name), \(row.kind)"),
      text.markup(at: Point(x: 0, y: y + 11), className: "tick"),
    ]
  }

  private func bar(
    of row: ReportData.Group, in column: Column, y: Double, scale: Double
  ) -> [Markup] {
    guard let dense = positive(row.denseMACs) else { return [] }
    var result = [rectangle("track", x: column.left, y: y + 2, width: dense * scale)]
    guard let kept = column.kept(row), kept.isFinite else { return result }
    let share = min(max(kept / dense, 0), 1)
    if share > 0 {
      result.append(
        rectangle("fill-series0", x: column.left, y: y + 2, width: dense * share * scale))
    }
    let text = "\(row.name): \(countText(kept)) of \(countText(dense)) (\(percent(kept / dense)))"
    result.append(
      Markup(
        "rect",
        [
          "class": "hit", "x": coordinate(column.left), "y": coordinate(y),
          "width": coordinate(column.width), "height": coordinate(Self.rowHeight),
        ], [Markup("title", text: text)]))
    return result
  }

  private func rectangle(_ className: String, x: Double, y: Double, width: Double) -> Markup {
    Markup(
      "rect",
      [
        "class": className, "x": coordinate(x), "y": coordinate(y), "width": coordinate(width),
        "height": "12",
      ])
  }
}

extension ReportData {
  /// Multiply-accumulates that a group keeps on the mean of the run's needed forwards, or nil where
  /// a range is not known.
  func keptMACs(of group: Group) -> Double? {
    guard !group.keptMACs.isEmpty, group.keptMACs.allSatisfy(\.isFinite) else { return nil }
    guard group.keptMACs.count == ranges.count, !steps.isEmpty else {
      return group.keptMACs.count == 1 ? group.keptMACs[0] : nil
    }
    let layout = StepLayout(count: steps.count, left: 0, right: 1)
    let forwards = ranges.map { range in
      layout.existing(range.steps).map { steps[$0].count(where: \.needsForward) } ?? 0
    }
    let all = forwards.reduce(0, +)
    guard all > 0 else { return nil }
    return zip(group.keptMACs, forwards).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(all)
  }
}
