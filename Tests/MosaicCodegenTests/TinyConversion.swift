import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicTestSupport

@testable import MosaicCodegen

/// tiny-dit, a conversion of which takes a fifth of a second.
func tinyModel(_ name: String = "tiny-dit", scheduler: String? = nil) throws -> ImportedModel {
  try CheckpointImporter(
    path: Fixtures.path(name),
    schedulerPath: scheduler.map {
      Fixtures.path("tiny-dit/schedulers/\($0)/scheduler_config.json")
    }
  ).load()
}

func tinyOptions(_ change: (inout ConversionOptions) -> Void = { _ in }) -> ConversionOptions {
  var options = ConversionOptions()
  options.calibration.steps = 8
  options.calibration.statisticsSamples = 32
  options.calibration.sensitivitySamples = 8
  options.calibration.predictionSamples = 16
  options.proofSamples = 8
  change(&options)
  return options
}

/// A converted tiny-dit, its report beside it.
struct Converted {
  let report: ConversionReport
  let bundle: BundleReader
  private let directory: TemporaryDirectory

  init(
    _ model: ImportedModel? = nil, _ change: (inout ConversionOptions) -> Void = { _ in },
    progress: @escaping ProgressHandler = { _ in }
  ) throws {
    directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    report = try Conversion(
      try model ?? tinyModel(), options: tinyOptions(change), progress: progress
    ).run(to: path).report
    bundle = try BundleReader(path: path)
  }
}

extension Conversion {
  /// What a run would measure before it solves anything.
  func calibrate() throws -> Calibration {
    let calibrator = try makeCalibrator()
    return try calibrator.calibration(from: try calibrator.gather(), path: "tiny")
  }
}
