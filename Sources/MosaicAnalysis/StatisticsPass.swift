internal import MosaicCore
internal import MosaicIR
internal import MosaicKernels
internal import MosaicLowering
internal import MosaicRuntime
internal import MosaicSurgery

extension CalibrationSubject {
  /// Bytes that the statistics of all consumers take.
  public var statisticsBytes: Int {
    consumers.reduce(0) { $0 + buckets.count * GramStatistics.byteCount(width: $1.columns) }
  }

  /// Bytes that a consumer takes while its sums are gathered: a sum a level of the tree and a leaf's
  /// own, what a leaf's run captures, and the square matrix of a product.
  private func workingBytes(of consumer: GroupConsumer, _ input: ConsumerInput) -> Int {
    let levels = Int.bitWidth - leafCount.leadingZeroBitCount + 1
    let samples = predictor.forwardsPerSample * CalibrationStatistics.leafSize
    return (levels + 2) * GramStatistics.byteCount(width: consumer.columns)
      + samples * input.size * MemoryLayout<Float>.size
      + consumer.columns * consumer.columns * MemoryLayout<Double>.size
  }

  /// Leaves of the summation tree.
  var leafCount: Int {
    let size = CalibrationStatistics.leafSize
    return (options.statisticsSamples + size - 1) / size
  }

  /// Rows that one sample's forwards give each consumer's statistics.
  public func rowsPerSample() throws -> [Int] {
    try consumerInputs().map { $0.rowCount * predictor.forwardsPerSample }
  }

  private func consumerInputs() throws -> [ConsumerInput] {
    let lowered = try dense.graph.lowered()
    return try consumers.map { try ConsumerInput(of: $0, in: dense.graph, lowered) }
  }

  /// Samples the dense network and gathers the second moments of every consumer's input.
  ///
  /// The samples are the network's own: no data set is needed. Where the statistics do not fit
  /// `memoryLimit` they go to a temporary file, and consumers are done in waves over stored states.
  ///
  /// - Parameter shard: The part of the samples to gather: `index` of `count` equal parts.
  public func gatherStatistics(
    shard: Shard = .whole, progress: ProgressHandler
  ) throws -> CalibrationStatistics {
    let leaves = shard.leaves(of: leafCount)
    let nodes = SummationNode.nodes(within: leaves)
    let store = try MomentStore(isSpilled: statisticsBytes * nodes.count > options.memoryLimit / 2)
    let inputs = try consumerInputs()
    let waves = try planWaves(inputs)
    var run = try LeafRun(self, leaves: leaves, keepsStarts: waves.count > 1)
    let total = waves.count * buckets.count * leaves.count
    var done = 0
    for (number, wave) in waves.enumerated() {
      let gathering = MomentGathering(
        of: wave.map { inputs[$0] },
        batch: CalibrationStatistics.leafSize * predictor.forwardsPerSample,
        threads: options.threads)
      for (bucket, steps) in buckets.enumerated() {
        var trees = wave.map { _ in SummationTree<GramStatistics> { $0.add($1) } }
        for leaf in leaves {
          let sums = try run.advance(
            leaf, through: steps, bucket: bucket, wave: wave, gathering)
          for (place, sum) in sums.enumerated() { trees[place].append(leaf: leaf, sum) }
          done += 1
          try progress(Progress(stage: "statistics", done: done, total: total))
        }
        for (place, consumer) in wave.enumerated() {
          for (index, entry) in trees[place].nodes.enumerated() {
            try store.put(
              entry.value, at: MomentStore.Key(bucket: bucket, consumer: consumer, node: index))
          }
        }
      }
      if number + 1 < waves.count { run.rewind() }
    }
    return CalibrationStatistics(
      buckets: buckets, widths: consumers.map(\.columns), leaves: leaves, leafCount: leafCount,
      finals: run.finals, finalSamples: run.firstFinalSamples, nodes: nodes, source: store)
  }

  /// Consumers whose sums fit half of the limit together, in order.
  private func planWaves(_ inputs: [ConsumerInput]) throws -> [[Int]] {
    let limit = options.memoryLimit / 2
    var waves: [[Int]] = [[]]
    var bytes = 0
    for index in consumers.indices {
      let need = workingBytes(of: consumers[index], inputs[index])
      guard need <= limit else {
        throw AnalysisError.memory(
          needed: 2 * need, limit: options.memoryLimit, group: consumers[index].name)
      }
      if bytes + need > limit, !waves[waves.count - 1].isEmpty {
        waves.append([])
        bytes = 0
      }
      waves[waves.count - 1].append(index)
      bytes += need
    }
    return waves
  }
}

/// A part of the statistics' samples: what one of several machines gathers.
public struct Shard: Sendable, Equatable {
  public var index: Int
  public var count: Int

  public static let whole = Shard(index: 0, count: 1)

  /// - Precondition: `index` is in `0..<count`.
  public init(index: Int, count: Int) {
    precondition((0..<count).contains(index))
    self.index = index
    self.count = count
  }

  /// Contiguous leaves, as equal in number as they can be; none where there are more shards than
  /// leaves.
  func leaves(of total: Int) -> Range<Int> {
    index * total / count..<(index + 1) * total / count
  }
}

/// The leaves' samples on their way along the trajectory.
private struct LeafRun {
  private let subject: CalibrationSubject
  private let leaves: Range<Int>
  private var states: [SamplerState]
  /// Where each leaf was before each bucket: [bucket][leaf], for later waves.
  private var starts: [[SamplerState]] = []
  private let keepsStarts: Bool
  private var isFirstWave = true
  private(set) var finals: [CalibrationStatistics.FinalSums] = []
  private(set) var firstFinalSamples: [Float] = []

  init(_ subject: CalibrationSubject, leaves: Range<Int>, keepsStarts: Bool) throws {
    self.subject = subject
    self.leaves = leaves
    self.keepsStarts = keepsStarts
    states = leaves.map { leaf in
      let samples = Self.samples(of: leaf, subject)
      return subject.sampler.start(
        noise: subject.noise(from: samples.lowerBound, samples: samples.count))
    }
    if keepsStarts {
      starts = subject.buckets.map { _ in [] }
    }
  }

  /// The numbers of a leaf's samples in the random streams.
  private static func samples(of leaf: Int, _ subject: CalibrationSubject) -> Range<Int> {
    let size = CalibrationStatistics.leafSize
    let end = min((leaf + 1) * size, subject.options.statisticsSamples)
    return SampleStart.statistics + leaf * size..<SampleStart.statistics + end
  }

  /// Goes back to the start of the trajectory, for the next wave.
  mutating func rewind() { isFirstWave = false }

  /// Runs a leaf through a bucket's steps.
  ///
  /// - Returns: The moments of each consumer of the wave.
  mutating func advance(
    _ leaf: Int, through steps: Range<Int>, bucket: Int, wave: [Int], _ gathering: MomentGathering
  ) throws -> [GramStatistics] {
    let place = leaf - leaves.lowerBound
    var state = isFirstWave ? states[place] : starts[bucket][place]
    if isFirstWave, keepsStarts { starts[bucket].append(state) }
    let samples = Self.samples(of: leaf, subject)
    let labels = subject.labels(from: samples.lowerBound, samples: samples.count)
    let sums = wave.map { ConsumerSum(width: subject.consumers[$0].columns) }
    for step in steps {
      let output = try subject.denseOutput(
        state, labels, step: step, captures: gathering.captures)
      if subject.trajectory.steps[step].needsForward {
        try gathering.add(
          batch: samples.count * subject.predictor.forwardsPerSample, to: sums)
      }
      // Later waves need no state behind the bucket.
      guard isFirstWave || step + 1 < steps.upperBound else { break }
      subject.sampler.apply(
        output, to: &state, step: step, firstItem: samples.lowerBound,
        stateSize: subject.predictor.stateSize)
    }
    if isFirstWave {
      states[place] = state
      if steps.upperBound == subject.trajectory.steps.count { finish(leaf, state.states) }
    }
    return sums.map(\.moments)
  }

  private mutating func finish(_ leaf: Int, _ final: [Float]) {
    if leaf == 0 { firstFinalSamples = final }
    var sums = CalibrationStatistics.FinalSums()
    for value in final {
      sums.sum += Double(value)
      sums.square += Double(value) * Double(value)
    }
    sums.count = Double(final.count)
    finals.append(sums)
  }
}
