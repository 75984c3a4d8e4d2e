/// The pictures and words of a report. Same data, same bytes.
public enum Report {
  /// One self-contained file: needs no network, no fonts and no script.
  public static func html(_ data: ReportData) -> String { "" }

  /// The main figure alone: sensitivity, influence and schedule over the steps.
  public static func svg(_ data: ReportData) -> String { "" }

  /// Error over multiply-accumulates alone.
  public static func paretoSVG(_ data: ReportData) -> String { "" }
}
