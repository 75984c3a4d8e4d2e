import Foundation
import MosaicTestSupport
import Testing

/// Conversions from stored statistics that are killed while they write: under the name there is the
/// old bundle whole, or the new one.
@Suite(.serialized) struct ConvertKillTests {
  private let workspace: Workspace
  private let target: String

  init() throws {
    workspace = try Workspace()
    target = workspace.output("out.mosaic")
    let result = try mosaic(
      "analyse", Fixtures.path("tiny-dit"), "-o", statistics, "--samples", "8", "--steps", "4",
      "--quiet")
    #expect(result.status == 0, "\(result.errors)")
  }

  private var statistics: String { "\(workspace.directory.path)/tiny.stats" }

  private func convert(budget: String) throws -> Command {
    try Command([
      "convert", Fixtures.path("tiny-dit"), "-o", target, "--stats", statistics, "--budget",
      budget, "--proof-samples", "2", "--quiet",
    ])
  }

  /// Whether the file beside the target holds bytes: an empty one is there for a moment at the start,
  /// to see whether there may be one.
  private func isWriting() throws -> Bool {
    try workspace.written().contains {
      guard $0.hasPrefix(".out.mosaic.tmp-") else { return false }
      let path = workspace.output($0)
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      return size ?? 0 > 0
    }
  }

  /// Waits until the file beside the target is there, or no longer.
  private func wait(until isThere: Bool) throws {
    let limit = ContinuousClock.now + .seconds(20)
    while try isWriting() != isThere, ContinuousClock.now < limit { usleep(100) }
  }

  @Test func fiftyMoments() throws {
    // Conversions of equal input are equal, so the bytes tell which one is there.
    let budgets = ["0.5", "0.6"]
    var whole: [[UInt8]] = []
    var durations: [Duration] = []
    for budget in budgets + budgets {
      let command = try convert(budget: budget)
      try wait(until: true)
      let start = ContinuousClock.now
      try wait(until: false)
      durations.append(ContinuousClock.now - start)
      #expect(try command.finish().status == 0)
      whole.append(try readBytes(target))
    }
    #expect(whole[0] == whole[2] && whole[1] == whole[3] && whole[0] != whole[1])

    var random = SplitMix64(seed: 50)
    let duration = try #require(durations.min()) / .microseconds(1)
    var insideCount = 0
    for number in 0..<50 {
      let old = try readBytes(target)
      let budget = number % 2
      let command = try convert(budget: budgets[budget])
      try wait(until: true)
      usleep(UInt32(Double.random(in: 0...max(0.9 * duration, 1), using: &random)))
      command.send(SIGKILL)
      _ = try command.finish()
      let found = try readBytes(target)
      #expect(found == old || found == whole[budget])
      let stale = try workspace.written().filter { $0 != "out.mosaic" }
      #expect(stale.count <= 1 && stale.allSatisfy { $0.hasPrefix(".out.mosaic.tmp-") })
      if !stale.isEmpty {
        insideCount += 1
        #expect(found == old)
      }
      for name in stale { try FileManager.default.removeItem(atPath: workspace.output(name)) }
    }
    print("\(insideCount) of 50 kills of convert --stats fell inside the write")
    // So small a bundle is written in milliseconds: on a busy machine many are whole when the signal
    // comes. `KillTests` ask for more, of a larger one.
    #expect(insideCount >= 10)
  }
}
