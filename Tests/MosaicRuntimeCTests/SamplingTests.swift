import CMosaic
import Foundation
import MosaicBundle
import MosaicCore
import MosaicRuntime
import MosaicRuntimeC
import MosaicTestSupport
import Testing

@Suite struct SamplingTests {
  /// What the Swift interface gives for the same bundle, seed and count.
  private func expected(count: Int, seed: UInt64) throws -> [Float] {
    let bundle = try BundleReader(
      path: Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic"))
    let schedule = bundle.manifest.schedule
    var denoiser = BundleDenoiser(
      bundle, threads: 1, guidance: schedule.guidance == 1 ? nil : Float(schedule.guidance))
    let sampler = Sampler(
      trajectory: try Trajectory(config: bundle.manifest.scheduler, steps: schedule.steps),
      seed: seed)
    var request = SampleRequest()
    request.count = count
    request.seed = seed
    return try sampler.run(request, with: &denoiser).images
  }

  @Test func givesWhatSwiftGives() throws {
    #expect(mosaic_api_version() == 1)
    #expect(try OpenBundle().sample(count: 3, seed: 7) == expected(count: 3, seed: 7))
  }

  @Test func reportsEveryStep() throws {
    let bundle = try OpenBundle()
    var seen: [mosaic_progress] = []
    _ = try withUnsafeMutablePointer(to: &seen) { seen in
      try bundle.sample(
        user: seen,
        callback: { progress, user in
          guard let progress, let user else { return 1 }
          user.assumingMemoryBound(to: [mosaic_progress].self).pointee.append(progress.pointee)
          return 0
        })
    }
    let steps = try bundle.description.steps
    #expect(seen.map(\.step) == Array(1...steps))
    #expect(seen.allSatisfy { $0.steps == steps && $0.seconds > 0 })
    #expect(Set(seen.map(\.variant)).count == 3)
  }

  @Test func endsWhereTheCallbackSaysSo() throws {
    let bundle = try OpenBundle()
    #expect(throws: Failure(code: 130, text: "the callback ended the call")) {
      try bundle.sample(callback: { progress, _ in progress?.pointee.step == 2 ? 1 : 0 })
    }
    // The handle is as good as before.
    #expect(try bundle.sample(count: 1, seed: 7) == expected(count: 1, seed: 7))
  }

  /// A sampler of the caller's own, here DDIM's, from the forwards and the trajectory.
  @Test func denoisesStepByStep() throws {
    let bundle = try OpenBundle()
    let steps = Int(try bundle.description.steps)
    var (times, levels) = (
      [Double](repeating: 0, count: steps), [Double](repeating: 0, count: steps)
    )
    #expect(mosaic_trajectory(bundle.handle, Int64(steps), &times, &levels, nil) == 0)
    let reader = try BundleReader(
      path: Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic"))
    let trajectory = try Trajectory(config: reader.manifest.scheduler, steps: steps)
    #expect(times == trajectory.steps.map(\.timestep))
    #expect(levels == trajectory.steps.map(\.logSNR))
    let size = try bundle.sampleSize
    let sampler = Sampler(trajectory: trajectory, seed: 5)
    let noise = Sampler.noise(seed: 5, samples: 2, stateSize: size)
    let labels = Sampler.labels(
      seed: 5, samples: 2, classes: reader.manifest.model.classCount)
    var state = sampler.start(noise: noise)
    for step in 0..<steps {
      var output = [Float](repeating: .nan, count: 2 * size)
      let status = mosaic_denoise(
        bundle.handle, sampler.networkInput(state, step: step), 2, labels.map { Int64($0) },
        times[step], levels[step], 0, &output, output.count, nil)
      #expect(status == 0)
      sampler.apply(output, to: &state, step: step, stateSize: size)
    }
    let whole = try expected(count: 2, seed: 5)
    #expect(state.states == whole)
  }

  @Test func threadsMayShareAHandle() throws {
    let bundle = try OpenBundle()
    let alone = try (0..<4).map { try bundle.sample(count: 1, seed: UInt64($0)) }
    let together = try concurrentMap(4, threads: 4) {
      try bundle.sample(count: 1, seed: UInt64($0))
    }
    #expect(together == alone)
  }

  @Test func aReplacedFileChangesNothing() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/a.mosaic"
    let fixtures = Fixtures.path("bundles/v1.0")
    try FileManager.default.copyItem(atPath: "\(fixtures)/f32-three-ranges.mosaic", toPath: path)
    let bundle = try OpenBundle(path)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: "\(fixtures)/dense.mosaic", toPath: path)
    #expect(try bundle.sample(count: 2, seed: 7) == expected(count: 2, seed: 7))
  }

  /// Cut short in place, it is damaged: that is said, and nothing is read past its end.
  @Test func aFileThatIsCutShortIsRefused() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/a.mosaic"
    try FileManager.default.copyItem(
      atPath: Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic"), toPath: path)
    let bundle = try OpenBundle(path)
    #expect(truncate(path, 5000) == 0)
    let failure = #expect(throws: Failure.self) { try bundle.sample() }
    #expect([65, 74].contains(failure?.code))
  }
}
