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

  /// - Parameters:
  ///   - network: What an ONNX model needs beside its path.
  ///   - memoryLimit: Bytes that a bundle's tensor or variant may ask for.
  init(
    _ path: String, _ options: CheckpointOptions, _ network: NetworkArguments? = nil,
    memoryLimit: Int = BundleReader.physicalMemory
  ) throws {
    if Self.isBundle(path) {
      try network?.refuse(for: "a bundle", at: path, except: ["--conditioning"])
      self = .bundle(try BundleReader(path: path, memoryLimit: memoryLimit))
    } else if let network, isONNX(path) {
      let model = try network.load(path, options)
      for warning in model.warnings { printError("warning: \(warning)") }
      self = .checkpoint(model)
    } else {
      try refuseForeignFile(path)
      try network?.refuse(for: "no ONNX model", at: path)
      let importer = CheckpointImporter(
        path: path, variant: options.weights, schedulerPath: options.scheduler,
        sampler: options.sampler)
      let model = try importer.load()
      for warning in model.warnings { printError("warning: \(warning)") }
      self = .checkpoint(model)
    }
  }

  /// Whether the file starts as a bundle does; a mangled bundle counts, so that its reader can say
  /// what is wrong.
  static func isBundle(_ path: String) -> Bool {
    guard fileExists(path), let file = try? MappedFile(path: path) else { return false }
    return file.withBytes { bytes in
      let name = Array("MOSAIC".utf8)
      return bytes.count >= 7 && (bytes[1..<7].elementsEqual(name) || bytes[0] == 0x89)
    }
  }

  /// Files that no output may replace.
  var inputFiles: [String] {
    switch self {
    case .checkpoint(let model): model.inputFiles
    case .bundle(let bundle): [bundle.path]
    }
  }

  /// Names of the classes, by number.
  var description: ModelDescription {
    switch self {
    case .checkpoint(let model): model.description
    case .bundle(let bundle): bundle.manifest.model
    }
  }

  /// The model's noise process, and the sampler that `options` ask for or that comes with it.
  ///
  /// - Throws: `ImportError.noScheduler` for a checkpoint without one.
  func scheduler(_ options: CheckpointOptions) throws -> SchedulerConfig {
    switch self {
    case .bundle(let bundle): return try options.adjusted(bundle.manifest.scheduler)
    case .checkpoint(let model):
      guard let scheduler = model.scheduler else {
        throw ImportError(path: model.path, reason: .noScheduler)
      }
      return try options.adjusted(scheduler)
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

extension OpenedModel {
  /// What sampling asks: the dense network, or a bundle's variants.
  ///
  /// - Parameters:
  ///   - plan: What runs of a bundle follow.
  ///   - conditioning: Values of a bundle's other inputs.
  func denoiser(
    threads: Int, guidance: Float?, plan: FollowedPlan? = nil,
    conditioning: SafetensorsReader? = nil
  ) throws -> any Denoiser {
    switch self {
    case .checkpoint(let model):
      DenseDenoiser(try model.predictor(threads: threads, guidance: guidance))
    case .bundle(let bundle):
      BundleDenoiser(
        bundle, threads: threads, guidance: guidance, plan: plan,
        conditioning: try bundle.conditioning(from: conditioning))
    }
  }

  /// The plan that a run follows, which has its sampler and its steps already; nil where a bundle has
  /// none for it, which is said, and of a checkpoint.
  ///
  /// - Parameter guidance: nil is none.
  func plan(
    for scheduler: SchedulerConfig, steps: Int, guidance: Float?
  ) throws -> FollowedPlan? {
    guard case .bundle(let bundle) = self else { return nil }
    let setup = try SamplingSetup(
      bundle.manifest, scheduler: scheduler, steps: steps, guidance: guidance ?? 1)
    for notice in setup.notices { printError("notice: \(printable(bundle.path)): \(notice)") }
    return setup.plan
  }
}

extension ImportedModel {
  /// The files of the checkpoint that were read, or would be.
  var inputFiles: [String] {
    let configurations = [
      "model_index.json", "config.json", "transformer/config.json", "unet/config.json",
      "scheduler/scheduler_config.json",
    ]
    return weights.inputFiles + configurations.map { "\(path)/\($0)" }
  }

  /// The dense network behind its roles.
  func predictor(
    threads: Int, guidance: Float?, precision: Precision = .f32
  ) throws -> Predictor {
    let dense = try DenseNetwork(graph, weights: weights)
    return try Predictor(
      executor: try dense.executor(threads: threads, precision: precision), model: description,
      guidance: guidance, conditioning: conditioning)
  }
}

/// Files that are given in place of a checkpoint, and cannot become a network.
///
/// - Throws: What `refuseCurableFile` does, and `ONNXNotImported` for an ONNX model.
func refuseForeignFile(_ path: String) throws {
  try refuseCurableFile(path)
  if isONNX(path) { throw ONNXNotImported(path: path) }
}

/// Files that hold no model as they are, and have a cure of their own.
///
/// - Throws: `CheckpointError` for a Python pickle, `SafetensorsError` for a Git LFS pointer or a
///   web page.
func refuseCurableFile(_ path: String) throws {
  guard fileExists(path), !startsAsONNX(path) else { return }
  do {
    _ = try CheckpointFiles(path: path)
  } catch let error as CheckpointError where error.reason == .pickle {
    throw error
  } catch let error as SafetensorsError
    where [.gitLFSPointer, .webPage, .zipArchive, .pickle].contains(error.reason)
  {
    throw error
  } catch {
    // The importer says what it expects instead.
  }
}

/// Whether the file at `path` is an ONNX model. One that is nothing else goes by its name, so that
/// the reader can say what is wrong with it.
func isONNX(_ path: String) -> Bool {
  startsAsONNX(path)
    || path.hasSuffix(".onnx") && fileExists(path) && !OpenedModel.isBundle(path)
}

private func startsAsONNX(_ path: String) -> Bool {
  guard fileExists(path), let file = try? MappedFile(path: path) else { return false }
  return file.withBytes(ONNXModel.isModel)
}

/// An ONNX model is given to a verb that does not take them.
struct ONNXNotImported: MosaicError {
  var path: String

  var description: String {
    "\(printable(path, limit: 400)): is an ONNX model, which this verb does not take"
  }

  var exitStatus: ExitStatus { .unsupported }
}

/// - Throws: `UsageError` where `output` is one of `inputs`, by whatever name.
func refuse(_ output: String, among inputs: [String]) throws(UsageError) {
  guard !inputs.contains(where: { isSameFile($0, output) }) else {
    throw UsageError(
      description: "\(printable(output, limit: 400)): is an input; name another output")
  }
}
