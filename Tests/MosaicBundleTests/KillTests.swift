import Foundation
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Writers that are killed: under the name there is the old bundle whole, or the new one.
@Suite(.serialized) struct KillTests {
  @Test func fiftyMoments() throws {
    let kilobytes = 20 << 10
    let target = try WriteTarget(kilobytes: kilobytes)
    // How long a write takes here and now, so that the moments fall inside it.
    let durations = try (0..<5).map { _ in
      try WriterProcess(target.path, version: 1, kilobytes: kilobytes).finish().nanoseconds
    }
    let duration = try #require(durations.min())
    var random = SplitMix64(seed: 50)
    var current = 1
    var insideCount = 0
    for version in 2...51 {
      let moment = Int.random(in: 0..<duration, using: &random)
      let writer = try WriterProcess(target.path, version: version, kilobytes: kilobytes)
      let ready = ContinuousClock.now
      while ContinuousClock.now < ready + .nanoseconds(moment) { usleep(100) }
      writer.kill()
      let ending = writer.finish()

      let found = try #require(try target.version(), "killed after \(moment) ns")
      #expect(found == current || found == version)
      let staleCount = try target.removeStale()
      #expect(try target.others() == [])
      if staleCount == 1 {
        #expect(found == current && ending.signal == SIGKILL)
        insideCount += 1
      }
      current = found
    }
    print("\(insideCount) of 50 kills fell between the first byte and the rename")
    #expect(insideCount >= 25)
  }

  @Test(arguments: ["before", "after"])
  func everyWritePoint(_ side: String) throws {
    let target = try WriteTarget(kilobytes: 400)
    let calls = try WriterProcess(target.path, version: 1, kilobytes: 400).finish().systemCalls
    // Create, the header's room, five chunks, the manifest, the header, sync, rename, sync.
    #expect(calls >= 12)
    let rename = calls - 2
    for point in 0..<calls {
      let version = point + 2
      let old = try target.version()
      let ending = try WriterProcess(
        target.path, version: version, kilobytes: 400, "\(side)=\(point)"
      ).finish()
      #expect(ending.signal == SIGKILL)
      let isRenamed = point > rename || (point == rename && side == "after")
      #expect(try target.version() == (isRenamed ? version : old), "\(side) call \(point)")
      let isCreated = point > 0 || side == "after"
      #expect(try target.removeStale() == (isCreated && !isRenamed ? 1 : 0))
      #expect(try target.others() == [])
    }
  }

  /// The signal of a full quota comes after exactly so many bytes of a file.
  @Test func atRandomBytes() throws {
    let target = try WriteTarget(kilobytes: 400)
    var random = SplitMix64(seed: 51)
    for _ in 0..<20 {
      let count = Int.random(in: 0..<400 << 10, using: &random)
      let ending = try WriterProcess(
        target.path, version: 2, kilobytes: 400, "bytes=\(count)", "ignore=0"
      ).finish()
      #expect(ending.signal == SIGXFSZ, "\(count) bytes")
      #expect(try target.version() == 1)
      #expect(try target.removeStale() == 1)
    }
  }
}
