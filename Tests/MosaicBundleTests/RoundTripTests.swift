import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

@Suite struct RoundTripTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: [Compression.none, .standard, .zstd(level: 19)])
  func keepsManifestAndTensors(compression: Compression) throws {
    let path = scratch.path()
    try SmallBundle.write(to: path, compression: compression)
    let reader = try BundleReader(path: path)
    try reader.verify()

    var stripped = reader.manifest
    stripped.tensors = []
    stripped.chunks = []
    stripped.provenance.zstdVersion = ""
    var expected = SmallBundle.manifest
    for index in expected.variants.indices {
      expected.variants[index].weights = stripped.variants[index].weights
    }
    #expect(stripped == expected)
    #expect(
      reader.manifest.tensors.map(\.name) == [
        "up.weight", "up.bias", "classes", "zeros", "down.weight.0", "down.weight.1",
        "down.weight.2",
      ])
    #expect(reader.manifest.provenance.zstdVersion.split(separator: ".").count == 3)

    for (index, runs) in SmallBundle.kept.enumerated() {
      let weights = reader.manifest.variants[index].weights
      let rows = runs.isEmpty ? Array(0..<80) : runs.flatMap { $0.start..<$0.start + $0.count }
      let w1 = try floats(reader, weights[0], count: rows.count * 16)
      #expect(w1 == rows.flatMap { SmallBundle.producer[$0 * 16..<($0 + 1) * 16] })
      let consumer = SmallBundle.consumer(count: rows.count, seed: index)
      let stored = withExtendedLifetime(consumer) { Array(consumer.bytes) }
      let w2 = try floats(reader, weights[2], count: rows.count * 16)
      let isSame = w2.enumerated().allSatisfy { index, value in
        value.bitPattern == UInt32(stored[2 * index]) << 16 | UInt32(stored[2 * index + 1]) << 24
      }
      #expect(isSame)
    }
  }

  @Test func everyCodecOccurs() throws {
    let path = scratch.path()
    try SmallBundle.write(to: path)
    let codecs = try BundleReader(path: path).manifest.chunks.map(\.codec)
    #expect(codecs.contains(.zstd))
    let planes = codecs.contains { if case .planes = $0 { true } else { false } }
    #expect(planes)
    try SmallBundle.write(to: path, compression: .none)
    #expect(try BundleReader(path: path).manifest.chunks.allSatisfy { $0.codec == .raw })
  }

  @Test func sameInputGivesSameBytes() throws {
    let (first, second) = (scratch.path("a.mosaic"), scratch.path("b.mosaic"))
    try SmallBundle.write(to: first)
    try SmallBundle.write(to: second)
    #expect(FileManager.default.contentsEqual(atPath: first, andPath: second))
  }

  @Test func identityIgnoresStorageAndNothingElse() throws {
    let (first, second) = (scratch.path("a.mosaic"), scratch.path("b.mosaic"))
    try SmallBundle.write(to: first)
    try SmallBundle.write(to: second, compression: .none)
    let reference = try BundleReader(path: first)
    #expect(try BundleReader(path: second).contentDigest == reference.contentDigest)
    try SmallBundle.write(to: second) { $0.provenance.seed = 5 }
    #expect(try BundleReader(path: second).contentDigest != reference.contentDigest)
  }

  /// The manifest's encoding and the division into chunks are the format: this changes with a
  /// change of either, which then needs a new minor version.
  @Test func identityOfAFixedBundleStays() throws {
    try SmallBundle.write(to: scratch.path())
    let digest = try BundleReader(path: scratch.path()).contentDigest
    let hexadecimal = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(
      hexadecimal == "f2f84201d743bd04c0c4e0f49771888fed40f1e977644ab6cb79809d663c4b73")
  }

  @Test func identicalContentIsStoredOnce() throws {
    let path = scratch.path()
    var random = SplitMix64(seed: 3)
    let large = TensorView(random.floats(3 << 20), shape: [3, 1 << 20])
    let small = TensorView(random.floats(7), shape: [7])
    var writer = try BundleWriter(path: path, compression: .none, replacing: true)
    for name in ["a", "b"] {
      _ = try writer.add(name: "\(name).large", large)
      _ = try writer.add(name: "\(name).small", small)
    }
    var manifest = SmallBundle.manifest
    manifest.variants = [emptyVariant]
    manifest.schedule.perStep = []
    try writer.finish(manifest)

    let reader = try BundleReader(path: path)
    try reader.verify()
    // Three blocks of 4 MiB and one pack.
    #expect(reader.manifest.chunks.map(\.rawSize) == [4 << 20, 4 << 20, 4 << 20, 28])
    #expect(reader.manifest.chunks.prefix(3).allSatisfy { $0.offset % 4096 == 0 })
    #expect(reader.manifest.tensors[0].pieces == reader.manifest.tensors[2].pieces)
    #expect(reader.manifest.tensors[1].pieces == reader.manifest.tensors[3].pieces)
    #expect(reader.fileSize < (12 << 20) + 3 * 4096)
    #expect(try bytes(reader.load(tensor: 2)) == bytes(large))
    #expect(try bytes(reader.load(tensor: 3)) == bytes(small))

    // Rows across chunks, ascending and not, and columns.
    let values = withExtendedLifetime(large) { Array(large.bytes.bindMemory(to: Float.self)) }
    let up = try floats(
      reader, .init(tensor: 0, runs: [.init(start: 0, count: 1), .init(start: 2, count: 1)]),
      count: 2 << 20)
    #expect(up == Array(values[..<(1 << 20)] + values[(2 << 20)...]))
    let down = try floats(
      reader, .init(tensor: 0, runs: [.init(start: 2, count: 1), .init(start: 0, count: 1)]),
      count: 2 << 20)
    #expect(down == Array(values[(2 << 20)...] + values[..<(1 << 20)]))
    let columns = try floats(
      reader,
      .init(tensor: 0, axis: 1, runs: [.init(start: 5, count: 2), .init(start: 1, count: 1)]),
      count: 9)
    #expect(columns == (0..<3).flatMap { row in [5, 6, 1].map { values[row << 20 + $0] } })
  }

  @Test func packsSplitWhenFull() throws {
    let path = scratch.path()
    var writer = try BundleWriter(path: path, compression: .standard, replacing: true)
    var random = SplitMix64(seed: 4)
    let tensors = (0..<200).map { _ in TensorView(random.floats(1000), shape: [10, 100]) }
    for (index, tensor) in tensors.enumerated() {
      #expect(try writer.add(name: "t\(index)", tensor) == index)
    }
    var manifest = SmallBundle.manifest
    manifest.variants = [emptyVariant]
    manifest.schedule.perStep = []
    try writer.finish(manifest)
    let reader = try BundleReader(path: path)
    #expect(reader.manifest.chunks.count == 4)
    for (index, tensor) in tensors.enumerated() {
      #expect(try bytes(reader.load(tensor: index)) == bytes(tensor))
    }
  }

  @Test func emptyTensorsAndScalarsKeepTheirShapes() throws {
    let path = scratch.path()
    try SmallBundle.write(to: path)
    var writer = try BundleWriter(path: path, compression: .standard, replacing: true)
    _ = try writer.add(name: "empty", TensorView([Float](), shape: [0, 1 << 40, 1 << 40]))
    _ = try writer.add(name: "scalar", TensorView([Float(2)], shape: []))
    var manifest = SmallBundle.manifest
    manifest.variants = [emptyVariant]
    manifest.schedule.perStep = []
    try writer.finish(manifest)
    let reader = try BundleReader(path: path)
    #expect(try reader.load(tensor: 0).shape == [0, 1 << 40, 1 << 40])
    #expect(try floats(reader, .init(tensor: 0), count: 0) == [])
    #expect(try floats(reader, .init(tensor: 1), count: 1) == [2])
  }

  @Test func writerRefusesWhatReadersWould() throws {
    let path = scratch.path()
    #expect(throws: BundleError.self) {
      try SmallBundle.write(to: path) { $0.variants[1].logSNRLower = 0 }
    }
    #expect(throws: BundleError.self) {
      try SmallBundle.write(to: path) { $0.graphText = "a\0b" }
    }
    #expect(throws: BundleError.self) {
      try SmallBundle.write(to: path) { $0.schedule.steps = -1 }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.directory.path).isEmpty)

    var writer = try BundleWriter(path: path, compression: .none, replacing: true)
    _ = try writer.add(name: "a", TensorView([Float(1)], shape: [1]))
    #expect(throws: BundleError.self) {
      _ = try writer.add(name: "a", TensorView([Float(2)], shape: [1]))
    }
  }

  @Test func existingFilesAreKeptWhereAsked() throws {
    let path = try scratch.write([1, 2, 3])
    #expect(
      throws: BundleError(
        path: path, reason: .file(.init(path: path, reason: .exists, isOutput: true)))
    ) {
      _ = try BundleWriter(path: path, compression: .none, replacing: false)
    }
  }

  /// A network that copies its sample.
  private var emptyVariant: Manifest.Variant {
    let value = { (name: String, storage: Program.Value.Storage) in
      Program.Value(name: name, shape: [1, 4, 4], storage: storage)
    }
    let program = Program(
      inputs: SmallBundle.program(hidden: 8).inputs, outputShape: [1, 4, 4], weights: [],
      values: [value("x", .input(0)), value("y", .output)],
      instructions: [.init(.activation(.none, count: 16), [0], into: 1)], arenaSize: 0)
    return .init(name: "copy", program: program, weights: [], macsPerSample: 0, sparsity: 0)
  }
}
