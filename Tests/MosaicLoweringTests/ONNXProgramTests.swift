import Foundation
import MosaicCore
import MosaicImport
import MosaicRuntime
import MosaicTestSupport
import Testing

@testable import MosaicLowering

/// Programs of networks read from ONNX, held against the recordings of their frameworks and against
/// their graphs.
@Suite struct ONNXProgramTests {
  /// The exports of one network, with the directory that holds its recordings.
  static let tiny = ["dit", "pixart", "sd3", "flux", "sd15-unet", "sdxl-unet", "ddpm-unet"]

  private func load(_ path: String, conditioning: String) throws -> ImportedModel {
    var importer = ONNXImporter(path: path)
    importer.conditioningFile = try SafetensorsReader(path: conditioning)
    return try importer.load()
  }

  private func measure(
    _ path: String, _ recordings: [String]
  ) throws -> (golden: Double, parity: Parity) {
    let imported = try load(path, conditioning: recordings[0])
    #expect(imported.graph.loweringProblems() == [])
    let dense = try DenseNetwork(imported.graph, weights: imported.weights)
    let executor = try dense.executor(threads: 1)
    var worst = 0.0
    for recording in recordings {
      // Recorded with the network's own inputs, so unscaled.
      let report = try executor.compare(with: SafetensorsReader(path: recording))
      worst = max(worst, report.relativeError)
    }
    let parity = try dense.measureParity(
      model: imported.description, timesteps: [901, 500, 1], seed: 3, executor: executor,
      conditioning: imported.conditioning)
    return (worst, parity)
  }

  @Test(arguments: ["model.dynamic.opset18.onnx", "model.torchscript.onnx"])
  func dit(export: String) throws {
    let result = try measure(
      Fixtures.path("tiny-dit-onnx/\(export)"),
      ["golden", "golden3"].map { Fixtures.path("tiny-dit/\($0).safetensors") })
    #expect(result.golden <= 1e-5)
    #expect(result.parity.programError <= 1e-5 && result.parity.nodeError <= 1e-5)
  }

  /// The program of every export, its batch open also where the exporter fixed it, at batches 2 and 3.
  @Test(.enabled(if: Fixtures.models != nil), arguments: tiny)
  func everyExport(network: String) throws {
    let folder = "\(Fixtures.models ?? "")/tiny/\(network)"
    let exports = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".onnx") }.sorted()
    #expect(exports.count >= 2)
    for export in exports {
      let result = try measure(
        "\(folder)/\(export)", ["golden", "golden3"].map { "\(folder)/\($0).safetensors" })
      #expect(result.golden <= 1e-4, "\(export)")
      #expect(result.parity.programError <= 1e-5, "\(export)")
      #expect(result.parity.nodeError <= 1e-5, "\(export) at \(result.parity.worstNode)")
      if ProcessInfo.processInfo.environment["MOSAIC_PRINT_ERRORS"] != nil {
        print(
          "\(network)/\(export): golden \(result.golden), program \(result.parity.programError), "
            + "node \(result.parity.nodeError)")
      }
    }
  }
}
