import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct BundleComparisonTests {
  private let scratch: Scratch
  private let reference: BundleReader

  init() throws {
    scratch = try Scratch()
    try SmallBundle.write(to: scratch.path("a.mosaic"))
    reference = try BundleReader(path: scratch.path("a.mosaic"))
  }

  private func other(_ change: (inout Manifest) -> Void = { _ in }) throws -> BundleReader {
    try SmallBundle.write(to: scratch.path("b.mosaic"), compression: .none, change: change)
    return try BundleReader(path: scratch.path("b.mosaic"))
  }

  @Test func equalContentIsAlikeHoweverStored() throws {
    let comparison = try BundleComparison(reference, try other())
    #expect(comparison.isAlike)
    #expect(comparison.text == "")
    #expect(comparison.json == [])
  }

  @Test func structureByItself() throws {
    let changed = try other {
      $0.graphText += "\nmore"
      $0.variants[2].sparsity = 0.7
      $0.variants[2].kept[0].runs = [.init(start: 0, count: 30), .init(start: 60, count: 10)]
    }
    let comparison = try BundleComparison(reference, changed, parts: [.structure])
    #expect(comparison.differences.map(\.layer) == [.model, .ranges, .units])
    #expect(comparison.differences[0].text == "the dense graphs differ")
    #expect(
      comparison.differences[2].text
        == "range 2, mlp: keeps 40 and 40 units, 26 in common")
    #expect(try BundleComparison(reference, changed, parts: [.tensors]).isAlike)
  }

  @Test func groupsWithoutUnits() throws {
    let changed = try other { $0.variants[2] = SmallBundle.withoutUnits($0.variants[2]) }
    let comparison = try BundleComparison(reference, changed, parts: [.structure])
    #expect(
      comparison.differences.map(\.text) == [
        "range 2, mlp: keeps 40 and 0 units, 0 in common"
      ])
  }

  @Test func tensorsByItself() throws {
    let scaled = SmallBundle.producer.map { $0 * 1.25 }
    let largest = SmallBundle.producer.reduce(0) { max($0, abs(Double($1))) }
    let a = try BundleReader(path: try bundle("x.mosaic", SmallBundle.producer, extra: "one"))
    let b = try BundleReader(path: try bundle("y.mosaic", scaled, extra: "two"))
    let found = try BundleComparison(a, b, parts: [.tensors]).differences.compactMap(\.tensor)
    #expect(found.map(\.name) == ["up.weight", "one", "two"])
    #expect(found.map(\.isRefitted) == [false, false, false])
    #expect(found[1].kind == .onlyInFirst && found[2].kind == .onlyInSecond)
    guard case .values(let difference, let relative) = found[0].kind else {
      Issue.record("no values: \(found[0])")
      return
    }
    // A quarter of values with 8 significant bits is exact.
    #expect(difference == largest / 4)
    #expect(relative == 0.25)
    let wide = try BundleComparison(a, b, parts: [.tensors], tolerance: 0.25)
    #expect(wide.differences.compactMap(\.tensor?.name) == ["one", "two"])
    let json = try #require(
      try BundleComparison(a, b, parts: [.tensors]).json.array?.first)
    #expect(json["tensor"] == "up.weight" && json["relative_difference"] == 0.25)
    #expect(json["refitted"] == false)
  }

  @Test func refittedTensorsAreNamed() throws {
    // The third variant's consumer becomes the second's: the same name, another shape.
    let changed = try BundleReader(
      path: try bundle("y.mosaic", SmallBundle.producer, extra: "down.weight.2"))
    let found = try BundleComparison(reference, changed, parts: [.tensors]).differences
      .compactMap(\.tensor)
    let consumer = try #require(found.first { $0.name == "down.weight.2" })
    #expect(consumer.isRefitted)
    #expect(consumer.text == "down.weight.2 (refitted): BF16 [16, 40], F32 [1]")
  }

  /// A bundle of a network that reads nothing, with two tensors beside it.
  private func bundle(_ name: String, _ values: [Float], extra: String) throws -> String {
    let path = scratch.path(name)
    var writer = try BundleWriter(path: path, compression: .none, replacing: true)
    _ = try writer.add(name: "up.weight", TensorView(values, shape: [80, 16]))
    _ = try writer.add(name: extra, TensorView([Float(1)], shape: [1]))
    var manifest = SmallBundle.manifest
    let value = { (name: String, storage: Program.Value.Storage) in
      Program.Value(name: name, shape: [1, 4, 4], storage: storage)
    }
    let program = Program(
      inputs: SmallBundle.program(hidden: 8).inputs, outputShape: [1, 4, 4], weights: [],
      values: [value("x", .input(0)), value("y", .output)],
      instructions: [.init(.activation(.none, count: 16), [0], into: 1)], arenaSize: 0)
    manifest.variants = [
      .init(name: "copy", program: program, weights: [], macsPerSample: 0, sparsity: 0)
    ]
    manifest.schedule.perStep = []
    try writer.finish(manifest)
    return path
  }
}
