internal import CMosaicSIMD

/// Which versions of the kernels run: `plain`, `avx2`, `avx512` or `avx512bf16`.
///
/// The environment variable `MOSAIC_CPU` names one of them; otherwise, and where the processor does
/// not have what it names, it is the best one of the processor.
public enum KernelLevel: Int32, Sendable, CaseIterable {
  case plain, avx2, avx512, avx512BF16

  /// That of the process.
  public static var current: KernelLevel { KernelLevel(rawValue: mosaic_kernel_level()) ?? .plain }

  /// The best one of this processor.
  public static var highest: KernelLevel {
    KernelLevel(rawValue: mosaic_highest_kernel_level()) ?? .plain
  }

  public var name: String { String(cString: mosaic_kernel_level_name(rawValue)) }

  /// One line where `MOSAIC_CPU` names what this processor has not.
  public static var warning: String? {
    guard mosaic_is_kernel_level_refused() != 0 else { return nil }
    let known = allCases.filter { $0.rawValue <= highest.rawValue }.map(\.name)
    return "MOSAIC_CPU names no kernels of this processor, which has "
      + "\(known.joined(separator: ", ")); taking \(current.name)"
  }

  /// Runs `body` with this level's kernels on this thread.
  static func with(_ level: KernelLevel, _ body: () throws -> Void) rethrows {
    mosaic_set_thread_kernel_level(level.rawValue)
    defer { mosaic_set_thread_kernel_level(-1) }
    try body()
  }
}
