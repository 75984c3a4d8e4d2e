import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicKernels
import MosaicLowering
import MosaicRuntime

/// `mosaic check MODEL --reference FILE`: exits 0 when one forward equals the recorded one.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare one forward of the network with recorded tensors.",
    discussion: """
      FILE is a safetensors file that holds a tensor for every input of the network, by its name, \
      and 'output'. docs/recording-a-reference.md shows how to record one with PyTorch. An ONNX \
      model may be any graph of supported operators; its outputs go by their names too, and \
      'output' is the first of them.
      """)

  @Argument(help: "A diffusers directory, a bundle or an ONNX model.")
  var model: String

  @Option(help: "The recorded tensors.", completion: .file(extensions: ["safetensors"]))
  var reference: String

  @Option(help: "Largest accepted max|a − b| / max|b|.")
  var tolerance = 1e-4

  @Option(help: "The variant of a bundle, from 0.")
  var variant = 0

  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup var bundles: BundleOptions
  @OptionGroup var machine: MachineOptions
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard tolerance >= 0 else { throw ValidationError("--tolerance must be 0 or more.") }
  }

  func run() throws {
    try exiting {
      let isAlike = isONNX(model) ? try checkONNX() : try checkNetwork()
      if !isAlike { throw ExitCode(ExitStatus.answerIsNo.rawValue) }
    }
  }

  private func checkNetwork() throws -> Bool {
    let recorded = try SafetensorsReader(path: reference)
    let executor = try executor(
      of: try OpenedModel(model, checkpoint, memoryLimit: bundles.memoryLimit), recorded)
    let report = try executor.compare(with: recorded)
    return show(
      report.relativeError, over: "\(report.samples) samples",
      ("samples", JSONValue(report.samples)))
  }

  private func checkONNX() throws -> Bool {
    try refuseCurableFile(model)
    guard precision.precision == .f32 else {
      throw UsageError(
        description: "--precision: an ONNX model is checked node by node, in its own types")
    }
    let file = try ONNXModel(path: model)
    for warning in file.warnings { printError("warning: \(warning)") }
    BLAS.setThreads(machine.threadCount)
    let report = try file.compare(
      with: SafetensorsReader(path: reference), maximumBytes: BundleReader.physicalMemory / 2)
    let outputs = report.outputs.map { output -> JSONValue in
      ["name": JSONValue(output.name), "relative_error": JSONValue(output.relativeError)]
    }
    return show(
      report.relativeError, over: outputs.count == 1 ? "1 output" : "\(outputs.count) outputs",
      ("outputs", JSONValue(outputs)))
  }

  /// Whether the error is within the tolerance, after saying so.
  private func show(_ error: Double, over what: String, _ more: (key: String, value: JSONValue))
    -> Bool
  {
    let isAlike = error <= tolerance
    if output.json {
      var json = JSONObject()
      json["schema"] = "mosaic.check/1"
      json["relative_error"] = JSONValue(error)
      json["tolerance"] = JSONValue(tolerance)
      json["alike"] = JSONValue(isAlike)
      json[more.key] = more.value
      print(JSONValue.object(json).text(indented: true))
    } else {
      print(
        "largest relative error \(significant(error)) on \(what): "
          + "\(isAlike ? "within" : "over") \(significant(tolerance))")
    }
    return isAlike
  }

  /// - Parameter recorded: Holds the values of all inputs.
  private func executor(
    of model: OpenedModel, _ recorded: SafetensorsReader
  ) throws -> Executor {
    switch model {
    case .checkpoint(let imported):
      return try DenseNetwork(imported.graph, weights: imported.weights)
        .executor(threads: machine.threadCount, precision: precision.resolved())
    case .bundle(let bundle):
      guard bundle.manifest.variants.indices.contains(variant) else {
        throw UsageError(
          description: "--variant must be in 0..<\(bundle.manifest.variants.count), "
            + "found \(variant)")
      }
      var denoiser = BundleDenoiser(
        bundle, threads: machine.threadCount, guidance: nil, precision: try precision.resolved(),
        conditioning: try bundle.conditioning(from: recorded))
      return try denoiser.predictor(ofVariant: variant).executor
    }
  }
}
