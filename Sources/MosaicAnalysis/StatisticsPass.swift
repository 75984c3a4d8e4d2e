internal import MosaicCore
internal import MosaicIR
internal import MosaicKernels
internal import MosaicLowering
internal import MosaicRuntime
public import MosaicSurgery

extension CalibrationSubject {
  /// Bytes that the statistics of all groups take while they are gathered.
  public var statisticsBytes: Int {
    groups.reduce(0) { $0 + statisticsBytes(of: $1) }
  }

  private func statisticsBytes(of group: PruningGroup) -> Int {
    let kept = buckets.count * group.width * (group.width + 1) / 2
    // One square and one packed matrix a worker while sums are taken.
    let working = 2 * group.width * group.width
    return (kept + working) * MemoryLayout<Double>.size
  }

  /// Rows that one sample's forwards give a group's statistics.
  public func rowsPerSample(of group: PruningGroup) throws -> Int {
    let lowered = try dense.graph.lowered()
    guard let instruction = lowered.instructions[group.name] else { return 0 }
    let operand = lowered.program.instructions[instruction].inputs[0]
    let elements = lowered.program.values[operand].shape.reduce(1, *)
    return elements / group.width * predictor.forwardsPerSample
  }

  /// Samples the dense network and gathers the second moments of every consumer's input.
  ///
  /// The samples are the network's own: no data set is needed. Groups whose statistics do not fit
  /// `memoryLimit` together are done in waves over the stored states.
  public func gatherStatistics(
    progress: ProgressHandler
  ) throws -> CalibrationStatistics {
    let start = SampleStart.statistics
    let samples = options.statisticsSamples
    let labels = labels(from: start, samples: samples)
    let waves = try planWaves()
    let total = waves.count * trajectory.steps.count
    var done = 0
    var inputs: [[Float]] = []
    var final: [Float] = []
    var moments = [[GramStatistics]](
      repeating: groups.map { GramStatistics(width: $0.width) }, count: buckets.count)
    for (number, wave) in waves.enumerated() {
      var state = sampler.start(noise: noise(from: start, samples: samples))
      for step in trajectory.steps.indices {
        let input = number == 0 ? sampler.networkInput(state, step: step) : inputs[step]
        if number == 0, waves.count > 1 { inputs.append(input) }
        let output = try observe(
          input, labels, step: step, groups: wave,
          into: &moments[buckets.firstIndex { $0.contains(step) } ?? 0])
        if number == 0 {
          sampler.apply(
            output, to: &state, step: step, firstItem: start, stateSize: predictor.stateSize)
        }
        done += 1
        try progress(Progress(stage: "statistics", done: done, total: total))
      }
      if number == 0 { final = state.states }
    }
    let (mean, square) = moments12(final)
    return CalibrationStatistics(
      buckets: buckets, moments: moments, variance: square - mean * mean, secondMoment: square)
  }

  /// Groups whose statistics fit the limit together, in order.
  private func planWaves() throws -> [[Int]] {
    var waves: [[Int]] = [[]]
    var bytes = 0
    for index in groups.indices {
      let need = statisticsBytes(of: groups[index])
      guard need <= options.memoryLimit else {
        throw AnalysisError.memory(
          needed: need, limit: options.memoryLimit, group: groups[index].name)
      }
      if bytes + need > options.memoryLimit, !waves[waves.count - 1].isEmpty {
        waves.append([])
        bytes = 0
      }
      waves[waves.count - 1].append(index)
      bytes += need
    }
    return waves
  }

  /// One step's forward over all samples, its consumers' inputs added to `moments`.
  ///
  /// - Returns: The network's output; where the sampler does not use it, nothing.
  private func observe(
    _ states: [Float], _ labels: [Int32], step: Int, groups wave: [Int],
    into moments: inout [GramStatistics]
  ) throws -> [Float] {
    let info = trajectory.steps[step]
    guard info.needsForward else { return [] }
    let size = predictor.stateSize
    let samples = labels.count
    // A leaf's activations are held whole: small enough for memory, large enough for products.
    let leaf = 64
    var output: [Float] = []
    output.reserveCapacity(states.count)
    for first in stride(from: 0, to: samples, by: leaf) {
      let count = min(leaf, samples - first)
      let capture = try ActivationCapture(
        of: wave.map { groups[$0] }, in: self, batch: count * predictor.forwardsPerSample)
      output += predictor.predict(
        states: Array(states[first * size..<(first + count) * size]), timestep: info.timestep,
        labels: Array(labels[first..<first + count]), captures: capture.captures)
      BLAS.setThreads(1)
      let sums = try concurrentMap(wave.count, threads: options.threads) { index in
        GramStatistics(width: self.groups[wave[index]].width, inputs: capture.rows(of: index))
      }
      for (index, sum) in zip(wave, sums) { moments[index].add(sum) }
    }
    guard output.allSatisfy(\.isFinite) else {
      throw RuntimeError(
        .nonFinite(step: step, steps: trajectory.steps.count, timestep: info.timestep))
    }
    return output
  }

  private func moments12(_ values: [Float]) -> (mean: Double, square: Double) {
    let count = Double(max(values.count, 1))
    return (
      values.reduce(0) { $0 + Double($1) } / count,
      values.reduce(0) { $0 + Double($1) * Double($1) } / count
    )
  }
}

/// Memory into which a run copies the inputs of some groups' consumers.
private final class ActivationCapture: @unchecked Sendable {
  private var buffers: [UnsafeMutableBufferPointer<Float>] = []
  private(set) var captures: [Executor.Capture] = []

  init(of groups: [PruningGroup], in subject: CalibrationSubject, batch: Int) throws {
    let lowered = try subject.dense.graph.lowered()
    for group in groups {
      guard let instruction = lowered.instructions[group.name] else {
        throw LoweringError(node: group.name, reason: "no instruction reads this group")
      }
      let operand = lowered.program.instructions[instruction].inputs[0]
      let size = lowered.program.values[operand].shape.reduce(1, *)
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: size * batch)
      buffer.initialize(repeating: 0)
      buffers.append(buffer)
      if let base = buffer.baseAddress {
        captures.append(Executor.Capture(instruction: instruction, destination: base))
      }
    }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  func rows(of index: Int) -> [Float] { Array(buffers[index]) }
}
