import MosaicCore
import MosaicRuntime
import MosaicTestSupport
import Testing

@Suite struct SamplerTests {
  private let network: Network
  private let config: SchedulerConfig

  init() throws {
    network = try Network("tiny-dit")
    config = try #require(network.model.scheduler)
  }

  private func sampler(seed: UInt64 = 5, eta: Double = 0) throws -> Sampler {
    Sampler(trajectory: try Trajectory(config: config, steps: 6, eta: eta), seed: seed)
  }

  private func sampler(_ kind: SamplerKind) throws -> Sampler {
    Sampler(trajectory: try Trajectory(config: config.sampled(with: kind), steps: 6), seed: 5)
  }

  private func sample(_ count: Int, first: Int = 0, by sampler: Sampler) throws -> [Float] {
    let predictor = try network.predictor()
    let (noise, labels) = network.start(count, first: first)
    return try sampler.sample(noise: noise, labels: labels, firstItem: first) { _ in
      (predictor, 0)
    }
  }

  @Test func repeatsItself() throws {
    let stochastic = try sampler(eta: 1)
    #expect(try sample(3, by: stochastic) == sample(3, by: stochastic))
    #expect(try sample(3, by: stochastic) != sample(3, by: sampler(seed: 6, eta: 1)))
  }

  @Test func drawsNoiseByTheSampleAlone() throws {
    let size = 10
    let many = Sampler.noise(seed: 9, samples: 5, first: 2, stateSize: size)
    for sample in 0..<5 {
      let alone = Sampler.noise(seed: 9, samples: 1, first: 2 + sample, stateSize: size)
      #expect(Array(many[sample * size..<(sample + 1) * size]) == alone)
    }
    let labels = Sampler.labels(seed: 9, samples: 50, first: 2, classes: 7)
    #expect(labels.allSatisfy { (0..<7).contains($0) })
    #expect(Set(labels).count == 7)
    #expect(Sampler.labels(seed: 9, samples: 30, first: 22, classes: 7) == Array(labels[20...]))
    #expect(Sampler.labels(seed: 9, samples: 3, classes: 0) == [0, 0, 0])
  }

  /// Stochastic steps too take each sample's own noise. Untrained states grow large, and batches of
  /// other heights round differently.
  @Test func samplesAloneAsInABatch() throws {
    let stochastic = try sampler(eta: 1)
    let all = try sample(3, by: stochastic)
    let size = all.count / 3
    for number in 0..<3 {
      let alone = try sample(1, first: number, by: stochastic)
      #expect(relativeError(alone, Array(all[number * size..<(number + 1) * size])) <= 1e-5)
    }
    #expect(relativeError(all, try sample(3, by: sampler())) > 1e-2)
  }

  @Test func namesTheStepThatIsNotFinite() throws {
    let executor = try network.executor()
    let broken = try Predictor(
      executor: Executor(
        program: executor.program,
        weights: executor.weightValues.map { FloatBuffer($0.array.map { _ in .nan }) },
        threads: 1),
      model: network.model.description, guidance: nil)
    let good = try network.predictor()
    let (noise, labels) = network.start(2)
    let error = #expect(throws: RuntimeError.self) {
      try sampler().sample(noise: noise, labels: labels) { step in
        (step == 2 ? broken : good, 0)
      }
    }
    #expect(
      error?.description
        == "the network's output at step 3 of 6 (timestep 498) is not finite")
    #expect(error?.exitStatus == .badData)
  }

  @Test func reportsStepsAndVariants() throws {
    let predictor = try network.predictor()
    let (noise, labels) = network.start(1)
    var seen: [[Int]] = []
    _ = try sampler().sample(
      noise: noise, labels: labels, predictor: { (predictor, $0 / 3) },
      progress: { seen.append([$0.step, $0.steps, $0.variant]) })
    #expect(seen == (0..<6).map { [$0, 6, $0 / 3] })
  }

  /// What a state carries is all that a later step needs: a run from the middle ends as the whole
  /// one did.
  @Test(arguments: [SamplerKind.ddim, .euler, .dpmpp2m])
  func goesOnFromAnyStep(kind: SamplerKind) throws {
    let sampler = try sampler(kind)
    let predictor = try network.predictor()
    let (noise, labels) = network.start(2)
    var state = sampler.start(noise: noise)
    var kept = state
    for step in 0..<6 {
      if step == 3 { kept = state }
      try sampler.advance(&state, labels: labels, step: step, predictor)
    }
    #expect(state.states == (try sample(2, by: sampler)))
    #expect(kept.history.isEmpty == (kind != .dpmpp2m))
    for step in 3..<6 { try sampler.advance(&kept, labels: labels, step: step, predictor) }
    #expect(kept == state)
  }

  /// The network sees states of unit power; the sampler's own are larger with Euler.
  @Test func scalesWhatTheNetworkSees() throws {
    let (noise, _) = network.start(1)
    let euler = try sampler(.euler)
    let state = euler.start(noise: noise)
    let scale = Float(euler.trajectory.initialScale)
    #expect(scale > 10)
    #expect(relativeError(state.states, noise.map { scale * $0 }) <= 1e-6)
    #expect(relativeError(euler.networkInput(state, step: 0), noise) <= 1e-6)
    let ddim = try sampler(.ddim)
    #expect(ddim.networkInput(ddim.start(noise: noise), step: 0) == noise)
  }

  private struct Stop: Error {}

  @Test func endsWhenProgressThrows() throws {
    let predictor = try network.predictor()
    let (noise, labels) = network.start(1)
    var steps = 0
    #expect(throws: Stop.self) {
      try sampler().sample(
        noise: noise, labels: labels, predictor: { _ in (predictor, 0) },
        progress: { report in
          steps = report.step + 1
          if steps == 2 { throw Stop() }
        })
    }
    #expect(steps == 2)
  }
}
