import MosaicBundle
import MosaicCore
import MosaicTestSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads damaged bundles whole: every one is refused with an error, or read.
struct BundleFuzzing {
  private static let memoryLimit = 1 << 24

  let path: String
  /// Undamaged, for comparison.
  private let seedPath: String
  let seed: Int
  private var counts: [String: Int] = [:]
  private var clock = CaseClock()

  /// - Parameter directory: Where the damaged bundle of the moment lies, also after a crash.
  init(directory: String, seed: Int) {
    path = "\(directory)/mutant.mosaic"
    seedPath = "\(directory)/seed.mosaic"
    self.seed = seed
  }

  mutating func run(cases: Int, first: Int, isSystematic: Bool) throws {
    try SeedBundle.write(to: path)
    try SeedBundle.write(to: seedPath)
    let mutation = BundleMutation(try bytes(of: path))
    guard try outcome("the seed") == "read" else { fail("the seed is refused") }
    if isSystematic {
      for (index, mutant) in mutation.systematic.enumerated() {
        try check(mutant, "systematic case \(index)")
      }
      report("systematic bundle cases, those of flipped bits sealed again and not")
    }
    counts = [:]
    for index in first..<first + cases {
      let state = UInt64(seed) << 32 | UInt64(index)
      try check(mutation.mutant(seed: state), "bundle case \(index) of seed \(seed)")
    }
    let passed = report("random bundle cases of seed \(seed)")
    // Of the systematic ones the manifest's length decides how many may pass.
    if 2 * passed < cases { fail("fewer than half passed the checksums") }
    unlink(path)
    unlink(seedPath)
  }

  private mutating func check(_ mutant: [UInt8], _ name: String) throws {
    overwrite(path, with: mutant)
    counts[try outcome(name), default: 0] += 1
  }

  /// Reads the file in the directory, and says which check refused it.
  mutating func outcome(_ name: String) throws -> String {
    let fuzzing = self
    let error = clock.measure(name) { fuzzing.readAll(name) }
    guard let error else { return "read" }
    checkPrintable(error.description, name)
    return Self.layer(error.reason)
  }

  /// Goes on after an error, since what refuses one tensor may load another.
  private func readAll(_ name: String) -> BundleError? {
    var first: BundleError?
    func attempt(_ work: () throws(BundleError) -> Void) {
      do { try work() } catch { first = first ?? error }
    }
    attempt { () throws(BundleError) in
      let reader = try BundleReader(path: path, memoryLimit: Self.memoryLimit)
      attempt { () throws(BundleError) in try reader.verify() }
      for index in reader.manifest.tensors.indices {
        attempt { () throws(BundleError) in _ = try reader.load(tensor: index) }
      }
      for index in reader.manifest.variants.indices {
        attempt { () throws(BundleError) in
          let variant = try reader.variant(at: index)
          for (source, weight) in zip(variant.weights, variant.program.weights) {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(
              capacity: elementCount(of: weight.shape) ?? 0)
            defer { buffer.deallocate() }
            attempt { () throws(BundleError) in try reader.loadFloats(source, into: buffer) }
          }
        }
      }
      let summary = BundleSummary(reader)
      let texts = [summary.text, summary.groupText, summary.planText]
      for line in texts.joined(separator: "\n").split(separator: "\n") {
        checkPrintable(String(line), name)
      }
      _ = summary.json.text()
      attempt { () throws(BundleError) in
        let seed = try BundleReader(path: seedPath)
        for comparison in [try BundleComparison(seed, reader), try BundleComparison(reader, seed)] {
          for difference in comparison.differences { checkPrintable(difference.text, name) }
        }
      }
    }
    return first
  }

  private static func layer(_ reason: BundleError.Reason) -> String {
    switch reason {
    case .magic, .mangled, .trailing, .truncated(section: "the header", _, _),
      .truncated(section: "the file", _, _), .checksum(section: "the header"),
      .checksum(section: "the manifest"):
      "checksums"
    case .version, .feature, .inconsistent(section: "the header", _),
      .limit(what: "the manifest's size", _, _), .limit(what: "the manifest's compression", _, _):
      "header"
    case .checksum: "chunk checksum"
    case .inconsistent, .limit, .truncated: "manifest"
    case .wire: "wire format"
    case .program: "program"
    case .unsupported, .unknownProgram: "unknown parts"
    case .memory: "memory limit"
    case .file(let error): fail("cannot read: \(error)")
    }
  }

  /// Returns how many passed the checksums.
  @discardableResult private func report(_ title: String) -> Int {
    let cases = counts.values.reduce(0, +)
    let passed = cases - counts["checksums", default: 0]
    print("\(cases) \(title): \(passed) passed the checksums of header and manifest")
    for (layer, count) in counts.sorted(by: { $0.key < $1.key }) {
      print(layer == "read" ? "  read whole: \(count)" : "  refused by \(layer): \(count)")
    }
    print("  \(clock.report)")
    return passed
  }

  private func bytes(of path: String) throws -> [UInt8] {
    try MappedFile(path: path).withBytes { Array($0) }
  }
}
