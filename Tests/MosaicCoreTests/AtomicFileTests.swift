import Foundation
import MosaicCore
import Testing

/// Files that appear whole or not at all, and the names they cannot have.
@Suite struct AtomicFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  private func content(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) }
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }
  }

  private func expectRefusal(
    _ path: String, _ reason: FileError.Reason, replacing: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try names
    #expect(
      throws: FileError(path: path, reason: reason, isOutput: true),
      sourceLocation: sourceLocation
    ) {
      try AtomicFile.write([1], to: path, replacing: replacing)
    }
    #expect(try names == before, sourceLocation: sourceLocation)
  }

  @Test func replacesAFile() throws {
    _ = try directory.file("a", [9, 9, 9])
    var file = try AtomicFile(path: path("a"))
    for part in [[0, 0], [3, 4, 5]] as [[UInt8]] {
      try part.withUnsafeBytes { try file.append($0) }
    }
    try ([1, 2] as [UInt8]).withUnsafeBytes { try file.write($0, at: 0) }
    #expect(file.count == 5)
    #expect(content("a") == [9, 9, 9])
    try file.commit()
    #expect(content("a") == [1, 2, 3, 4, 5])
    #expect(try names == ["a"])
  }

  @Test func droppedWithoutCommit() throws {
    _ = try directory.file("a", [9])
    do {
      let file = try AtomicFile(path: path("a"))
      #expect(try names.count == 2)
      #expect(try names[0].hasPrefix(".a.tmp-"))
      _ = file.count
    }
    #expect(content("a") == [9])
    #expect(try names == ["a"])
  }

  @Test func existingNotToBeReplaced() throws {
    _ = try directory.file("a", [9])
    try expectRefusal(path("a"), .exists, replacing: false)
    try AtomicFile.write([1], to: path("b"), replacing: false)
    #expect(content("b") == [1])
  }

  @Test func placesThatAreNoFiles() throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: path("directory"), withIntermediateDirectories: false)
    try manager.createSymbolicLink(atPath: path("toDirectory"), withDestinationPath: "directory")
    try manager.createSymbolicLink(atPath: path("toNothing"), withDestinationPath: "absent")
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    for name in ["directory", "directory/", "toDirectory", "toNothing", "pipe"] {
      try expectRefusal(path(name), .notRegular)
    }
    try expectRefusal("/dev/null", .notRegular)
    try expectRefusal(path("absent/a"), .noDirectory)
    try expectRefusal(path("absent/"), .noDirectory)
    try expectRefusal("", .noDirectory)
  }

  /// The system would end the name at the NUL and replace another file.
  @Test func nameWithNul() throws {
    _ = try directory.file("a", [9])
    try expectRefusal(path("a\0b"), .system(call: "create", code: EINVAL))
    #expect(content("a") == [9])
  }

  /// The link becomes a file of its own: what it led to may belong to others.
  @Test func symbolicLinkIsReplaced() throws {
    _ = try directory.file("a", [9])
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "a")
    try AtomicFile.write([1], to: path("link"))
    #expect(content("a") == [9])
    #expect(content("link") == [1])
    let type = try FileManager.default.attributesOfItem(atPath: path("link"))[.type]
    #expect(type as? FileAttributeType == .typeRegular)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write to any directory"))
  func readOnlyDirectory() throws {
    _ = try directory.file("a", [9])
    #expect(chmod(directory.path, 0o500) == 0)
    defer { chmod(directory.path, 0o700) }
    try expectRefusal(path("a"), .permission)
    #expect(content("a") == [9])
  }

  /// The temporary file's name is longer than the file's.
  @Test(arguments: [String(repeating: "a", count: 255), String(repeating: "é", count: 127)])
  func longestNames(_ name: String) throws {
    try AtomicFile.write([1], to: path(name))
    #expect(content(name) == [1])
    #expect(try names == [name])
  }

  @Test func renameThatFails() throws {
    let file = try AtomicFile(path: path("a"))
    try FileManager.default.createDirectory(
      atPath: path("a"), withIntermediateDirectories: false)
    do {
      try file.commit()
      Issue.record("a directory was replaced")
    } catch {
      #expect(error.reason == .system(call: "rename", code: EISDIR))
    }
    #expect(try names == ["a"])
  }
}
