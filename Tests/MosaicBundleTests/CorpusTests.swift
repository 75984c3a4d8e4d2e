import Foundation
import MosaicBundle
import MosaicTestSupport
import Testing

/// Every version must open what earlier ones wrote: `Fixtures/make_bundles.sh`.
@Suite struct CorpusTests {
  private static let names = [
    "bf16-three-ranges", "dense", "f32-three-ranges", "guided", "one-range", "uncompressed",
    "uniform",
  ]

  private func open(_ name: String) throws -> BundleReader {
    try BundleReader(path: Fixtures.path("bundles/v1.0/\(name).mosaic"))
  }

  @Test func nothingElseIsInTheCorpus() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Fixtures.path("bundles/v1.0"))
    #expect(files.sorted() == Self.names.map { "\($0).mosaic" })
  }

  @Test(arguments: names)
  func opensAndLoads(name: String) throws {
    let reader = try open(name)
    try reader.verify()
    for index in reader.manifest.variants.indices {
      let variant = try reader.variant(at: index)
      for (source, weight) in zip(variant.weights, variant.program.weights) {
        let values = try floats(reader, source, count: weight.shape.reduce(1, *))
        let areFinite = values.allSatisfy(\.isFinite)
        #expect(areFinite, "\(weight.name)")
      }
    }
  }

  /// What the names promise; otherwise a corpus made again could lose a feature unseen.
  @Test func holdsEveryFeature() throws {
    let manifests = try Self.names.map { try open($0).manifest }
    #expect(manifests.map(\.variants.count) == [3, 1, 3, 2, 1, 2, 2])
    let types = Set(manifests.flatMap { $0.tensors.map(\.dataType) })
    #expect(types == [.f32, .bf16])
    let codecs = manifests.map { Set($0.chunks.map { Self.name(of: $0.codec) }) }
    #expect(codecs[5] == ["raw"])
    // Weights in floating point are never stored as plain zstd: `RoundTripTests` has that codec.
    #expect(codecs.reduce([]) { $0.union($1) } == ["raw", "planes"])
    #expect(manifests[3].schedule.guidance == 2)
    #expect(manifests[6].schedule.kind == "uniform")
    #expect(manifests[1].variants[0].kept.isEmpty)
    #expect(manifests[0].variants.contains { !$0.kept.isEmpty })
  }

  private static func name(of codec: Manifest.Chunk.Codec) -> String {
    switch codec {
    case .raw: "raw"
    case .zstd: "zstd"
    case .planes: "planes"
    case .unknown(let number): "\(number)"
    }
  }
}
