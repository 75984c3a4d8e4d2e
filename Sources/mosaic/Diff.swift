import ArgumentParser
import MosaicBundle
import MosaicCore

/// `mosaic diff a.mosaic b.mosaic`: exits 0 when alike, 1 when not, as `diff` does.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two bundles: ranges, kept units and tensors.")

  @Argument(help: "The bundle taken as correct.", completion: .file(extensions: ["mosaic"]))
  var reference: String

  @Argument(help: "The bundle to compare with it.", completion: .file(extensions: ["mosaic"]))
  var candidate: String

  @Option(help: "Largest accepted max|a − b| / max|a|, per tensor; 0 asks for equal bytes.")
  var tolerance = 0.0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard tolerance >= 0 else { throw ValidationError("--tolerance must be 0 or more.") }
  }

  func run() throws {
    try exiting {
      let comparison = try BundleComparison(
        try BundleReader(path: reference), try BundleReader(path: candidate),
        tolerance: tolerance)
      print(output.json ? comparison.json.text(indented: true) : comparison.text)
      if !comparison.isAlike { throw ExitCode(ExitStatus.answerIsNo.rawValue) }
    }
  }
}
