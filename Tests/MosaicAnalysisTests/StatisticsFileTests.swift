import Foundation
import MosaicCore
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct StatisticsFileTests {
  private let directory: TemporaryDirectory
  private let subject: CalibrationSubject
  private let identity: CalibrationIdentity

  init() throws {
    directory = try TemporaryDirectory()
    subject = try tinySubject { $0.statisticsSamples = 100 }
    identity = subject.identity(checkpoint: [1, 2, 3], criterion: .obs)
  }

  private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  private func shard(_ index: Int, of count: Int, threads: Int = 1) throws -> StatisticsFile {
    let subject = try tinySubject {
      $0.statisticsSamples = 100
      $0.threads = threads
    }
    return StatisticsFile(
      identity: identity,
      statistics: try subject.gatherStatistics(
        shard: Shard(index: index, count: count), progress: noProgress), sensitivity: nil)
  }

  private func complete() throws -> StatisticsFile {
    let statistics = try subject.gatherStatistics(progress: noProgress)
    var pass = SensitivityPass(subject, statistics: statistics, criterion: .obs)
    try pass.grow(to: 6, progress: noProgress)
    return StatisticsFile(
      identity: identity, statistics: statistics, sensitivity: pass.samples)
  }

  @Test func readsWhatItWrote() throws {
    let written = try complete()
    try written.write(to: path("a.stats"))
    let read = try StatisticsFile(path: path("a.stats"))
    #expect(read.identity == identity)
    #expect(read.sensitivity == written.sensitivity)
    #expect(read.statistics.buckets == written.statistics.buckets)
    #expect(read.statistics.variance == written.statistics.variance)
    #expect(read.statistics.finalSamples == written.statistics.finalSamples)
    #expect(
      read.statistics.rowsPerColumn(of: 0..<2) == written.statistics.rowsPerColumn(of: 0..<2))
    for bucket in 0..<2 {
      for group in subject.groups.indices {
        let (found, expected) = (
          try read.statistics.moments(ofBucket: bucket)(group),
          try written.statistics.moments(ofBucket: bucket)(group)
        )
        #expect(found == expected)
      }
    }
    var options = CalibrationOptions()
    options.threads = 3
    let kept = read.options(completing: options)
    #expect(kept.steps == 4 && kept.levels == [0.25, 0.5, 0.75] && kept.probes == [0, 1])
    #expect(kept.statisticsSamples == 100 && kept.seed == 11 && kept.sensitivitySamples == 6)
    #expect(kept.threads == 3 && kept.guidance == nil && read.criterion == .obs)
  }

  /// Seven leaves: however they are cut, in whatever order and by however many threads.
  @Test(arguments: [1, 2, 3, 7, 9]) func shardsMergeToTheSameBytes(count: Int) throws {
    try shard(0, of: 1).write(to: path("one.stats"))
    var files: [(path: String, file: StatisticsFile)] = []
    for index in (0..<count).reversed() {
      let name = "\(index).stats"
      try shard(index, of: count, threads: 1 + index % 3).write(to: path(name))
      files.append((path(name), try StatisticsFile(path: path(name))))
    }
    // The same shard twice is once.
    try StatisticsFile.merged(files + files.prefix(1)).write(to: path("all.stats"))
    #expect(try bytes("one.stats") == bytes("all.stats"))
  }

  @Test func refusesShardsThatDoNotFit() throws {
    let parts = try (0..<3).map { (path: "\($0).stats", file: try shard($0, of: 3)) }
    func reason(_ files: [(path: String, file: StatisticsFile)]) -> StatisticsError.Reason? {
      let error = #expect(throws: StatisticsError.self) { try StatisticsFile.merged(files) }
      return error?.reason
    }
    #expect(reason([parts[2], parts[0]]) == .incomplete(missing: [2..<4], leaves: 7))
    let halves = try (path: "half", file: shard(0, of: 2))
    #expect(reason(parts + [halves]) == .overlap(0..<3, path: "0.stats"))
    var other = parts[1]
    other.file.identity.fields[6].value = "0.5"
    #expect(
      reason([parts[0], other, parts[2]])
        == .otherFile(field: "levels", found: "0.5", other: "0.25,0.5,0.75", path: "0.stats"))
  }

  /// Every byte of the data is under a checksum; the header's own are checked by what they say.
  @Test func refusesDamage() throws {
    try complete().write(to: path("a.stats"))
    let whole = [UInt8](try bytes("a.stats"))
    let header = 8 + Int(whole[0]) + Int(whole[1]) << 8 + Int(whole[2]) << 16
    var random = SplitMix64(seed: 9)
    for _ in 0..<60 {
      var damaged = whole
      let place = header + Int(random.next() % UInt64(whole.count - header))
      damaged[place] ^= UInt8(1 << (random.next() % 8))
      let file = try directory.file("b.stats", damaged)
      let error = #expect(throws: StatisticsError.self) { try StatisticsFile(path: file) }
      guard case .damaged = error?.reason else {
        Issue.record("\(error as Any)")
        continue
      }
    }
    for end in [0, 7, 100, header, header + 1, whole.count - 1] {
      let file = try directory.file("b.stats", Array(whole[..<end]))
      #expect(throws: (any Error).self) { try StatisticsFile(path: file) }
    }
  }

  /// Fields of the header, each replaced by what no calibration has.
  @Test(arguments: [
    ("version", "1", "2"), ("steps", "4", "0"), ("steps", "4", "5"), ("levels", "0.25", "0.75"),
    ("samples", "100", "10x"), ("seed", "11", "-1"), ("leaf_count", "7", "8"),
    ("leaves", "0,7", "7,0"), ("leaves", "0,7", "0,6"), ("widths", "32,", "0,"),
    ("bucket_starts", "0,2", "2,0"), ("format", "mosaic.stats", "mosaic.stuff"),
    ("criterion", "obs", "abc"), ("influence", "measured", "measures"),
  ]) func refusesBadFields(key: String, value: String, other: String) throws {
    try complete().write(to: path("a.stats"))
    let whole = String(decoding: try bytes("a.stats").prefix(20_000), as: UTF8.self)
    let field = try #require(whole.range(of: "\"\(key)\":\"\(value)"))
    let start = whole.utf8.distance(from: whole.startIndex, to: field.lowerBound)
    var damaged = [UInt8](try bytes("a.stats"))
    let replacement = Array("\"\(key)\":\"\(other)".utf8)
    damaged.replaceSubrange(start..<start + replacement.count, with: replacement)
    let file = try directory.file("b.stats", damaged)
    let error = #expect(throws: (any Error).self) { try StatisticsFile(path: file) }
    #expect((error as? any MosaicError)?.description.hasPrefix(file) == true)
  }

  /// A file whose words are right and whose tensors are another network's would be indexed by what it
  /// does not have.
  @Test func refusesAnotherLayout() throws {
    let own = try shard(0, of: 2)
    func with(_ change: (CalibrationStatistics) -> ([Range<Int>], [Int])) -> StatisticsFile {
      let statistics = own.statistics
      let (buckets, widths) = change(statistics)
      return StatisticsFile(
        identity: identity,
        statistics: CalibrationStatistics(
          buckets: buckets, widths: widths, leaves: statistics.leaves,
          leafCount: statistics.leafCount, finals: statistics.finals,
          finalSamples: statistics.finalSamples, nodes: statistics.nodes,
          source: statistics.source), sensitivity: nil)
    }
    let cases = [
      (with { ($0.buckets, $0.widths.map { $0 + 1 }) }, "widths"),
      (with { ($0.buckets, Array($0.widths.dropLast())) }, "widths"),
      (with { ([0..<4], $0.widths) }, "bucket_starts"),
    ]
    for (file, field) in cases {
      let alone = #expect(throws: StatisticsError.self) {
        try file.requireLayout(of: subject, path: "a")
      }
      #expect(alone?.reason == .field(field))
      let merged = #expect(throws: StatisticsError.self) {
        try StatisticsFile.merged([("own", own), ("other", file)])
      }
      #expect(merged?.reason == .field(field))
    }
    try own.requireLayout(of: subject, path: "a")
  }

  @Test func isNoOtherSafetensorsFile() throws {
    let error = #expect(throws: StatisticsError.self) {
      try StatisticsFile(
        path: Fixtures.path("tiny-dit/transformer/diffusion_pytorch_model.safetensors"))
    }
    #expect(error?.reason == .notStatistics)
  }

  /// A network compared with itself has not moved; one of other weights has.
  @Test func saysHowFarAFineTuneHasMoved() throws {
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let same = try subject.transfer(from: statistics)
    #expect(same.difference == 0 && same.share == 0 && same.samples == 16)
    let guided = try tinySubject {
      $0.statisticsSamples = 100
      $0.guidance = 3
    }
    let moved = try guided.transfer(from: statistics)
    #expect(moved.difference > 0 && moved.share > 0)
  }
}
