import Foundation
import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// Initialisers in files beside the model, and locations that must not be followed.
@Suite struct ONNXExternalDataTests {
  let directory: TemporaryDirectory
  /// `w` of the small model, behind 3 bytes that belong to no tensor.
  private let data: [UInt8] = [9, 9, 9, 0, 0, 0, 0, 0, 0, 128, 63]

  init() throws { directory = try TemporaryDirectory() }

  @discardableResult
  private func write(
    _ entries: [(String, String)], to path: String = "model/m.onnx"
  ) throws -> String {
    let graph = SmallONNX.graph(initialisers: [SmallONNX.external(entries)])
    return try directory.file(path, SmallONNX.model(graph: graph).bytes)
  }

  private func refuses(
    _ entries: [(String, String)], _ message: String,
    _ status: MosaicCore.ExitStatus = .badData, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = try write(entries)
    let error = #expect(throws: ONNXError.self, sourceLocation: sourceLocation) {
      try ONNXModel(path: path)
    }
    #expect(
      error?.description == "\(path): initialiser 'w': \(message)", sourceLocation: sourceLocation)
    #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
  }

  private func refuses(
    location: String, _ problem: String = "leads out of the model's directory",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try refuses(
      [("location", location)],
      "its location '\(location)' \(problem); copy or export the model again",
      sourceLocation: sourceLocation)
  }

  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory(of: "\(directory.path)/\(path)"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(directory.path)/\(path)", withDestinationPath: target)
  }

  private func directory(of path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().path
  }

  @Test(arguments: ["w.data", "weights/w.data", "./w.data", "weights/./w.data"])
  func readsFilesBesideTheModel(location: String) throws {
    let file = try directory.file("model/\(location)", data)
    let path = try write([("location", location), ("offset", "3"), ("length", "8")])
    let model = try ONNXModel(path: path)
    #expect(try model.tensor("w")?.floats() == [0, 1])
    #expect(model.inputFiles.count == 2)
    #expect(isSameFile(try #require(model.path(of: "w")), file))
    #expect(model.warnings == [])
    let both = try readBytes(path) + data
    #expect(model.digest() == both.withUnsafeBytes { SHA256.hash($0) })
  }

  @Test func offsetAndLengthMayBeLeftOut() throws {
    _ = try directory.file("model/w.data", Array(data[3...]) + [7])
    let path = try write([("location", "w.data")])
    #expect(try ONNXModel(path: path).tensor("w")?.floats() == [0, 1])
  }

  @Test func ignoresChecksumsAloud() throws {
    _ = try directory.file("model/w.data", data)
    let path = try write([("location", "w.data"), ("offset", "3"), ("checksum", "00")])
    #expect(
      try ONNXModel(path: path).warnings == [
        "\(path): the checksums of external data are not compared"
      ])
  }

  /// A model hub's cache: every file is a link to another place, all to the same one.
  @Test func readsCachesOfModelHubs() throws {
    try write([("location", "m.onnx.data"), ("offset", "3")], to: "cache/blobs/1f")
    _ = try directory.file("cache/blobs/2e", data)
    try link("cache/snapshots/main/m.onnx", to: "../../blobs/1f")
    try link("cache/snapshots/main/m.onnx.data", to: "../../blobs/2e")
    let model = try ONNXModel(path: "\(directory.path)/cache/snapshots/main/m.onnx")
    #expect(try model.tensor("w")?.floats() == [0, 1])
  }

  /// The link stands alone; the data lies where the model really does.
  @Test func readsBehindALinkToTheModel() throws {
    let path = try write([("location", "w.data"), ("offset", "3")])
    _ = try directory.file("model/w.data", data)
    try link("links/m.onnx", to: path)
    let model = try ONNXModel(path: "\(directory.path)/links/m.onnx")
    #expect(try model.tensor("w")?.floats() == [0, 1])
  }

  @Test func refusesLocationsOutside() throws {
    let outside = try directory.file("outside", data)
    _ = try directory.file("model-2/w.data", data)
    try refuses(location: "../outside")
    try refuses(location: "weights/../../outside")
    try refuses(location: "..")
    try refuses(location: outside)
    try refuses(location: "/dev/zero")
    try link("model/link", to: outside)
    try refuses(location: "link")
    try link("model/sibling", to: "../model-2/w.data")
    try refuses(location: "sibling")
    try link("model/up", to: "..")
    try refuses(location: "up/outside")
  }

  @Test func refusesWhatIsNoFile() throws {
    try write([])
    _ = try directory.file("model/sub/file", [])
    try refuses(location: "sub", "is not a regular file")
    mkfifo("\(directory.path)/model/pipe", 0o600)
    try refuses(location: "pipe", "is not a regular file")
    try link("model/zero", to: "/dev/zero")
    try refuses(location: "zero")
    try refuses(
      [("location", "none")],
      "its file 'none' is not beside the model; copy it too", .missingInput)
    try link("model/dangling", to: "none")
    try refuses(
      [("location", "dangling")],
      "its file 'dangling' is not beside the model; copy it too", .missingInput)
  }

  @Test(
    arguments: [
      ([("offset", "0")], "names no location"),
      ([("location", "")], "names no location"),
      ([("location", "w.data"), ("location", "w.data")], "has the key 'location' twice"),
      ([("location", "w.data"), ("basepath", "/")], "has the unknown key 'basepath'"),
      ([("location", "w.data"), ("offset", "-1")], "its offset '-1' is no number of bytes"),
      ([("location", "w.data"), ("offset", "+1")], "its offset '+1' is no number of bytes"),
      ([("location", "w.data"), ("offset", " 1")], "its offset ' 1' is no number of bytes"),
      ([("location", "w.data"), ("offset", "")], "its offset '' is no number of bytes"),
      (
        [("location", "w.data"), ("offset", "9223372036854775808")],
        "its offset '9223372036854775808' is no number of bytes"
      ),
      ([("location", "w.data"), ("length", "1e1")], "its length '1e1' is no number of bytes"),
      ([("location", "w.data"), ("length", "4")], "its length is 4 instead of 8 bytes"),
      (
        [("location", "w.data"), ("offset", "4")],
        "needs 8 bytes from 4 on of 'w.data', which has 11"
      ),
      (
        [("location", "w.data"), ("offset", "9223372036854775807"), ("length", "8")],
        "needs 8 bytes from 9223372036854775807 on of 'w.data', which has 11"
      ),
    ] as [([(String, String)], String)])
  func refusesEntries(entries: [(String, String)], problem: String) throws {
    _ = try directory.file("model/w.data", data)
    try refuses(entries, "\(problem); copy or export the model again")
  }

  /// A constant's tensor is found the same way.
  @Test func readsAttributesInFiles() throws {
    _ = try directory.file("model/w.data", data)
    func model(_ location: String) throws -> String {
      let tensor = SmallONNX.external([("location", location), ("offset", "3")])
      let value = SmallONNX.attribute("value", type: 4, [.message(5, tensor)])
      let graph = SmallONNX.graph(
        nodes: [SmallONNX.node("Constant", [], ["y"], attributes: [value])], initialisers: [])
      return try directory.file("model/m.onnx", SmallONNX.model(graph: graph).bytes)
    }
    let node = try #require(try ONNXModel(path: model("w.data")).graph.nodes.first)
    guard case .tensor(let tensor)? = node.attributes["value"] else { throw Absent(name: "value") }
    #expect(try tensor.floats() == [0, 1])
    let path = try model("none")
    let error = #expect(throws: ONNXError.self) { try ONNXModel(path: path) }
    #expect(
      error?.description
        == "\(path): attribute 'value' of node of 'y' (Constant): its file 'none' is not beside the"
        + " model; copy it too")
  }

  @Test func refusesDataInTwoPlaces() throws {
    let entry: WireMessage = .message(13, .text(1, "location") + .text(2, "w.data"))
    refusesONNX(
      graph: SmallONNX.graph(
        initialisers: [
          SmallONNX.tensor("w", [1], raw: [0, 0, 0, 0], [entry, .integer(14, 1)])
        ]),
      "initialiser 'w' has data in raw_data and in external_data; export it again")
  }

  private func readBytes(_ path: String) throws -> [UInt8] {
    try MappedFile(path: path).withBytes { Array($0) }
  }
}
