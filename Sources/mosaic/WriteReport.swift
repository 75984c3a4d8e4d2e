import ArgumentParser
import MosaicCore
import MosaicReport

/// Refuses a report of a form that is not written.
func validateReport(_ path: String?) throws {
  guard let path, !path.hasSuffix(".html"), !path.hasSuffix(".svg") else { return }
  throw ValidationError("--report must end in .html or .svg, found '\(printable(path))'.")
}

/// Writes a report as the name of its file says: a page, or a figure alone.
func writeReport(
  _ data: ReportData, to path: String, isPareto: Bool = false, replacing: Bool
) throws {
  let text =
    path.hasSuffix(".svg")
    ? (isPareto ? Report.paretoSVG(data) : Report.svg(data)) : Report.html(data)
  try AtomicFile.write(Array(text.utf8), to: path, replacing: replacing)
}
