import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Writers that meet errors: the old bundle stays, and nothing else.
@Suite(.serialized) struct WriteFaultTests {
  @Test(arguments: [(ENOSPC, 74), (EDQUOT, 74), (EIO, 74), (EACCES, 77)] as [(Int32, Int32)])
  func everySystemCallFails(error: Int32, status: Int32) throws {
    let target = try WriteTarget(kilobytes: 400)
    let calls = try WriterProcess(target.path, version: 1, kilobytes: 400).finish().systemCalls
    // The last call syncs the directory, once the new bundle is there.
    for call in 0..<max(calls - 1, 12) {
      let ending = try WriterProcess(
        target.path, version: 2, kilobytes: 400, "fail=\(call)", "error=\(error)"
      ).finish()
      #expect(ending.status == status && ending.signal == nil, "call \(call): \(ending.text)")
      #expect(ending.text.hasPrefix("error \(target.path): "))
      #expect(ending.text.split(separator: "\n").count == 1)
      #expect(try target.version() == 1)
      #expect(try target.others() == [])
    }
  }

  @Test func fileOfLimitedSize() throws {
    let target = try WriteTarget(kilobytes: 400)
    for count in [0, 1, 127, 128, 5000, 100_000, 400 << 10] {
      let ending = try WriterProcess(
        target.path, version: 2, kilobytes: 400, "bytes=\(count)"
      ).finish()
      #expect(ending.text == "error \(target.path): write failed: File too large\n")
      #expect(ending.status == 74 && ending.signal == nil)
      #expect(try target.version() == 1)
      #expect(try target.others() == [])
    }
  }

  @Test func twoWritersOfOneName() throws {
    let target = try WriteTarget(kilobytes: 2000)
    for round in 0..<10 {
      let versions = [2 * round + 2, 2 * round + 3]
      let writers = try versions.map {
        try WriterProcess(target.path, version: $0, kilobytes: 2000)
      }
      for writer in writers { #expect(writer.finish().status == 0) }
      #expect(versions.contains(try target.version() ?? 0))
      #expect(try target.others() == [])
    }
  }

  @Test func readersSeeOneBundleWhole() throws {
    let target = try WriteTarget(kilobytes: 400)
    let early = try BundleReader(path: target.path)
    var seen: Set<Int> = []
    for version in 2...9 {
      let writer = try WriterProcess(target.path, version: version, kilobytes: 400)
      while true {
        let found = try #require(try target.version())
        seen.insert(found)
        #expect(found == version || found == version - 1)
        if found == version { break }
      }
      #expect(writer.finish().status == 0)
    }
    #expect(seen.isSuperset(of: 2...9))
    // Opened before the name led elsewhere.
    try early.verify()
    #expect(early.manifest.generator == "version 1")
  }
}
