import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicLowering
import MosaicRuntime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A MODEL of the command line, told apart by content.
enum OpenedModel {
  case checkpoint(ImportedModel)
  case bundle(BundleReader)

  init(_ path: String, _ options: CheckpointOptions) throws {
    if Self.isBundle(path) {
      self = .bundle(try BundleReader(path: path))
    } else {
      let importer = CheckpointImporter(
        path: path, variant: options.weights, schedulerPath: options.scheduler,
        sampler: options.sampler?.rawValue)
      let model = try importer.load()
      for warning in model.warnings { printError("warning: \(warning)") }
      self = .checkpoint(model)
    }
  }

  /// Whether the file starts as a bundle does; a mangled bundle counts, so that its reader can say
  /// what is wrong.
  private static func isBundle(_ path: String) -> Bool {
    guard fileExists(path), let file = try? MappedFile(path: path) else { return false }
    return file.withBytes { bytes in
      let name = Array("MOSAIC".utf8)
      return bytes.count >= 7 && (bytes[1..<7].elementsEqual(name) || bytes[0] == 0x89)
    }
  }

  /// Names of the classes, by number.
  var description: ModelDescription {
    switch self {
    case .checkpoint(let model): model.description
    case .bundle(let bundle): bundle.manifest.model
    }
  }

  /// - Throws: `ImportError.noScheduler` for a checkpoint without one.
  func scheduler() throws -> SchedulerConfig {
    switch self {
    case .bundle(let bundle): return bundle.manifest.scheduler
    case .checkpoint(let model):
      guard let scheduler = model.scheduler else {
        throw ImportError(path: model.path, reason: .noScheduler)
      }
      return scheduler
    }
  }

  /// The steps a bundle was made for; 50 for a checkpoint.
  var defaultSteps: Int {
    if case .bundle(let bundle) = self, bundle.manifest.schedule.steps > 0 {
      return bundle.manifest.schedule.steps
    }
    return 50
  }

  /// The guidance a bundle was made for.
  var defaultGuidance: Float? {
    if case .bundle(let bundle) = self, bundle.manifest.schedule.guidance != 1 {
      return Float(bundle.manifest.schedule.guidance)
    }
    return nil
  }
}

extension ImportedModel {
  /// The dense network behind its roles.
  func predictor(threads: Int, guidance: Float?) throws -> Predictor {
    let dense = try DenseNetwork(graph, weights: weights)
    return try Predictor(
      executor: try dense.executor(threads: threads), model: description, guidance: guidance)
  }
}
