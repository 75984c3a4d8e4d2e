internal import CMosaicSIMD
internal import COpenBLAS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The matrix library under the kernels: process-wide settings, and what it made of this machine.
public enum BLAS {
  /// Sets the threads each product may use, for the whole process.
  ///
  /// A caller that runs kernels on threads of its own sets one.
  public static func setThreads(_ count: Int) {
    openblas_set_num_threads(blasInteger(max(1, count)))
  }

  /// Threads each product may use.
  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// The processor family whose kernels are in use, such as `SkylakeX`.
  public static var coreName: String { String(cString: openblas_get_corename()) }

  /// Version and build options.
  public static var config: String { String(cString: openblas_get_config()) }

  /// One line where the kernels in use are slower than this processor allows, with what to do.
  public static var coreWarning: String? {
    coreWarning(
      core: coreName, processorLevel: Int(mosaic_processor_level()),
      forced: getenv("OPENBLAS_CORETYPE").map { String(cString: $0) })
  }

  /// - Parameters:
  ///   - processorLevel: Level of the x86-64 psABI the processor reaches; 0 for others.
  ///   - forced: The value of `OPENBLAS_CORETYPE`.
  static func coreWarning(core: String, processorLevel: Int, forced: String?) -> String? {
    let widest: [Int: String] = [3: "AVX2", 4: "AVX-512"]
    let advised: [Int: String] = [3: "Haswell", 4: "SkylakeX"]
    guard let instructions = widest[processorLevel], let better = advised[processorLevel],
      level(ofCore: core) < processorLevel
    else { return nil }
    let loss = "OpenBLAS runs its \(core) kernels, and this processor has \(instructions)"
    if let forced, !forced.isEmpty {
      return "\(loss); unset OPENBLAS_CORETYPE (now '\(forced)')"
    }
    return "\(loss); set OPENBLAS_CORETYPE=\(better) or install a newer OpenBLAS"
  }

  /// The psABI level a family's kernels need; a family not known here counts as the newest.
  private static func level(ofCore core: String) -> Int {
    switch core.lowercased() {
    case "haswell", "zen", "excavator": 3
    case "nehalem", "sandybridge", "bulldozer", "piledriver", "steamroller": 2
    case "generic", "katmai", "coppermine", "northwood", "prescott", "banias", "core2", "penryn",
      "dunnington", "atom", "nano", "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat":
      1
    default: 4
    }
  }
}
