import MosaicTestSupport
import Testing

@testable import MosaicCore

@Suite struct ConditioningTests {
  private let directory: TemporaryDirectory
  private let text = Conditioning.Input(name: "text", shape: [2], isInteger: false)
  private let label = Conditioning.Input(name: "label", shape: [1], isInteger: true)

  init() throws { directory = try TemporaryDirectory() }

  private func file(_ tensors: [(String, TensorView)]) throws -> SafetensorsReader {
    let path = "\(directory.path)/c.safetensors"
    try SafetensorsWriter.write(tensors, to: path)
    return try SafetensorsReader(path: path)
  }

  private func floats(_ values: [Float], _ shape: [Int]) -> TensorView {
    TensorView(values, shape: shape)
  }

  @Test func rowsInAnyOrder() throws {
    let conditioning = try Conditioning(
      file([
        ("text", floats([1, 2, 3, 4, 5, 6], [3, 2])), ("null.text", floats([-1, -2], [1, 2])),
        ("label", TensorView([7] as [Int64], shape: [1])), ("other", floats([0], [1])),
      ]), inputs: [text, label])
    #expect(conditioning.rowCount == 3 && conditioning.hasNull)
    #expect(
      conditioning.values(of: "text", rows: [2, 0], withNull: false)
        == .floats([5, 6, 1, 2]))
    #expect(
      conditioning.values(of: "text", rows: [2, 0], withNull: true)
        == .floats([5, 6, 1, 2, -1, -2, -1, -2]))
    // One row serves all, and what has no null row has its own again.
    #expect(
      conditioning.values(of: "label", rows: [2, 0], withNull: true) == .integers([7, 7, 7, 7]))
    #expect(conditioning.values(of: "other", rows: [0], withNull: false) == nil)
    #expect(conditioning.stranger(in: "label", outside: 0..<8) == nil)
    #expect(conditioning.stranger(in: "label", outside: 0..<7) == 7)
  }

  @Test func digestsDiffer() throws {
    func digest(_ value: Float) throws -> [UInt8] {
      try Conditioning(file([("text", floats([1, value], [1, 2]))]), inputs: [text]).digest()
    }
    #expect(try digest(2) == digest(2))
    #expect(try digest(2) != digest(3))
  }

  private func reason(_ tensors: [(String, TensorView)]) throws -> ConditioningError.Reason? {
    let file = try file(tensors)
    do throws(ConditioningError) {
      _ = try Conditioning(file, inputs: [text, label])
      return nil
    } catch {
      #expect(error.description.hasPrefix("\(file.path): "))
      return error.reason
    }
  }

  @Test func refusals() throws {
    let labels = ("label", TensorView([1, 2] as [Int64], shape: [2]))
    let texts = ("text", floats([1, 2, 3, 4], [2, 2]))
    #expect(try reason([texts, labels]) == nil)
    #expect(try reason([texts]) == .missing("label", expected: [1]))
    #expect(
      try reason([("text", floats([1, 2, 3, 4], [4])), labels])
        == .shape("text", expected: [-1, 2], found: [4]))
    #expect(
      try reason([("text", floats([], [0, 2])), labels])
        == .shape("text", expected: [-1, 2], found: [0, 2]))
    #expect(
      try reason([texts, ("label", TensorView([1, 2, 3] as [Int64], shape: [3]))])
        == .rows("label", found: 3, expected: 2))
    #expect(try reason([texts, ("label", floats([1, 2], [2]))]) == .notIntegers("label"))
    #expect(
      try reason([("text", floats([1, .nan, 3, 4], [2, 2])), labels]) == .notFinite("text"))
    #expect(
      try reason([texts, labels, ("null.text", floats([1, 2, 3, 4], [2, 2]))])
        == .shape("null.text", expected: [1, 2], found: [2, 2]))
  }

  @Test func messages() {
    func text(_ reason: ConditioningError.Reason) -> String {
      ConditioningError(path: "c", reason: reason).description
    }
    #expect(
      text(.missing("a", expected: [7, 8]))
        == "c: holds no tensor 'a' [n, 7, 8], which the network takes a row of for every sample")
    #expect(
      text(.missingShared("a", expected: [7]))
        == "c: holds no tensor 'a' [7], which the network takes for all samples alike")
    #expect(
      text(.shape("a", expected: [-1, 8], found: [3]))
        == "c: tensor 'a' must be [n, 8], found [3]")
    #expect(
      text(.rows("a", found: 3, expected: 2))
        == "c: tensor 'a' has 3 rows where the tensors before it have 2; give as many, or one for all"
    )
    #expect(text(.indexOutside("a", 9, rows: 4)) == "c: tensor 'a' holds 9, outside 0..<4")
  }
}
