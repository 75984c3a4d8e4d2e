internal import MosaicKernels
internal import MosaicLowering
internal import MosaicRuntime
internal import MosaicSurgery
internal import Synchronization

/// Gathers the second moments of some groups' consumers' inputs, run by run.
///
/// Memory is taken once: what a run captures, and what the products of a thread need.
final class MomentGathering: @unchecked Sendable {
  /// Where runs put the groups' inputs.
  private(set) var captures: [Executor.Capture] = []
  private var inputs: [GroupInput] = []
  private let threads: Int
  /// Scratch memory that no thread uses, by width.
  private let scratch = Mutex<[Int: [GramScratch]]>([:])

  private struct GroupInput {
    var rows: UnsafeMutableBufferPointer<Float>
    /// Elements a forward.
    var size: Int
    var width: Int
  }

  /// - Parameter batch: Forwards of the largest run.
  init(of groups: [PruningGroup], in lowered: LoweredGraph, batch: Int, threads: Int) throws {
    self.threads = threads
    for group in groups {
      guard let instruction = lowered.instructions[group.name] else {
        throw LoweringError(node: group.name, reason: "no instruction reads this group")
      }
      let operand = lowered.program.instructions[instruction].inputs[0]
      let size = lowered.program.values[operand].shape.reduce(1, *)
      let rows = UnsafeMutableBufferPointer<Float>.allocate(capacity: size * batch)
      rows.initialize(repeating: 0)
      inputs.append(GroupInput(rows: rows, size: size, width: group.width))
      if let base = rows.baseAddress {
        captures.append(Executor.Capture(instruction: instruction, destination: base))
      }
    }
  }

  deinit { for input in inputs { input.rows.deallocate() } }

  /// Adds what the last run, of `batch` forwards, captured to each group's `sums`.
  func add(batch: Int, to sums: [GroupSum]) throws {
    BLAS.setThreads(1)
    _ = try concurrentMap(inputs.count, threads: threads) { index in
      let input = inputs[index]
      let scratch = takeScratch(width: input.width)
      sums[index].moments.add(
        rows: UnsafeBufferPointer(rebasing: input.rows.prefix(input.size * batch)),
        scratch: scratch)
      self.scratch.withLock { $0[input.width, default: []].append(scratch) }
    }
  }

  private func takeScratch(width: Int) -> GramScratch {
    scratch.withLock { $0[width]?.popLast() } ?? GramScratch(width: width)
  }
}

/// The moments of one group, which one thread at a time adds to.
final class GroupSum: @unchecked Sendable {
  fileprivate(set) var moments: GramStatistics

  init(width: Int) { moments = GramStatistics(width: width) }
}
