internal import MosaicKernels
internal import MosaicRuntime
internal import MosaicSurgery
internal import Synchronization

/// Gathers the second moments of some consumers' inputs, run by run.
///
/// Memory is taken once: what a run captures, and what the products of a thread need.
final class MomentGathering: @unchecked Sendable {
  /// Where runs put the consumers' inputs.
  private(set) var captures: [Executor.Capture] = []
  private var inputs: [(input: ConsumerInput, samples: UnsafeMutableBufferPointer<Float>)] = []
  private let threads: Int
  /// Scratch memory that no thread uses, by width.
  private let scratch = Mutex<[Int: [GramScratch]]>([:])

  /// - Parameter batch: Forwards of the largest run.
  init(of consumers: [ConsumerInput], batch: Int, threads: Int) {
    self.threads = threads
    for input in consumers {
      let samples = UnsafeMutableBufferPointer<Float>.allocate(capacity: input.size * batch)
      samples.initialize(repeating: 0)
      inputs.append((input, samples))
      if let base = samples.baseAddress {
        captures.append(Executor.Capture(instruction: input.instruction, destination: base))
      }
    }
  }

  deinit { for input in inputs { input.samples.deallocate() } }

  /// Adds what the last run, of `batch` forwards, captured to each consumer's `sums`.
  func add(batch: Int, to sums: [ConsumerSum]) throws {
    BLAS.setThreads(1)
    _ = try concurrentMap(inputs.count, threads: threads) { index in
      let (input, samples) = inputs[index]
      let scratch = takeScratch(width: input.width)
      input.add(
        UnsafeBufferPointer(rebasing: samples.prefix(input.size * batch)),
        to: &sums[index].moments, scratch: scratch)
      self.scratch.withLock { $0[input.width, default: []].append(scratch) }
    }
  }

  private func takeScratch(width: Int) -> GramScratch {
    scratch.withLock { $0[width]?.popLast() } ?? GramScratch(width: width)
  }
}

/// The moments of one consumer, which one thread at a time adds to.
final class ConsumerSum: @unchecked Sendable {
  fileprivate(set) var moments: GramStatistics

  init(width: Int) { moments = GramStatistics(width: width) }
}
