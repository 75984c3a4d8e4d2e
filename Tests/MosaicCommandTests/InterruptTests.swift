import Foundation
import MosaicTestSupport
import Testing

/// Signals in the middle of long work.
@Suite struct InterruptTests {
  /// Sampling ends within a step, and what was there before stays.
  @Test func samplingLeavesTheOldOutput() throws {
    let workspace = try Workspace()
    let output = workspace.output("out.safetensors")
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: output))
    let command = try Command([
      "run", Fixtures.path("glyph-dit"), "-o", output, "--count", "64", "--steps", "1000",
    ])
    let limit = ContinuousClock.now + .seconds(60)
    while !command.errors.contains("%"), ContinuousClock.now < limit { usleep(20_000) }
    command.send(SIGINT)
    let result = try command.finish()
    #expect(result.status == 130)
    #expect(result.output == "")
    #expect(result.errors.hasSuffix("mosaic: interrupted; nothing was written\n"))
    #expect(try workspace.written() == ["out.safetensors"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == Data([1, 2, 3]))
  }

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
