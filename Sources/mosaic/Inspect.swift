import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicSurgery

/// `mosaic inspect MODEL`: what is inside.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is inside a checkpoint or a bundle.",
    discussion: """
      Of a bundle: its step ranges with noise levels, sparsity and cost, and the errors that were \
      predicted and measured. Of a checkpoint: its architecture, cost and scheduler.
      """)

  @Argument(help: "A diffusers directory or a bundle.")
  var model: String

  @Flag(help: "Print the dense graph, a line a node.")
  var graph = false

  @Flag(help: "List the pruning groups, and of a bundle the units each variant keeps.")
  var groups = false

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try exiting {
      switch try OpenedModel(model, checkpoint) {
      case .bundle(let bundle): show(bundle)
      case .checkpoint(let imported): try show(imported)
      }
    }
  }

  private func show(_ bundle: BundleReader) {
    let summary = BundleSummary(bundle)
    if output.json { return print(summary.json.text(indented: true)) }
    if graph { return print(bundle.manifest.graphText) }
    print(summary.text)
    if groups { print(summary.groupText) }
  }

  private func show(_ imported: ImportedModel) throws {
    if graph, !output.json { return print(imported.graph) }
    let summary = try CheckpointSummary(imported)
    if output.json { return print(summary.json.text(indented: true)) }
    print(summary.text)
    if groups { print(summary.groupText) }
  }
}
