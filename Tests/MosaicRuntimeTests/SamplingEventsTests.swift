import Foundation
import MosaicBundle
import MosaicCore
import MosaicTestSupport
import Synchronization
import Testing

@testable import MosaicRuntime

/// Progress as an asynchronous sequence.
@Suite struct SamplingEventsTests {
  private let sampler: Sampler
  private let denoiser: BundleDenoiser

  init() throws {
    let bundle = try BundleReader(path: Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic"))
    sampler = Sampler(
      trajectory: try Trajectory(
        config: bundle.manifest.scheduler, steps: bundle.manifest.schedule.steps), seed: 4)
    denoiser = BundleDenoiser(bundle, threads: 1, guidance: nil)
  }

  @Test func stepsThenTheResult() async throws {
    var copy = denoiser
    let expected = try sampler.run(SampleRequest(), with: &copy)
    var steps: [Int] = []
    var images: [Float]?
    for try await event in sampler.events(SampleRequest(), with: denoiser) {
      switch event {
      case .step(let report):
        #expect(images == nil)
        steps.append(report.step)
      case .finished(let result): images = result.images
      }
    }
    #expect(steps == Array(sampler.trajectory.steps.indices))
    #expect(images == expected.images)
  }

  @Test func whatTheRunThrowsEndsIt() async throws {
    var request = SampleRequest()
    request.classes = [1 << 20]
    await #expect(throws: RuntimeError.self) {
      for try await _ in sampler.events(request, with: denoiser) {}
    }
  }

  @Test func leavingEndsTheRun() async throws {
    let gated = GatedDenoiser(base: denoiser)
    for try await _ in sampler.events(SampleRequest(), with: gated) { break }
    gated.gate.open()
    // Long enough that a run that went on would be seen to.
    try await Task.sleep(for: .milliseconds(200))
    #expect(gated.gate.asked <= 2)
  }
}

/// Holds every step but the first until its gate is opened.
private struct GatedDenoiser: Denoiser, Sendable {
  final class Gate: Sendable {
    private let count = Atomic(0)
    private let semaphore = DispatchSemaphore(value: 0)

    var asked: Int { count.load(ordering: .relaxed) }

    func pass() {
      guard count.add(1, ordering: .relaxed).newValue > 1 else { return }
      semaphore.wait()
      semaphore.signal()
    }

    func open() { semaphore.signal() }
  }

  var base: BundleDenoiser
  let gate = Gate()

  var model: ModelDescription { base.model }
  var conditioning: Conditioning? { base.conditioning }

  mutating func predictor(logSNR: Double) throws -> (Predictor, Int) {
    gate.pass()
    return try base.predictor(logSNR: logSNR)
  }
}
