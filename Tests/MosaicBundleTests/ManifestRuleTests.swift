import Foundation
import MosaicCore
import Testing

@testable import MosaicBundle

/// Every rule between the parts of a manifest, broken alone under correct checksums.
@Suite struct ManifestRuleTests {
  private let scratch: Scratch
  private let image: BundleImage

  init() throws {
    scratch = try Scratch()
    image = try BundleImage(scratch)
  }

  private func found(_ change: (inout Manifest) -> Void) throws -> BundleError.Reason? {
    var image = image
    try image.change(change)
    return reason(try scratch.write(image.sealed()))
  }

  private func isInconsistent(
    _ section: String, _ change: (inout Manifest) -> Void
  ) throws -> Bool {
    guard case .inconsistent(let place, _) = try found(change) else { return false }
    return place == section
  }

  @Test func noiseLevelsAreServedOnce() throws {
    #expect(try isInconsistent("variant 'range 0'") { $0.variants[0].logSNRLower = -10 })
    #expect(try isInconsistent("variant 'range 0'") { $0.variants[0].logSNRLower = .nan })
    // A gap, an overlap, a reversed range, an empty one, NaN, an end too early, none at all.
    #expect(try isInconsistent("variant 'range 1'") { $0.variants[1].logSNRLower = -2 })
    #expect(try isInconsistent("variant 'range 1'") { $0.variants[1].logSNRLower = -3 })
    #expect(try isInconsistent("variant 'range 1'") { $0.variants[1].logSNRUpper = -4 })
    #expect(try isInconsistent("variant 'range 1'") { $0.variants[1].logSNRUpper = -2.5 })
    #expect(try isInconsistent("variant 'range 1'") { $0.variants[1].logSNRUpper = .nan })
    #expect(try isInconsistent("the variants") { $0.variants[2].logSNRUpper = 5 })
    #expect(try isInconsistent("the variants") { $0.variants = [] })
    #expect(
      try found { $0.variants = Array(repeating: $0.variants[0], count: 257) }
        == .limit(what: "the number of variants", value: 257, limit: 256))
  }

  @Test func keptUnitsAreInTheirGroup() throws {
    let runs: [[Manifest.Run]] = [
      [.init(start: 41, count: 40)], [.init(start: 80, count: 1)], [.init(start: 0, count: 0)],
      [.init(start: 1 << 61, count: 1 << 61)],
      [.init(start: 10, count: 5), .init(start: 14, count: 5)],
      [.init(start: 10, count: 5), .init(start: 0, count: 5)],
    ]
    for runs in runs {
      #expect(
        try isInconsistent("variant 'range 0', group 'mlp'") {
          $0.variants[0].kept[0].runs = runs
        }, "\(runs)")
    }
    #expect(try isInconsistent("variant 'range 0'") { $0.variants[0].kept[0].group = 1 })
  }

  @Test func weightsAreWhatTheProgramReads() throws {
    let place = "variant 'range 0', weight 'up.weight'"
    #expect(try isInconsistent("variant 'range 0'") { $0.variants[0].weights.removeLast() })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].tensor = 7 })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].tensor = 3 })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].axis = 1 })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].axis = 2 })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].runs[0].start = 41 })
    #expect(try isInconsistent(place) { $0.variants[0].weights[0].runs[0].count = 39 })
    #expect(
      try isInconsistent(place) {
        $0.variants[0].weights[0].runs = Array(repeating: .init(start: 0, count: 80), count: 4)
      })
    #expect(
      try found { $0.tensors[4].dataType = .i16 }
        == .unsupported(
          kind: "data type of a weight", name: "I16", place: "tensor 'down.weight.0'"))
  }

  @Test func tensorsAreInTheirChunks() throws {
    let place = "tensor 'up.weight'"
    #expect(try isInconsistent(place) { $0.tensors[0].pieces[0].chunk = 99 })
    #expect(try isInconsistent(place) { $0.tensors[0].pieces[0].offset = 4 })
    #expect(try isInconsistent(place) { $0.tensors[0].pieces[0].offset = 1 << 61 })
    #expect(try isInconsistent(place) { $0.tensors[0].pieces[0].byteCount -= 4 })
    #expect(try isInconsistent(place) { $0.tensors[0].pieces[0].byteCount = 0 })
    #expect(try isInconsistent(place) { $0.tensors[0].pieces += $0.tensors[0].pieces })
    #expect(
      try isInconsistent(place) {
        $0.tensors[0].pieces = [
          .init(chunk: 0, offset: 0, byteCount: 2), .init(chunk: 0, offset: 2, byteCount: 5118),
        ]
      })
    #expect(try isInconsistent(place) { $0.tensors[0].shape = [1 << 40, 1 << 40] })
    #expect(try isInconsistent(place) { $0.tensors[0].shape = [1 << 41, 0] })
    #expect(try found { $0.tensors[0].shape = Array(repeating: 1, count: 9) } != nil)
    #expect(try isInconsistent("tensor 'up.bias'") { $0.tensors[0].name = "up.bias" })
    #expect(try isInconsistent("a tensor") { $0.tensors[0].name = "" })
    #expect(
      try isInconsistent("a tensor") { $0.tensors[0].name = String(repeating: "a", count: 1025) })
  }

  @Test func rolesAndReportsFit() throws {
    #expect(try isInconsistent("the model") { $0.model.sampleShape = [4, 4] })
    #expect(try isInconsistent("the model") { $0.model.nullClass = 4 })
    #expect(try isInconsistent("the model") { $0.model.classNames += ["a", "b"] })
    #expect(try isInconsistent("the model") { $0.model.classInput = nil })
    #expect(try isInconsistent("variant 'range 0'") { $0.model.outputChannels = 2 })
    #expect(try isInconsistent("variant 'range 0'") { $0.model.sampleInput = "other" })
    #expect(try isInconsistent("variant 'range 0'") { $0.model.timestepInput = "class_labels" })
    #expect(try isInconsistent("variant 'range 0'") { $0.model.classInput = "timestep" })
    #expect(try isInconsistent("the schedule") { $0.schedule.perStep[0].variant = 3 })
    #expect(
      try isInconsistent("the sensitivity of step 0") { $0.sensitivity[0].errors.removeLast() })
    #expect(
      try isInconsistent("source 'model.safetensors'") {
        $0.provenance.sources[0].sha256 = []
      })
  }

  // MARK: Names

  @Test func namesAreKeptAsBytesAndPrintedEscaped() throws {
    let names = ["a\nb\u{1B}[31m", "../../etc/passwd", "caf\u{E9}", "cafe\u{301}", "🧩"]
    var changed = image
    try changed.change { for (index, name) in names.enumerated() { $0.tensors[index].name = name } }
    let path = try scratch.write(changed.sealed())
    let stored = try BundleReader(path: path).manifest.tensors.prefix(5).map { Array($0.name.utf8) }
    #expect(stored == names.map { Array($0.utf8) })

    let error = BundleError(
      path: "x.mosaic",
      reason: try #require(
        try found {
          $0.tensors[0].name = names[0]
          $0.tensors[0].pieces = []
        }))
    #expect(
      error.description
        == "x.mosaic: tensor 'a\\u{a}b\\u{1b}[31m': lacks 5120 bytes for its shape [80, 16]; "
        + "convert it again")
  }

  @Test func nulInANameIsRefusedBeforeItIsCut() throws {
    var changed = image
    let place = try #require(changed.manifest.firstRange(of: Array("up.bias".utf8)))
    changed.manifest[place.lowerBound + 2] = 0
    guard case .wire(let error) = reason(try scratch.write(changed.sealed())) else {
      Issue.record("NUL was accepted")
      return
    }
    #expect(error.reason == .nul(field: "mosaic.Tensor.name"))
    #expect(error.offset == place.lowerBound + 2)
  }

  // MARK: Newer writers

  @Test func unknownOperationsSpareTheOtherVariants() throws {
    // "linear" is the beta schedule and two operations of each variant.
    var changed = image
    let bytes = Array("linear".utf8)
    var places: [Int] = []
    for start in changed.manifest.indices.dropLast(bytes.count)
    where changed.manifest[start..<start + bytes.count].elementsEqual(bytes) {
      places.append(start)
    }
    #expect(places.count == 7)
    changed.manifest[places[3]] = UInt8(ascii: "m")
    let path = try scratch.write(changed.sealed())
    let reader = try BundleReader(path: path)
    #expect(reader.manifest.variants[1].unsupported == "operation 'minear'")
    #expect(try reader.variant(at: 0).name == "range 0")
    let expected = BundleError(
      path: path, reason: .unknownProgram(variant: "range 1", what: "operation 'minear'"))
    #expect(throws: expected) { try reader.variant(at: 1) }
    #expect(throws: expected) { try reader.verify() }
    #expect(expected.exitStatus == .unsupported)
    #expect(
      expected.description
        == "\(path): variant 'range 1': operation 'minear' is unknown to this mosaic; "
        + "use a newer one")
  }

  @Test(arguments: [
    ("gelu_tanh", "gelu_tan2", "activation 'gelu_tan2'"),
    ("cosine_first", "cosine_fir5t", nil),
    ("max_period", "max_peri0d", nil),
    ("i32", "i64", "element type 'i64'"),
  ])
  func unknownPartsOfPrograms(old: String, new: String, expected: String?) throws {
    var changed = image
    let place = try #require(changed.manifest.firstRange(of: Array(old.utf8)))
    changed.manifest.replaceSubrange(place, with: Array(new.utf8))
    let path = try scratch.write(changed.sealed())
    if let expected {
      #expect(try BundleReader(path: path).manifest.variants[0].unsupported == expected)
    } else {
      // A missing attribute is damage, whatever else is there.
      let name = old
      guard case .inconsistent(_, let problem) = reason(path) else {
        Issue.record("\(old) was not missed")
        return
      }
      #expect(problem == "timestep_embedding lacks '\(name)'")
    }
  }

  @Test func unknownSchedulersAndTypesAreNamed() throws {
    func found(_ old: String, _ new: String) throws -> BundleError.Reason? {
      var changed = image
      let place = try #require(changed.manifest.firstRange(of: Array(old.utf8)))
      changed.manifest.replaceSubrange(place, with: Array(new.utf8))
      return reason(try scratch.write(changed.sealed()))
    }
    #expect(
      try found("v_prediction", "w_prediction")
        == .unsupported(kind: "prediction type", name: "w_prediction", place: "the scheduler"))
    #expect(
      try found("BF16", "BF61")
        == .unsupported(kind: "data type", name: "BF61", place: "tensor 'down.weight.0'"))
  }
}
