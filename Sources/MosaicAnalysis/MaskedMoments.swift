internal import MosaicCore
internal import MosaicIR
internal import MosaicKernels
internal import MosaicLowering
internal import MosaicRuntime
public import MosaicSurgery
internal import Synchronization

/// Moments of what a consumer reads in the dense network, beside what it will read behind a norm over
/// fewer channels.
public struct MaskedMoments: Sendable {
  /// The consumer's columns that it will read, ascending.
  public var columns: [Int]
  /// Of the rows [X, X'].
  public var joint: GramStatistics
}

/// Takes the moments behind norms that lose channels, on the samples that statistics are of.
///
/// The dense network's states are kept once they are known, so that networks which keep other units
/// need no new trajectory.
public final class MaskedStatistics: Sendable {
  private struct Leaf: Sendable {
    var samples: Range<Int>
    var labels: [Int32]
    /// Before each step that was reached, and before the next.
    var states: [SamplerState]
  }

  private let subject: CalibrationSubject
  private let leaves = Mutex<[Leaf]>([])

  /// Rows a column that are enough: more would take time and change little.
  private static let rowsPerColumn = 16

  public init(of subject: CalibrationSubject) { self.subject = subject }

  /// Of the consumers of groups under norms that lose units, by their number; those whose matrices do
  /// not fit the limit of memory are left out.
  ///
  /// - Parameters:
  ///   - kept: Units that stay in each group; nil for all.
  ///   - stepWeights: One for each step of the trajectory.
  public func moments(
    keeping kept: [[Int]?], steps: Range<Int>, stepWeights: [Double]
  ) throws -> [Int: MaskedMoments] {
    guard
      let branches = try MaskedBranches(
        of: subject.dense.graph, groups: subject.groups, keeping: kept)
    else { return [:] }
    let lowered = try branches.graph.lowered()
    var pairs: [ConsumerPair] = []
    var bytes = 0
    for reading in branches.readings {
      let pair = try ConsumerPair(reading, of: subject, in: branches.graph, lowered)
      bytes += 2 * GramStatistics.byteCount(width: pair.width)
      if bytes <= subject.options.memoryLimit / 2 { pairs.append(pair) }
    }
    guard !pairs.isEmpty else { return [:] }
    let predictor = try Predictor(
      executor: branches.executor(
        of: lowered, subject.dense, threads: subject.options.threads,
        leaf: CalibrationStatistics.leafSize),
      model: subject.model, guidance: subject.options.guidance,
      conditioning: subject.conditioning)
    let sums = pairs.map { PairSum(width: $0.width) }
    for number in 0..<leafCount(for: pairs, steps: steps.count) {
      try add(leaf: number, steps, stepWeights, predictor, pairs, to: sums)
    }
    return Dictionary(
      uniqueKeysWithValues: zip(pairs, sums).map {
        ($0.consumer, MaskedMoments(columns: $0.columns, joint: $1.moments))
      })
  }

  private func leafCount(for pairs: [ConsumerPair], steps: Int) -> Int {
    let perSample = subject.predictor.forwardsPerSample * steps * CalibrationStatistics.leafSize
    let wanted = pairs.map { Self.rowsPerColumn * $0.width / max(1, $0.rowCount * perSample) + 1 }
    return min(subject.leafCount, wanted.max() ?? 1)
  }

  private func add(
    leaf number: Int, _ steps: Range<Int>, _ stepWeights: [Double], _ predictor: Predictor,
    _ pairs: [ConsumerPair], to sums: [PairSum]
  ) throws {
    let leaf = try reached(number, steps.upperBound - 1)
    let batch = leaf.samples.count * predictor.forwardsPerSample
    let buffers = pairs.map { CaptureBuffers($0, batch: batch) }
    defer { for buffer in buffers { buffer.deallocate() } }
    for step in steps where subject.trajectory.steps[step].needsForward && stepWeights[step] > 0 {
      _ = subject.forward(
        predictor, [leaf.states[step]], leaf.labels, step: step,
        captures: buffers.flatMap(\.captures))
      BLAS.setThreads(1)
      _ = try concurrentMap(pairs.count, threads: subject.options.threads) { index in
        var own = GramStatistics(width: pairs[index].width)
        pairs[index].add(buffers[index], batch: batch, to: &own)
        sums[index].moments.add(own, scaledBy: stepWeights[step])
      }
    }
  }

  /// A leaf's states up to the one before `step`.
  private func reached(_ number: Int, _ step: Int) throws -> Leaf {
    var all = leaves.withLock { $0 }
    while all.count <= number {
      let size = CalibrationStatistics.leafSize
      let first = SampleStart.statistics + all.count * size
      let end = min(first + size, SampleStart.statistics + subject.options.statisticsSamples)
      all.append(
        Leaf(
          samples: first..<end, labels: subject.labels(from: first, samples: end - first),
          states: [
            subject.sampler.start(noise: subject.noise(from: first, samples: end - first))
          ]))
    }
    while all[number].states.count <= step {
      let current = all[number].states.count - 1
      var state = all[number].states[current]
      let output = try subject.denseOutput(state, all[number].labels, step: current)
      subject.sampler.apply(
        output, to: &state, step: current, firstItem: all[number].samples.lowerBound,
        stateSize: subject.predictor.stateSize)
      all[number].states.append(state)
    }
    leaves.withLock { $0 = all }
    return all[number]
  }
}

/// What one consumer reads in the dense network and in a branch.
private struct ConsumerPair: Sendable {
  var consumer: Int
  var columns: [Int]
  var dense: ConsumerInput
  var masked: ConsumerInput

  init(
    _ reading: MaskedBranches.Reading, of subject: CalibrationSubject, in graph: Graph,
    _ lowered: LoweredGraph
  ) throws {
    let own = subject.consumers[reading.consumer]
    consumer = reading.consumer
    columns = reading.columns
    dense = try ConsumerInput(of: own, in: graph, lowered)
    masked = try dense.masked(
      reading.columns, probe: reading.probe, taps: own.taps, named: own.name, lowered)
  }

  /// Of a joint row.
  var width: Int { dense.width + columns.count }
  var rowCount: Int { dense.rowCount }

  /// Adds the joint rows of what a run of `batch` forwards captured.
  func add(_ buffers: CaptureBuffers, batch: Int, to moments: inout GramStatistics) {
    let scratch = GramScratch(width: width)
    let band = max(1, min(rowCount, ConsumerInput.bandElements / width))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: band * width) { rows in
      for sample in 0..<batch {
        for first in stride(from: 0, to: rowCount, by: band) {
          let range = first..<min(first + band, rowCount)
          dense.write(buffers.dense, sample, range, into: rows, column: 0, stride: width)
          masked.write(
            buffers.masked, sample, range, into: rows, column: dense.width, stride: width)
          moments.add(
            rows: UnsafeBufferPointer(rebasing: rows[..<(range.count * width)]), scratch: scratch)
        }
      }
    }
  }
}

private struct CaptureBuffers: @unchecked Sendable {
  let dense: UnsafeMutableBufferPointer<Float>
  let masked: UnsafeMutableBufferPointer<Float>
  let captures: [Executor.Capture]

  init(_ pair: ConsumerPair, batch: Int) {
    dense = .allocate(capacity: pair.dense.size * batch)
    masked = .allocate(capacity: pair.masked.size * batch)
    dense.initialize(repeating: 0)
    masked.initialize(repeating: 0)
    captures = [(pair.dense, dense), (pair.masked, masked)].compactMap { input, buffer in
      buffer.baseAddress.map {
        Executor.Capture(instruction: input.instruction, destination: $0)
      }
    }
  }

  func deallocate() {
    dense.deallocate()
    masked.deallocate()
  }
}

/// The moments of one pair, which one thread at a time adds to.
private final class PairSum: @unchecked Sendable {
  var moments: GramStatistics

  init(width: Int) { moments = GramStatistics(width: width) }
}
