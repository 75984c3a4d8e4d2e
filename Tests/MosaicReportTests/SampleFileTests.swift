import Foundation
import MosaicReport
import Testing

/// Writes reports where MOSAIC_REPORT_DIRECTORY names a directory, for browsers to look at
/// (`.ci/browser_check.py`).
@Suite struct SampleFileTests {
  static let directory = ProcessInfo.processInfo.environment["MOSAIC_REPORT_DIRECTORY"]

  @Test(.enabled(if: directory != nil)) func writesTheSampleReport() throws {
    let directory = URL(filePath: try #require(Self.directory))
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let files = [
      "report.html": Report.html(sampleReport()), "large.html": Report.html(largeReport()),
      "hostile.html": Report.html(EscapingTests.data), "report.svg": Report.svg(sampleReport()),
      "pareto.svg": Report.paretoSVG(sampleReport()),
    ]
    for (name, text) in files {
      let place = directory.appending(path: name)
      try Data(text.utf8).write(to: place)
      #expect(try Data(contentsOf: place).count == text.utf8.count)
    }
  }
}
