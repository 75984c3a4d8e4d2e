import ArgumentParser
import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicKernels
import MosaicSurgery

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SparsitySchedule.Kind: ExpressibleByArgument {}
extension SamplerKind: ExpressibleByArgument {}
extension Criterion: ExpressibleByArgument {}
extension CalibrationOptions.Influence: ExpressibleByArgument {}

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print results as JSON, for scripts.")
  var json = false

  @Flag(help: "Print no progress.")
  var quiet = false
}

/// What a checkpoint needs beside its path.
struct CheckpointOptions: ParsableArguments {
  @Option(help: "Weight files to take where there are several: fp16, ema, …")
  var weights: String?

  @Option(
    help: "A scheduler_config.json in place of the checkpoint's own.", completion: .file())
  var scheduler: String?

  @Option(help: "The sampler, where the scheduler's own is not meant or not known.")
  var sampler: SamplerKind?

  @Option(help: "Tokens of an image, where the scheduler shifts its steps by the image's size.")
  var imageTokens: Int?

  func validate() throws {
    if let imageTokens, !(1...1 << 40).contains(imageTokens) {
      throw ValidationError("--image-tokens must be 1 to 2^40, found \(imageTokens).")
    }
  }

  /// The config with what is asked for here.
  ///
  /// - Throws: `SchedulerError` where the sampler is one of another process.
  func adjusted(_ scheduler: SchedulerConfig) throws -> SchedulerConfig {
    var scheduler = try sampler.map { try scheduler.sampled(with: $0) } ?? scheduler
    guard let imageTokens else { return scheduler }
    guard scheduler.flow?.dynamicShift != nil else {
      throw UsageError(
        description: "--image-tokens: the scheduler does not shift its steps by the image's size")
    }
    scheduler.flow?.dynamicShift?.imageTokens = imageTokens
    return scheduler
  }

  /// Whether another way of sampling is asked for than comes with the model.
  var asksForSampling: Bool { sampler != nil || imageTokens != nil }

  /// What of it decides the bytes of a conversion, in normal form.
  var arguments: [String] {
    (sampler.map { ["--sampler", $0.rawValue] } ?? [])
      + (imageTokens.map { ["--image-tokens", "\($0)"] } ?? [])
  }
}

/// The machine's resources.
struct MachineOptions: ParsableArguments {
  @Option(help: "Threads to compute with; all cores by default.")
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
  }

  var threadCount: Int { threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Says so where an inherited setting makes every product slow.
  func warnOfSlowKernels() {
    for warning in [BLAS.coreWarning, KernelLevel.warning].compactMap({ $0 }) {
      printError("warning: \(warning)")
    }
  }
}

/// How bundles are read.
struct BundleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory that a bundle's tensor, or the weights of a variant, may ask for; the "
        + "machine's by default.", valueName: "bytes"))
  var maxMemory: ByteCount?

  var memoryLimit: Int { maxMemory?.bytes ?? BundleReader.physicalMemory }
}

/// A number of bytes: 900M, 4G, 123456.
struct ByteCount: ExpressibleByArgument {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    var digits = argument[...]
    var scale = 1
    if let last = digits.last, let unit = units[Character(last.uppercased())] {
      scale = unit
      digits = digits.dropLast()
    }
    guard let number = Int(digits), number > 0 else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: scale)
    guard !overflow else { return nil }
    bytes = product
  }

  var defaultValueDescription: String { byteText(bytes) }
}

/// A usage error found after parsing: the message as the parser would give it.
struct UsageError: MosaicError {
  var description: String
  var exitStatus: ExitStatus { .usage }
}
