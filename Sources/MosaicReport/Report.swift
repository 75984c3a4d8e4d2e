/// The pictures and words of a report. Same data, same bytes.
public enum Report {
  /// One self-contained file: needs no network, no fonts and no script. Parts without data are left
  /// out.
  public static func html(_ data: ReportData) -> String { HTMLReport(data: data).text }

  /// The main figure alone: sensitivity, influence and schedule over the steps; a line that says so
  /// where there is nothing to show.
  public static func svg(_ data: ReportData) -> String {
    let headline = headline(data, "the schedule and what it follows")
    let chart = data.mainChart?.markup(width: width, headline: headline)
    return file(chart ?? empty(headline, "No steps to show."))
  }

  /// Error over multiply-accumulates alone; a line that says so where there is nothing to show.
  public static func paretoSVG(_ data: ReportData) -> String {
    let headline = headline(data, "error and cost")
    let chart = ParetoChart(data: data, quantity: .error)?
      .markup(width: width, headline: headline)
    return file(chart ?? empty(headline, "No points to show."))
  }

  private static let width = 860.0

  private static func file(_ picture: Markup) -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(picture.serialized)\n"
  }

  private static func headline(_ data: ReportData, _ what: String) -> String {
    data.heading.model.isEmpty ? what : "\(data.heading.model): \(what)"
  }

  private static func empty(_ headline: String, _ text: String) -> Markup {
    picture(
      width: width, height: 30, summary: text, headline: headline,
      content: [text.markup(at: Point(x: 0, y: 14))])
  }
}
