internal import Dispatch
internal import Synchronization

/// What a run tells while it goes on.
public enum SamplingEvent: Sendable {
  /// A step is done.
  case step(StepReport)
  /// The last event: all steps are.
  case finished(SampleResult)
}

extension Sampler {
  /// Samples as `run` does, on a thread of its own, and tells each step as it is done.
  ///
  ///     for try await event in sampler.events(request, with: denoiser) {
  ///       switch event {
  ///       case .step(let report): show(report.step + 1, of: report.steps)
  ///       case .finished(let result): show(result.images)
  ///       }
  ///     }
  ///
  /// Steps are computed outside Swift's cooperative threads, which they would block. Whoever stops
  /// listening, by cancelling the task or leaving the loop, ends the run after the step under way.
  ///
  /// - Parameter denoiser: The run's own copy; what it read is gone with it.
  /// - Returns: A report a step and the result; it ends by throwing what `run` throws.
  public func events(
    _ request: SampleRequest, with denoiser: some Denoiser & Sendable
  ) -> AsyncThrowingStream<SamplingEvent, any Error> {
    AsyncThrowingStream { continuation in
      let listening = Listening()
      continuation.onTermination = { _ in listening.end() }
      DispatchQueue.global().async { [self] in
        var denoiser = denoiser
        continuation.finish(
          throwing: Result {
            let result = try run(request, with: &denoiser) { report in
              guard listening.goesOn else { throw CancellationError() }
              continuation.yield(.step(report))
            }
            continuation.yield(.finished(result))
          }.failure)
      }
    }
  }
}

/// Whether somebody still takes what a run tells.
private final class Listening: Sendable {
  private let hasEnded = Atomic(false)

  var goesOn: Bool { !hasEnded.load(ordering: .relaxed) }

  func end() { hasEnded.store(true, ordering: .relaxed) }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
