import ArgumentParser
import MosaicCore
import MosaicKernels
import MosaicRuntime

extension Precision: ExpressibleByArgument {}
extension BundleDenoiser.Residency: ExpressibleByArgument {}

/// In what products are computed.
struct PrecisionOptions: ParsableArguments {
  @Option(help: "What products are computed in, sums being f32; int8 is for weights alone.")
  var precision: Precision = .f32

  @Flag(help: "Refuse what this processor has no instructions for, instead of taking f32.")
  var strict = false

  /// What is asked for where this processor has instructions for it, else f32 with a notice.
  ///
  /// - Throws: `PrecisionError` in place of the notice under `--strict`.
  func resolved() throws -> Precision {
    if precision.isNative { return precision }
    let error = PrecisionError(precision: precision, level: KernelLevel.current)
    if strict { throw error }
    printError("warning: \(error.description); computing in f32")
    return .f32
  }
}

/// A precision that this processor has no instructions for.
struct PrecisionError: MosaicError {
  var precision: Precision
  var level: KernelLevel

  var description: String {
    "--precision \(precision.rawValue): the kernels in use (\(level.name)) have no instructions for it"
  }

  var exitStatus: ExitStatus { .unsupported }
}
