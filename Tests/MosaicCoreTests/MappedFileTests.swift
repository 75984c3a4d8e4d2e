import Foundation
import MosaicCore
import Testing

@Suite struct MappedFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func mapsBytesThroughALink() throws {
    let path = try directory.file("a", [1, 2, 3])
    let link = "\(directory.path)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(try MappedFile(path: link).withBytes { Array($0) } == [1, 2, 3])
  }

  @Test func mapsAnEmptyFile() throws {
    #expect(try MappedFile(path: directory.file("empty")).bytes.count == 0)
  }

  @Test func outlivesTheRemovedName() throws {
    let path = try directory.file("a", [1, 2, 3])
    let file = try MappedFile(path: path)
    try FileManager.default.removeItem(atPath: path)
    #expect(file.withBytes { Array($0) } == [1, 2, 3])
  }

  @Test func refusesWhatIsNoFile() throws {
    let pipe = "\(directory.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let cut = try directory.file("a") + "\0.safetensors"
    let refusals: [(String, FileError.Reason)] = [
      (directory.path, .notRegular), (pipe, .notRegular), ("/dev/zero", .notRegular),
      ("\(directory.path)/none", .missing), (cut, .missing),
    ]
    for (path, reason) in refusals {
      let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
      #expect(error?.reason == reason, "\(path)")
    }
  }
}
