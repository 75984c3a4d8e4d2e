import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicSurgery

/// `mosaic inspect MODEL`: what is inside.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is inside a checkpoint, a bundle, an ONNX model or a safetensors file.",
    discussion: """
      Of a bundle: its step ranges with noise levels, sparsity and cost, and the errors that were \
      predicted and measured; only its manifest is read, but for --precisions. Of a checkpoint: its architecture, cost \
      and scheduler. Of an ONNX model: its versions, inputs, outputs and operators. Of a \
      safetensors file: its tensors, from the header. Options add to that and combine; --json \
      carries all of it.
      """)

  @Argument(help: "A diffusers directory, a bundle, an ONNX model or a safetensors file.")
  var model: String

  @Flag(help: "Print the dense graph, a line a node, in place of the summary.")
  var graph = false

  @Flag(help: "List the pruning groups, and of a bundle the units each variant keeps.")
  var groups = false

  @Flag(help: "List the tensors: types, shapes, bytes; of a bundle who reads them.")
  var tensors = false

  @Flag(help: "Of a bundle: ranges, kept units and bytes, own and shared, of each variant.")
  var variants = false

  @Flag(help: "Of a bundle: sparsity and predicted error of each step, drawn over log-SNR.")
  var schedule = false

  @Flag(help: "Of a bundle: its plans, drawn with a row a reusable unit and a column a step.")
  var plan = false

  @Flag(help: "Of a bundle: what it was made from and how.")
  var provenance = false

  @Flag(help: "Of a bundle: what each --precision of 'run' changes, measured on one forward.")
  var precisions = false

  @Option(
    name: .customLong("shape"),
    help: "Of an ONNX model's graph: the shape of an input, as sample=2,4,32,32; repeat it.")
  var shapes: [InputShape] = []

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try exiting {
      if let file = try TensorFileSummary(path: model) { return try show(file) }
      if isONNX(model) {
        try refuseCurableFile(model)
        return try show(ONNXModel(path: model))
      }
      switch try OpenedModel(model, checkpoint) {
      case .bundle(let bundle): try show(bundle)
      case .checkpoint(let imported): try show(imported)
      }
    }
  }

  private func show(_ bundle: BundleReader) throws {
    let summary = BundleSummary(bundle)
    let table = precisions ? try PrecisionTable(bundle, threads: machine.threadCount) : nil
    if output.json {
      var object = summary.json.object ?? JSONObject()
      object["precisions"] = table?.json
      return print(JSONValue.object(object).text(indented: true))
    }
    if !graph { print(summary.text) }
    if variants { print(summary.variantText) }
    if groups { print(summary.groupText) }
    if tensors { print(summary.tensorText) }
    if schedule { print(summary.scheduleText) }
    if plan { print(summary.planText) }
    if provenance { print(summary.provenanceText) }
    if let table { print(table.text) }
    if graph { print(bundle.manifest.graphText) }
  }

  private func show(_ imported: ImportedModel) throws {
    try refuse(bundleFlags, of: "a checkpoint")
    if graph, !output.json, !groups, !tensors { return print(imported.graph) }
    let summary = try CheckpointSummary(imported)
    if output.json { return print(summary.json.text(indented: true)) }
    if !graph { print(summary.text) }
    if groups { print(summary.groupText) }
    if tensors { print(summary.tensorText) }
    if graph { print(imported.graph) }
  }

  private func show(_ file: ONNXModel) throws {
    try refuse(bundleFlags, of: "an ONNX model")
    for warning in file.warnings { printError("warning: \(warning)") }
    let summary = ONNXSummary(file)
    let isAsked = groups || (graph && !output.json)
    let network = try isAsked ? ONNXGraphSummary(file, binding(for: file)) : nil
    let found = try groups ? network?.groups() : nil
    if output.json { return print(summary.json(with: found, of: network).text(indented: true)) }
    if !graph { print(summary.text) }
    if let found, let network { print(groupTable(found, of: network.graph)) }
    if tensors { print(summary.tensorText) }
    if graph, let network { print(network.graph) }
  }

  /// - Throws: `UsageError` for a shape of an input that is not there, or a second one.
  private func binding(for file: ONNXModel) throws(UsageError) -> ONNXBinding {
    var binding = ONNXBinding()
    for shape in shapes {
      let name = printable(shape.name)
      guard file.graph.inputs.contains(where: { $0.name == shape.name }) else {
        let known = file.graph.inputs.map { printable($0.name) }
        throw UsageError(
          description: "--shape: no input '\(name)'; there are \(known.joined(separator: ", "))")
      }
      guard binding.shapes.updateValue(shape.extents, forKey: shape.name) == nil else {
        throw UsageError(description: "--shape: '\(name)' is given twice")
      }
    }
    return binding
  }

  private func show(_ file: TensorFileSummary) throws {
    try refuse(
      bundleFlags + [("--graph", graph), ("--groups", groups)], of: "a safetensors file")
    print(output.json ? file.json.text(indented: true) : file.text)
  }

  private var bundleFlags: [(String, Bool)] {
    [
      ("--variants", variants), ("--schedule", schedule), ("--plan", plan),
      ("--provenance", provenance), ("--precisions", precisions),
    ]
  }

  private func refuse(_ flags: [(String, Bool)], of kind: String) throws(UsageError) {
    guard let flag = flags.first(where: \.1)?.0 else { return }
    let wanted = bundleFlags.contains { $0.0 == flag } ? "a bundle" : "a checkpoint or a bundle"
    throw UsageError(
      description: "\(printable(model, limit: 400)): is \(kind); \(flag) takes \(wanted)")
  }
}
