import MosaicCore
import MosaicIR
import MosaicLowering
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicAnalysis

@Suite struct StatisticsTests {
  /// Sums over what the interpreter hands each consumer, in plain f64 loops.
  ///
  /// Both paths compute activations in f32, so products differ by some 10⁻⁶ of the largest.
  @Test(arguments: [nil, 2] as [Float?])
  func equalSumsByHand(guidance: Float?) throws {
    let subject = try tinySubject {
      $0.statisticsSamples = 3
      $0.guidance = guidance
    }
    let statistics = try subject.gatherStatistics(progress: noProgress)
    var sums = Sums(subject)
    let labels = subject.labels(from: SampleStart.statistics, samples: 3)
    var state = subject.sampler.start(
      noise: subject.noise(from: SampleStart.statistics, samples: 3))
    for step in subject.trajectory.steps.indices {
      let timestep = subject.trajectory.steps[step].timestep
      let states = subject.sampler.networkInput(state, step: step)
      try sums.observe(states, labels, timestep: timestep, bucket: step / 2)
      if guidance != nil {
        try sums.observe(states, [10, 10, 10], timestep: timestep, bucket: step / 2)
      }
      try subject.sampler.advance(
        &state, labels: labels, step: step, firstItem: SampleStart.statistics, subject.predictor)
    }
    for bucket in 0..<2 {
      for group in subject.groups.indices {
        let found = try statistics.moments(ofBucket: bucket)(group)
        let expected = sums.moments[bucket][group]
        #expect(found.rows == expected.rows && found.weight == expected.weight)
        #expect(distance(found.sum, expected.sum) <= 1e-5)
        #expect(distance(found.gram, expected.gram) <= 1e-5)
      }
    }
    let mean = state.states.reduce(0.0) { $0 + Double($1) } / Double(state.states.count)
    let square =
      state.states.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(state.states.count)
    #expect(abs(statistics.secondMoment - square) <= 1e-6 * square)
    #expect(abs(statistics.variance - (square - mean * mean)) <= 1e-6 * square)
    let rows = Double(3 * 16 * 2 * (guidance == nil ? 1 : 2))
    #expect(statistics.rowsPerColumn(of: 0..<2) == rows / 128)
    #expect(statistics.rowsPerColumn(of: 0..<4) == 2 * rows / 128)
  }

  /// Groups done later see the stored states, so not a bit may change.
  @Test func areTheSameInWaves() throws {
    let whole = try tinySubject()
    let narrow = try tinySubject { $0.memoryLimit = Self.neededForNeurons }
    var stages = 0
    let inWaves = try narrow.gatherStatistics { progress in stages = progress.total }
    // One leaf and two buckets a wave; the neurons of a block fill one.
    #expect(stages > 2)
    let atOnce = try whole.gatherStatistics(progress: noProgress)
    for bucket in 0..<2 {
      for group in whole.groups.indices {
        let (narrow, wide) = (
          try inWaves.moments(ofBucket: bucket)(group), try atOnce.moments(ofBucket: bucket)(group)
        )
        #expect(narrow == wide)
      }
    }
    #expect(inWaves.variance == atOnce.variance)
  }

  @Test func needTheMemoryOfTheLargestGroup() throws {
    let subject = try tinySubject { $0.memoryLimit = 150_000 }
    let error = #expect(throws: AnalysisError.self) {
      try subject.gatherStatistics(progress: noProgress)
    }
    #expect(
      error
        == .memory(
          needed: Self.neededForNeurons, limit: 150_000, group: "transformer_blocks.0.ff.net.2"))
    #expect(error?.exitStatus == .usage)
  }

  /// Twice the sums of 128 columns at three levels of the tree and of a leaf, a square, and the rows
  /// of 16 samples of 16 tokens: half of the limit is for what is kept.
  private static let neededForNeurons =
    2 * ((4 * (128 * 129 / 2 + 128) + 128 * 128) * 8 + 16 * 16 * 128 * 4)

  @Test func saysHowMuchIsNeeded() {
    let error = AnalysisError.memory(needed: 300 << 20, limit: 200 << 20, group: "ff")
    #expect(
      error.description
        == "statistics of 'ff' need 300.0 MiB and --max-memory leaves 200.0 MiB; raise it")
  }

  /// Weights of steps are relative, so that a scale on all of them changes nothing.
  @Test func mergeBucketsByTheirStepsWeights() throws {
    let statistics = try tinySubject().gatherStatistics(progress: noProgress)
    let merged = try statistics.moments(of: 0..<4, stepWeights: [1, 1, 3, 3])(0)
    let scaled = try statistics.moments(of: 0..<4, stepWeights: [5, 5, 15, 15])(0)
    #expect(distance(merged.gram, scaled.gram) <= 1e-14)
    let (first, second) = (
      try statistics.moments(ofBucket: 0)(0), try statistics.moments(ofBucket: 1)(0)
    )
    let expected = zip(first.gram, second.gram).map { 0.5 * $0 + 1.5 * $1 }
    #expect(distance(merged.gram, expected) <= 1e-14)
    let unweighted = try statistics.moments(of: 0..<2, stepWeights: [0, 0, 1, 1])(0)
    #expect(unweighted.gram == first.gram)
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let scale = b.reduce(0) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}

/// Second moments in plain loops over interpreted forwards.
private struct Sums {
  let subject: CalibrationSubject
  var moments: [[GramStatistics]]

  init(_ subject: CalibrationSubject) {
    self.subject = subject
    moments = subject.buckets.map { _ in subject.groups.map { GramStatistics(width: $0.width) } }
  }

  mutating func observe(
    _ states: [Float], _ labels: [Int32], timestep: Double, bucket: Int
  ) throws {
    let samples = labels.count
    let graph = subject.dense.graph
    var read: [String: [Float]] = [:]
    _ = try graph.interpret(
      inputs: [
        "hidden_states": Tensor(states, shape: [samples] + subject.model.sampleShape),
        "timestep": Tensor([Float](repeating: Float(timestep), count: samples), shape: [samples]),
        "class_labels": Tensor(labels, shape: [samples]),
      ],
      weights: { id in
        subject.dense.weights[id].map {
          Tensor($0.array, shape: graph[id].type.shape(batch: 1))
        }
      },
      observe: { node, operands, _ in
        if let first = operands.first { read[node.name] = first.floats }
      })
    for (index, group) in subject.groups.enumerated() {
      let rows = read[group.name] ?? []
      let count = rows.count / group.width
      for row in 0..<count {
        let x = rows[row * group.width..<(row + 1) * group.width].map(Double.init)
        for i in x.indices {
          moments[bucket][index].sum[i] += x[i]
          for j in 0...i { moments[bucket][index].gram[i * (i + 1) / 2 + j] += x[i] * x[j] }
        }
      }
      moments[bucket][index].weight += Double(count)
      moments[bucket][index].rows += count
    }
  }
}
