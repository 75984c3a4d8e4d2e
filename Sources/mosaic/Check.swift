import ArgumentParser
import MosaicBundle
import MosaicCore
import MosaicLowering
import MosaicRuntime

/// `mosaic check MODEL --reference FILE`: exits 0 when one forward equals the recorded one.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare one forward of the network with recorded tensors.",
    discussion: """
      FILE is a safetensors file that holds a tensor for every input of the network, by its name, \
      and 'output'. docs/recording-a-reference.md shows how to record one with PyTorch.
      """)

  @Argument(help: "A diffusers directory or a bundle.")
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
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard tolerance >= 0 else { throw ValidationError("--tolerance must be 0 or more.") }
  }

  func run() throws {
    try exiting {
      let executor = try executor(
        of: try OpenedModel(model, checkpoint, memoryLimit: bundles.memoryLimit))
      let report = try executor.compare(with: SafetensorsReader(path: reference))
      let isAlike = report.relativeError <= tolerance
      if output.json {
        let json: JSONValue = [
          "schema": "mosaic.check/1", "relative_error": JSONValue(report.relativeError),
          "tolerance": JSONValue(tolerance), "alike": JSONValue(isAlike),
          "samples": JSONValue(report.samples),
        ]
        print(json.text(indented: true))
      } else {
        let verdict = isAlike ? "within" : "over"
        print(
          "largest relative error \(significant(report.relativeError)) on \(report.samples) "
            + "samples: \(verdict) \(significant(tolerance))")
      }
      if !isAlike { throw ExitCode(ExitStatus.answerIsNo.rawValue) }
    }
  }

  private func executor(of model: OpenedModel) throws -> Executor {
    switch model {
    case .checkpoint(let imported):
      return try DenseNetwork(imported.graph, weights: imported.weights)
        .executor(threads: machine.threadCount)
    case .bundle(let bundle):
      guard bundle.manifest.variants.indices.contains(variant) else {
        throw UsageError(
          description: "--variant must be in 0..<\(bundle.manifest.variants.count), "
            + "found \(variant)")
      }
      var denoiser = BundleDenoiser(bundle, threads: machine.threadCount, guidance: nil)
      return try denoiser.predictor(ofVariant: variant).executor
    }
  }
}
