import Foundation
import MosaicBundle
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

/// Variants in motion: whatever is in memory, samples are the same.
@Suite struct ResidencyTests {
  static let path = Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic")

  private func sample(
    _ residency: BundleDenoiser.Residency, precision: Precision = .f32
  ) throws -> SampleResult {
    let bundle = try BundleReader(path: Self.path)
    var denoiser = BundleDenoiser(
      bundle, threads: 2, guidance: nil, residency: residency, precision: precision)
    let sampler = Sampler(
      trajectory: try Trajectory(
        config: bundle.manifest.scheduler, steps: bundle.manifest.schedule.steps), seed: 4)
    var request = SampleRequest()
    request.count = 3
    return try sampler.run(request, with: &denoiser)
  }

  @Test func residencyDoesNotShow() throws {
    let one = try sample(.one)
    #expect(Set(one.steps.map(\.variant)).count == 3)
    for residency in BundleDenoiser.Residency.allCases {
      #expect(try sample(residency).images == one.images, "\(residency)")
    }
  }

  /// What is read ahead is taken, also when it was not the next that was asked for.
  @Test func whatIsPreparedIsTaken() throws {
    let bundle = try BundleReader(path: Self.path)
    var denoiser = BundleDenoiser(bundle, threads: 1, guidance: nil)
    let trajectory = try Trajectory(
      config: bundle.manifest.scheduler, steps: bundle.manifest.schedule.steps)
    let variants = try trajectory.steps.map { try denoiser.predictor(logSNR: $0.logSNR).1 }
    let (first, second, third) = (
      try #require(variants.firstIndex(of: 0)), try #require(variants.firstIndex(of: 1)),
      try #require(variants.firstIndex(of: 2))
    )
    _ = try denoiser.predictor(step: first, of: trajectory)
    denoiser.prepare(step: second, of: trajectory)
    #expect(try denoiser.predictor(step: third, of: trajectory).1 == 2)
    denoiser.prepare(step: second, of: trajectory)
    #expect(try denoiser.predictor(step: second, of: trajectory).1 == 1)
  }

  @Test func damageIsSaidWhenTheVariantIsAskedFor() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/a.mosaic"
    try FileManager.default.copyItem(atPath: Self.path, toPath: path)
    let bundle = try BundleReader(path: path)
    var denoiser = BundleDenoiser(bundle, threads: 1, guidance: nil)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: 5000)
    let trajectory = try Trajectory(
      config: bundle.manifest.scheduler, steps: bundle.manifest.schedule.steps)
    for step in trajectory.steps.indices { denoiser.prepare(step: step, of: trajectory) }
    #expect(throws: BundleError.self) { try denoiser.predictor(ofVariant: 1) }
  }

  /// int8 keeps 7 bits of a row's largest weight; what they are multiplied with is exact.
  @Test func int8IsClose() throws {
    let (exact, rounded) = (try sample(.next), try sample(.next, precision: .int8))
    let error = relativeError(rounded.images, exact.images)
    #expect(error > 0 && error < 0.05)
  }

  /// bf16 keeps 8 bits of each operand: errors of 2⁻⁹ each, through two blocks and eight steps.
  @Test func bfloat16IsClose() throws {
    let (exact, rounded) = (try sample(.next), try sample(.next, precision: .bf16))
    let error = relativeError(rounded.images, exact.images)
    #expect(error > 0 && error < 0.05)
  }
}
