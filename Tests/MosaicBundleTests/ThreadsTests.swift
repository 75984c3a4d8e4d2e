import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Chunks are encoded and decoded on several threads, to the same end as on one.
@Suite struct ThreadsTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let tensors: [TensorView] = {
    var random = SplitMix64(seed: 9)
    let large = TensorView(random.floats(5 << 20), shape: [5, 1 << 20])
    let halves = TensorView(random.floats(3 << 20), shape: [3 << 10, 1 << 10], storedAs: .bf16)
    let small = (0..<40).map { _ in TensorView(random.floats(500), shape: [20, 25]) }
    return [large, halves, large] + small + [TensorView(random.floats(1 << 19), shape: [1 << 19])]
  }()

  private func write(threads: Int, as name: String) throws -> String {
    let path = scratch.path(name)
    var writer = try BundleWriter(path: path, threads: threads)
    for (index, tensor) in Self.tensors.enumerated() {
      _ = try writer.add(name: "t\(index)", tensor)
    }
    var manifest = SmallBundle.manifest
    manifest.variants = []
    for index in 0..<1 {
      let value = { (name: String, storage: Program.Value.Storage) in
        Program.Value(name: name, shape: [1, 4, 4], storage: storage)
      }
      manifest.variants.append(
        .init(
          name: "copy \(index)",
          program: Program(
            inputs: SmallBundle.program(hidden: 8).inputs, outputShape: [1, 4, 4], weights: [],
            values: [value("x", .input(0)), value("y", .output)],
            instructions: [.init(.activation(.none, count: 16), [0], into: 1)], arenaSize: 0),
          weights: [], macsPerSample: 0, sparsity: 0))
    }
    manifest.schedule.perStep = []
    try writer.finish(manifest)
    return path
  }

  @Test func bytesDoNotDependOnThreads() throws {
    let one = try write(threads: 1, as: "one.mosaic")
    for threads in [2, 3, 16] {
      let many = try write(threads: threads, as: "many.mosaic")
      #expect(FileManager.default.contentsEqual(atPath: one, andPath: many))
    }
    let reader = try BundleReader(path: one)
    try reader.verify()
    #expect(reader.manifest.tensors[0].pieces == reader.manifest.tensors[2].pieces)
    for (index, tensor) in Self.tensors.enumerated() {
      let loaded = try reader.load(tensor: index)
      let isSame = withExtendedLifetime((loaded, tensor)) {
        loaded.bytes.elementsEqual(tensor.bytes)
      }
      #expect(isSame)
    }
  }

  /// Sources of every kind at once, against rows and columns taken from the whole tensors.
  @Test(arguments: [1, 4]) func gathersManyWeights(threads: Int) throws {
    let reader = try BundleReader(path: write(threads: 2, as: "test.mosaic"))
    var sources: [Manifest.WeightSource] = Self.tensors.indices.map { .init(tensor: $0) }
    sources += [
      .init(tensor: 0, runs: [.init(start: 1, count: 1), .init(start: 3, count: 2)]),
      .init(tensor: 0, runs: [.init(start: 4, count: 1), .init(start: 0, count: 2)]),
      .init(tensor: 1, runs: [.init(start: 7, count: 1000), .init(start: 2000, count: 5)]),
      .init(tensor: 1, axis: 1, runs: [.init(start: 0, count: 3), .init(start: 500, count: 24)]),
      .init(tensor: 1, axis: 1, runs: [.init(start: 500, count: 24), .init(start: 0, count: 3)]),
      .init(tensor: 5, axis: 1, runs: [.init(start: 3, count: 1), .init(start: 4, count: 20)]),
    ]
    let buffers = try sources.map { source in
      let shape = try reader.manifest.shape(of: source, "test")
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(
        capacity: elementCount(of: shape) ?? 0)
      buffer.initialize(repeating: .nan)
      return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    try reader.loadFloats(Array(zip(sources, buffers)), threads: threads)
    for (source, buffer) in zip(sources, buffers) {
      let isSame = buffer.elementsEqual(expected(source))
      #expect(isSame, "\(source)")
    }
  }

  private func expected(_ source: Manifest.WeightSource) -> [Float] {
    let view = Self.tensors[source.tensor]
    var floats = [Float](repeating: 0, count: view.elementCount)
    floats.withUnsafeMutableBufferPointer { view.convert(into: $0) }
    guard !source.runs.isEmpty else { return floats }
    let indices = source.runs.flatMap { $0.start..<$0.start + $0.count }
    let width = view.shape[1]
    if source.axis == 0 {
      return indices.flatMap { floats[$0 * width..<($0 + 1) * width] }
    }
    return (0..<view.shape[0]).flatMap { row in indices.map { floats[row * width + $0] } }
  }

  @Test func damageIsFoundByAnyThread() throws {
    let path = try write(threads: 2, as: "test.mosaic")
    let chunk = try BundleReader(path: path).manifest.chunks[3]
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: UInt64(chunk.offset + 100))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(chunk.offset + 100))
    try handle.write(contentsOf: [byte ^ 1])
    try handle.close()
    let reader = try BundleReader(path: path)
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 5 << 20)
    defer { buffer.deallocate() }
    #expect(throws: BundleError(path: path, reason: .checksum(section: "chunk 3"))) {
      try reader.loadFloats([(.init(tensor: 0), buffer)], threads: 4)
    }
  }

  // MARK: The order of units

  @Test func orderOfUnitsRoundTrips() throws {
    let path = scratch.path()
    let order = Array((0..<SmallBundle.hidden).reversed().dropLast(3))
    try SmallBundle.write(to: path) { $0.groups[0].order = order }
    #expect(try BundleReader(path: path).manifest.groups[0].order == order)
    let minor = { try Data(contentsOf: URL(fileURLWithPath: path))[20] }
    #expect(try minor() == 1)
    // Without it, the file is what the first version reads and writes.
    try SmallBundle.write(to: path)
    #expect(try BundleReader(path: path).manifest.groups[0].order == [])
    #expect(try minor() == 0)
  }

  @Test func addedRowsNeedTheThirdVersion() throws {
    let path = scratch.path()
    try SmallBundle.write(to: path) { $0.variants[2] = SmallBundle.withoutUnits($0.variants[2]) }
    let reader = try BundleReader(path: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path))[20] == 3)
    #expect(reader.manifest.variants[2].kept == [.init(group: 0, runs: [])])
    #expect(BundleSummary(reader).unitCounts(of: reader.manifest.variants[2]) == (0, 80))
    try reader.verify()
  }

  @Test(arguments: [[1, 1], [80], [0, 1 << 40]]) func wrongOrderIsRefused(order: [Int]) throws {
    let path = scratch.path()
    #expect(
      throws: BundleError(
        path: path,
        reason: .inconsistent(
          section: "group 'mlp'",
          problem: "its order of \(order.count) units names one twice or beyond 80"))
    ) {
      try SmallBundle.write(to: path) { $0.groups[0].order = order }
    }
  }
}
