import MosaicSurgery
import MosaicTestSupport
import Testing

/// Every small denoiser, by every exporter.
@Suite struct TinyNetworkTests {
  struct Export: CustomTestStringConvertible, Sendable {
    var model: String
    var file: String
    /// Of the multiply-accumulates, in groups.
    var share: Double

    var testDescription: String { "\(model)/\(file)" }

    static func all(_ model: String, share: Double, _ files: [String]) -> [Export] {
      files.map { Export(model: model, file: $0, share: share) }
    }
  }

  private static let exports: [Export] =
    Export.all(
      "dit", share: 0.8,
      ["dynamic.opset18", "dynamic.opset24", "dynamo", "torchscript"])
    + Export.all("pixart", share: 0.8, ["batch3.opset17", "torchscript"])
    + Export.all("sd3", share: 0.8, ["dynamic.opset24", "dynamo", "torchscript"])
    + Export.all("flux", share: 0.8, ["dynamic.opset23", "dynamo"])
    + Export.all("sd15-unet", share: 0.7, ["dynamic.opset21", "dynamo", "torchscript"])
    + Export.all("sdxl-unet", share: 0.7, ["dynamic.opset20", "dynamo", "torchscript"])
    + Export.all("ddpm-unet", share: 0.7, ["dynamic.opset18", "dynamo", "torchscript"])

  /// Groups hold most of the work, and removing a third of every group's units computes what masking
  /// them does, but for the order of sums.
  @Test(
    .enabled(if: Fixtures.models != nil, "MOSAIC_MODELS names no directory of models"),
    arguments: exports)
  func removingIsMasking(export: Export) throws {
    let folder = "\(Fixtures.models ?? "")/tiny/\(export.model)"
    let recording = export.file.hasPrefix("batch3") ? "golden3" : "golden"
    let network = try TinyNetwork(
      "\(folder)/model.\(export.file).onnx", recording: "\(folder)/\(recording).safetensors")
    #expect(network.share >= export.share)
    let kept = network.kept(removing: 1.0 / 3)
    let masked = try network.masked(kept)
    let error = relativeError(try network.sliced(kept), masked)
    #expect(error <= 1e-5)
    // What is gone was of account.
    #expect(relativeError(masked, try network.dense()) > 1e-4)
  }

  /// The one model that lies beside the tests.
  @Test(arguments: ["model.dynamic.opset18.onnx", "model.torchscript.onnx"])
  func removingIsMaskingInTheFixture(file: String) throws {
    let network = try TinyNetwork(
      Fixtures.path("tiny-dit-onnx/\(file)"),
      recording: Fixtures.path("tiny-dit/golden.safetensors"))
    #expect(network.share >= 0.8)
    let kept = network.kept(removing: 1.0 / 3)
    #expect(relativeError(try network.sliced(kept), try network.masked(kept)) <= 1e-5)
  }

  /// On the inputs it was fitted to, the refit leaves less error than the mere cut: over products,
  /// convolutions, consumers of two groups and groups of two consumers.
  @Test(
    .enabled(if: Fixtures.models != nil, "MOSAIC_MODELS names no directory of models"),
    arguments: ["sd3", "flux", "ddpm-unet"])
  func refitMakesUpForWhatIsGone(model: String) throws {
    let folder = "\(Fixtures.models ?? "")/tiny/\(model)"
    let network = try TinyNetwork(
      "\(folder)/model.dynamo.onnx", recording: "\(folder)/golden.safetensors")
    let kept = network.kept(removing: 1.0 / 3)
    let dense = try network.dense()
    func error(_ output: [Float]) -> Double {
      zip(output, dense).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    let cut = error(try network.sliced(kept))
    let refitted = error(try network.sliced(kept, refits: network.refits(kept)))
    #expect(refitted < 0.7 * cut, "\(refitted) of \(cut)")
  }
}
