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

  /// Unit counts come from strangers, and need no memory.
  @Test func groupsOfManyUnits() throws {
    let many = { (name: String, kept: [Manifest.Run]) in
      let path = scratch.path(name)
      try SmallBundle.write(to: path) {
        $0.groups[0].unitCount = 1 << 60
        $0.variants[2].kept[0].runs = kept
      }
      return try BundleReader(path: path)
    }
    let half = 1 << 59
    let a = try many("x.mosaic", [.init(start: 0, count: half)])
    let same = try many(
      "y.mosaic", [.init(start: 0, count: half - 1), .init(start: half - 1, count: 1)])
    let other = try many(
      "z.mosaic", [.init(start: 5, count: 3), .init(start: half - 1, count: 10)])
    #expect(try BundleComparison(a, same).isAlike)
    #expect(
      try BundleComparison(a, other).differences.map(\.text) == [
        "range 2, mlp: keeps \(half) and 13 units, 4 in common"
      ])
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

  // MARK: By units

  /// The producer's rows in reverse, without those of units 0 to 2.
  private func reversed(_ name: String, changing unit: Int? = nil) throws -> BundleReader {
    let order = Array((3..<SmallBundle.hidden).reversed())
    var values = SmallBundle.producer
    if let unit { values[16 * unit + 1] += 0.5 }
    let rows = order.flatMap { values[16 * $0..<16 * ($0 + 1)] }
    return try BundleReader(path: try bundle(name, rows, extra: "one", order: order))
  }

  @Test func rowsAreComparedByUnit() throws {
    let plain = try BundleReader(path: try bundle("x.mosaic", SmallBundle.producer, extra: "one"))
    #expect(try BundleComparison(plain, try reversed("y.mosaic")).isAlike)
    // A unit that only one has does not count, one that both have does.
    let changed = try reversed("z.mosaic", changing: 7)
    for pair in [(plain, changed), (changed, plain)] {
      let found = try BundleComparison(pair.0, pair.1, parts: [.tensors]).differences
        .compactMap(\.tensor)
      #expect(found.map(\.name) == ["up.weight"])
      #expect(found[0].isOfCommonUnits)
      #expect(found[0].text.hasSuffix(" of its largest, in the units that both have"))
      guard case .values(let largest, _) = found[0].kind else {
        Issue.record("no values: \(found[0])")
        return
      }
      #expect(abs(largest - 0.5) < 1e-6)
    }
    let json = try BundleComparison(plain, changed, parts: [.tensors]).json.array?.first
    #expect(json?["common_units_only"] == true)
  }

  /// A refitted consumer's columns follow the rows that its variant reads.
  @Test func columnsAreComparedByUnit() throws {
    #expect(
      reference.manifest.unitAxes().map { $0.map(\.axis) }
        == [[0], [], [], [], [1], [1], [1]])
    #expect(
      reference.manifest.unitAxes()[6][0].units == Array(48..<64) + Array(8..<32))
    let names = { (runs: [Manifest.Run]) throws -> [String] in
      let changed = try other {
        $0.variants[0].kept[0].runs = runs
        $0.variants[0].weights[0].runs = runs
        $0.variants[0].weights[1].runs = runs
      }
      return try BundleComparison(reference, changed, parts: [.tensors]).differences
        .compactMap(\.tensor?.text)
    }
    // The same numbers, of units of which none or some are the same.
    #expect(try names([.init(start: 40, count: 40)]) == [])
    let found = try names([.init(start: 20, count: 40)])
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("down.weight.0 (refitted): differs by up to "))
    #expect(found[0].hasSuffix(", in the units that both have"))
  }

  /// A bundle of a network that reads nothing, with two tensors beside it.
  private func bundle(
    _ name: String, _ values: [Float], extra: String, order: [Int] = []
  ) throws -> String {
    let path = scratch.path(name)
    var writer = try BundleWriter(path: path, compression: .none, replacing: true)
    _ = try writer.add(name: "up.weight", TensorView(values, shape: [values.count / 16, 16]))
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
    manifest.groups[0].order = order
    try writer.finish(manifest)
    return path
  }
}
