import MosaicCore
import MosaicSurgery
import Testing

@testable import MosaicAnalysis

@Suite struct SensitivityTests {
  private func report(
    _ criterion: Criterion = .obs, _ change: (inout CalibrationOptions) -> Void = { _ in }
  ) throws -> SensitivityReport {
    let subject = try tinySubject(change)
    let statistics = try subject.gatherStatistics(progress: noProgress)
    return SensitivityReport(
      try measured(subject, statistics, criterion),
      scalarGains: subject.trajectory.influence(variance: statistics.variance))
  }

  private func measured(
    _ subject: CalibrationSubject, _ statistics: CalibrationStatistics,
    _ criterion: Criterion = .obs
  ) throws -> SensitivitySamples {
    var pass = SensitivityPass(subject, statistics: statistics, criterion: criterion)
    try pass.grow(to: subject.options.sensitivitySamples, progress: noProgress)
    return pass.samples
  }

  @Test(arguments: Criterion.allCases)
  func risesWithTheLevel(criterion: Criterion) throws {
    let report = try report(criterion)
    for step in 0..<4 {
      #expect(report.errors[step][0] > 0)
      // Units that go at random, without refit, may also cancel.
      if criterion != .random {
        #expect(report.errors[step][0] < report.errors[step][1])
        #expect(report.errors[step][1] < report.errors[step][2])
      }
      #expect(report.amplitudes[step].allSatisfy { $0 > 0 })
      #expect(report.gains[step] > 0)
    }
    // Only the second-order criterion knows losses to spread by.
    #expect(report.groupGains.map(\.count) == (criterion == .obs ? [4, 4] : [0, 0]))
    for n in 0..<4 {
      #expect(report.correlation[n * 4 + n] == 1)
      for m in 0..<4 {
        #expect(report.correlation[n * 4 + m] == report.correlation[m * 4 + n])
        #expect(abs(report.correlation[n * 4 + m]) <= 1)
      }
    }
  }

  /// The closed form takes the place of measured gains; the errors themselves are the same.
  @Test func takesTheScalarInfluence() throws {
    let subject = try tinySubject { $0.influence = .scalar }
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let scalar = SensitivityReport(
      try measured(subject, statistics),
      scalarGains: subject.trajectory.influence(variance: statistics.variance))
    #expect(scalar.influence == .scalar)
    #expect(scalar.gains == subject.trajectory.influence(variance: statistics.variance).map(abs))
    for step in 0..<4 {
      for level in 0..<3 {
        #expect(
          scalar.amplitudes[step][level]
            == scalar.errors[step][level].squareRoot() * scalar.gains[step])
      }
    }
    #expect(try report().errors == scalar.errors)
  }

  /// What a sample gives does not depend on when it was asked for, and more of them narrow the
  /// interval.
  @Test func growsByMoreSamples() throws {
    let subject = try tinySubject()
    let statistics = try subject.gatherStatistics(progress: noProgress)
    var pass = SensitivityPass(subject, statistics: statistics, criterion: .obs)
    try pass.grow(to: 64, progress: noProgress)
    let few = pass.samples
    try pass.grow(to: 80, progress: noProgress)
    #expect(pass.samples.count == 80)
    #expect(pass.samples.errors.starts(with: few.errors))
    var other = SensitivityPass(subject, statistics: statistics, criterion: .obs)
    try other.grow(to: 80, progress: noProgress)
    #expect(other.samples == pass.samples)
  }

  /// The spread of resampled means is the standard error of the mean.
  @Test func resamplesToTheStandardError() throws {
    let subject = try tinySubject { $0.sensitivitySamples = 48 }
    let statistics = try subject.gatherStatistics(progress: noProgress)
    let samples = try measured(subject, statistics)
    let reports = SensitivityReport.resampled(samples, scalarGains: [], times: 400)
    for step in 0..<4 {
      let own = (0..<48).map { samples.errors[($0 * 4 + step) * 3 + 1] }
      let expected = PairedError(own).standardError
      let means = reports.map { $0.errors[step][1] }
      let mean = means.reduce(0, +) / 400
      let spread = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399).squareRoot()
      // The standard deviation of 400 draws is known within 3.5 %; four of those.
      #expect(abs(spread / expected - 1) <= 0.15)
    }
    #expect(SensitivityReport.resampled(samples, scalarGains: [], times: 2)[0] == reports[0])
  }

  @Test func repeatsItself() throws {
    #expect(try report() == report())
    #expect(try report() != report { $0.seed = 12 })
  }

  /// Guidance runs the network twice a step.
  @Test func countsTheForwardsOfARun() throws {
    let subject = try tinySubject()
    #expect(subject.denseMacs == 4 * Double(subject.dense.graph.macs))
    let guided = try tinySubject { $0.guidance = 2 }
    #expect(guided.denseMacs == 2 * subject.denseMacs)
  }

  @Test func judgesOnOtherSamples() throws {
    let subject = try tinySubject()
    let starts = [
      SampleStart.run, SampleStart.statistics, SampleStart.sensitivity, SampleStart.proof,
      SampleStart.prediction,
    ]
    let noise = starts.map { subject.noise(from: $0, samples: 2) }
    for first in noise.indices {
      for second in 0..<first { #expect(noise[first] != noise[second]) }
    }
  }

  @Test func cutsStepsIntoEqualBuckets() throws {
    let subject = try tinySubject {
      $0.steps = 7
      $0.buckets = 3
    }
    #expect(subject.buckets == [0..<2, 2..<4, 4..<7])
    // A free last forward joins the bucket before it.
    var free = SchedulerConfig()
    free.setAlphaToOne = false
    let eight = try tinySubject(scheduler: free) {
      $0.steps = 8
      $0.buckets = 10
    }
    #expect(eight.trajectory.steps.last?.needsForward == false)
    #expect(eight.buckets == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5, 5..<6, 6..<8])
    let few = try tinySubject { $0.buckets = 9 }
    #expect(few.buckets == [0..<1, 1..<2, 2..<3, 3..<4])
  }
}
