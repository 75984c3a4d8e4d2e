import MosaicBundle
import MosaicCore

/// Packs the tensors of a safetensors file into a bundle, and reads them back, for
/// `docs/benchmarks/bundle_speed.py`.
///
/// `pack tensors=FILE path=PATH threads=N`, with `level=N` or `level=none`; `unpack path=PATH
/// threads=N`, which loads the weights of the variant as f32. Prints the seconds taken.
struct PackRun {
  private let arguments: Arguments
  private let path: String
  private let threads: Int

  init(_ arguments: Arguments) {
    self.arguments = arguments
    path = arguments.text("path", "")
    threads = arguments.number("threads", 1)
  }

  func pack() throws {
    let reader = try SafetensorsReader(path: arguments.text("tensors", ""))
    let tensors = reader.names.compactMap { reader.tensor($0) }
    let level = arguments.text("level", "1")
    try report {
      try SeedBundle.write(
        to: path, more: tensors, isRead: true,
        compression: level == "none" ? .none : .zstd(level: Int(level) ?? 1), threads: threads)
    }
  }

  func unpack() throws {
    try report {
      let reader = try BundleReader(path: path)
      let variant = try reader.variant(at: 1)
      let memories = variant.program.weights.map {
        OwnedBytes(uninitializedCount: 4 * (elementCount(of: $0.shape) ?? 0))
      }
      defer { withExtendedLifetime(memories) {} }
      let buffers = memories.map { $0.memory.bindMemory(to: Float.self) }
      try reader.loadFloats(Array(zip(variant.weights, buffers)), threads: threads)
    }
  }

  private func report(_ work: () throws -> Void) throws {
    let seconds = try ContinuousClock().measure(work) / .seconds(1)
    print(seconds)
  }
}
