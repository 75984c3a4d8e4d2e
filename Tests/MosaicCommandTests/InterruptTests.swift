import Foundation
import MosaicTestSupport
import Testing

/// Signals in the middle of a conversion.
@Suite struct InterruptTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func leavesNothingBehind(signal: Int32, status: Int32) throws {
    let workspace = try Workspace()
    let command = try Command([
      "convert", Fixtures.path("glyph-dit"), "-o", workspace.output("out.mosaic"),
    ])
    // The first line of progress: the work is under way, and has a minute to go.
    let limit = ContinuousClock.now + .seconds(60)
    while !command.errors.contains("%"), ContinuousClock.now < limit { usleep(20_000) }
    command.send(signal)
    let sent = ContinuousClock.now
    let result = try command.finish()

    #expect(ContinuousClock.now - sent < .seconds(10))
    #expect(result.status == status)
    #expect(result.output == "")
    #expect(result.errors.hasSuffix("mosaic: interrupted; nothing was written\n"))
    #expect(try workspace.written() == [])
  }
}
