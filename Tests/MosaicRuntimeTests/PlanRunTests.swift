import MosaicBundle
import MosaicCore
import MosaicRuntime
import MosaicTestSupport
import Testing

/// Runs of bundles along their plans.
@Suite struct PlanRunTests {
  private static let samples = 3

  private func request() -> SampleRequest {
    var request = SampleRequest()
    (request.count, request.seed) = (Self.samples, 7)
    return request
  }

  private func images(
    _ planned: PlannedNetwork, _ setup: SamplingSetup, threads: Int = 2
  ) throws -> SampleResult {
    var denoiser = BundleDenoiser(
      planned.bundle, threads: threads, guidance: setup.guidance, plan: setup.plan)
    return try Sampler(trajectory: setup.trajectory, seed: 7).run(request(), with: &denoiser)
  }

  private func steps(
    _ rows: [[Int?]], variants: [Int], isNeeded: [Bool]? = nil
  ) -> [SamplingPlan.Step] {
    SamplingPlan.steps(
      of: ReusePlan(units: [], orders: rows), variants: variants,
      isNeeded: isNeeded ?? rows.map { _ in true })
  }

  /// Each step's units in order: at the last the whole output is a parabola, before it one unit
  /// repeats and one goes on a line. The second variant has lost the first unit.
  private func rows(_ units: Int) -> [[Int?]] {
    var rows = Array(repeating: [Int?](repeating: nil, count: units), count: 7)
    rows[2][0] = 0
    rows[2][2] = 1
    rows[3][0] = 1
    rows[3][1] = 0
    rows[4][0] = 0
    rows[5][2] = 2
    rows[5][3] = 1
    rows[6][units - 1] = 2
    // Within the output: neither asked for nor computed.
    rows[6][0] = 2
    return rows
  }

  private let variants = [0, 0, 0, 1, 1, 0, 1]

  /// Values of earlier steps put into the graph by hand, each guidance half with its own.
  @Test(arguments: [nil, 2.5] as [Float?]) func givesWhatTheGraphGives(guidance: Float?) throws {
    let planned = try PlannedNetwork(lost: [0]) { manifest, units in
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, guidance: guidance.map { Double($0) }, units: units,
          steps: self.steps(rows(units.count), variants: variants), macShare: 0.5)
      ]
    }
    let setup = try SamplingSetup(planned.bundle.manifest)
    #expect(setup.planNumber == 0 && setup.notices == [] && setup.guidance == guidance)
    let found = try images(planned, setup)
    #expect(found.steps.map(\.variant) == variants)

    let sampler = Sampler(trajectory: setup.trajectory, seed: 7)
    var state = sampler.start(noise: found.noise)
    let null = [Int32](
      repeating: Int32(planned.bundle.manifest.model.nullClass ?? 0), count: Self.samples)
    let halves = guidance == nil ? [found.labels] : [found.labels, null]
    // By half and unit, the latest first.
    var past = halves.map { _ in planned.units.map { _ in [(step: Int, value: [Float])]() } }
    let last = planned.units.count - 1
    for (step, row) in rows(planned.units.count).enumerated() {
      let info = setup.trajectory.steps[step]
      let outputs = halves.indices.map { half in
        var replacing: [Int: [Float]] = [:]
        for (unit, order) in row.enumerated() where variants[step] == 0 || unit != 0 {
          guard let order, step < 6 || unit == last else { continue }
          let known = past[half][unit].prefix(order + 1)
          let weights = ValueForecast.weights(
            at: Double(step), from: known.map { Double($0.step) }, order: order)
          replacing[unit] = known[0].value.indices.map { place in
            Float(zip(known, weights).reduce(0) { $0 + Double($1.0.value[place]) * $1.1 })
          }
        }
        let (output, values) = planned.reference(
          sampler.networkInput(state, step: step), info.timestep, halves[half],
          replacing: replacing)
        for unit in values.indices
        where replacing[unit] == nil && (variants[step] == 0 || unit != 0) && step < 6 {
          past[half][unit].insert((step, values[unit]), at: 0)
        }
        return output
      }
      let output =
        guidance.map { weight in
          zip(outputs[0], outputs[1]).map { $1 + weight * ($0 - $1) }
        } ?? outputs[0]
      sampler.apply(
        output, to: &state, step: step, stateSize: state.states.count / Self.samples)
    }
    #expect(relativeError(found.images, state.states) <= 1e-4)
    // The first unit at steps 2 (not 3 and 4, whose variant has lost it), two more at 5; the rest.
    #expect(setup.plan?.uses.counts.taken == 6)
    #expect(setup.plan?.uses.depths.prefix(4) == [1, 1, 3, 2])
    #expect(setup.plan?.uses.depths.last == 3)
  }

  /// A plan that reuses nothing is the run there was before, bit by bit.
  @Test func changesNothingWhereNothingIsReused() throws {
    let planned = try PlannedNetwork { manifest, units in
      let rows = Array(repeating: [Int?](repeating: nil, count: units.count), count: 5)
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, units: units,
          steps: self.steps(rows, variants: [0, 0, 1, 1, 1]), macShare: 1)
      ]
    }
    let followed = try images(planned, try SamplingSetup(planned.bundle.manifest))
    let setup = try SamplingSetup(planned.bundle.manifest, steps: 5, followsPlans: false)
    #expect(setup.plan == nil && setup.notices.isEmpty)
    let plain = try images(planned, setup)
    #expect(followed.images == plain.images)
    let predictor = try planned.network.predictor(threads: 2)
    let dense = try Sampler(trajectory: setup.trajectory, seed: 7).sample(
      noise: plain.noise, labels: plain.labels, predictor: { _ in (predictor, 0) })
    #expect(plain.images == dense)
  }

  /// Chunks and threads do not matter to what is reused.
  @Test func threadsAndChunksAgree() throws {
    let planned = try PlannedNetwork(lost: [0]) { manifest, units in
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, guidance: 3, units: units,
          steps: self.steps(rows(units.count), variants: variants), macShare: 0.5)
      ]
    }
    let setup = try SamplingSetup(planned.bundle.manifest)
    let one = try images(planned, setup, threads: 1).images
    let four = try images(planned, setup, threads: 4).images
    #expect(relativeError(four, one) <= 1e-5)
  }

  /// Stored weights and constants take the place of polynomials.
  @Test func takesStoredForecasts() throws {
    let width = try #require(
      try PlannedNetwork { _, _ in }.units.first.map { unit in
        try Network("tiny-dit").model.graph[unit.value].type.sampleShape.last
      } ?? nil)
    func final(_ forecast: ValueForecast?) throws -> [Float] {
      let values = forecast.map { $0.weights + $0.offset } ?? []
      let planned = try PlannedNetwork(forecasts: values) { manifest, units in
        var rows = Array(repeating: [Int?](repeating: nil, count: units.count), count: 4)
        rows[3][0] = 1
        let weights = Set(manifest.variants[0].weights.map(\.tensor))
        manifest.plans = [
          SamplingPlan(
            sampler: .ddim, units: units, steps: self.steps(rows, variants: [0, 0, 0, 0]),
            macShare: 1, forecasts: forecast == nil ? nil : weights.count)
        ]
      }
      return try images(planned, try SamplingSetup(planned.bundle.manifest)).images
    }
    let none = [Float](repeating: 0, count: width)
    let line = try final(nil)
    #expect(try final(.init(weights: [2, -1], offset: none)) == line)
    #expect(try final(.init(weights: [1, 0], offset: none)) != line)
    #expect(try final(.init(weights: [2, -1], offset: none.map { $0 + 0.5 })) != line)
  }

  /// A step whose output the sampler does not use reads no variant and runs nothing.
  @Test func unneededStepsCostNothing() throws {
    let planned = try PlannedNetwork { manifest, units in
      manifest.scheduler.setAlphaToOne = false
      manifest.scheduler.stepsOffset = 0
      manifest.scheduler.spacing = .leading
      let needed = try Trajectory(config: manifest.scheduler, steps: 4).steps.map(\.needsForward)
      #expect(needed == [true, true, true, false])
      var rows = Array(repeating: [Int?](repeating: nil, count: units.count), count: 4)
      rows[2][0] = 1
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, units: units,
          steps: self.steps(rows, variants: [0, 0, 0, 1], isNeeded: needed), macShare: 1)
      ]
    }
    let setup = try SamplingSetup(planned.bundle.manifest)
    #expect(try images(planned, setup).steps.map(\.variant) == [0, 0, 0, 0])
    #expect(setup.plan?.plan.forwardCount == 3)
  }

  @Test func memoryIsPlannedAndBounded() throws {
    let planned = try PlannedNetwork(memoryLimit: 1 << 20) { manifest, units in
      var rows = Array(repeating: [Int?](repeating: nil, count: units.count), count: 3)
      rows[2][0] = 1
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, units: units, steps: self.steps(rows, variants: [0, 0, 0]),
          macShare: 1)
      ]
    }
    let setup = try SamplingSetup(planned.bundle.manifest)
    let plan = try #require(setup.plan)
    let elements = planned.network.model.graph[planned.units[0].value].type.sampleCount
    #expect(plan.uses.elements[0] == elements)
    #expect(plan.byteCount(samples: 5, forwardsPerSample: 2) == 2 * 4 * 2 * 5 * elements)
    #expect(plan.byteCount(samples: .max, forwardsPerSample: 2) == .max)
    let denoiser = BundleDenoiser(planned.bundle, threads: 1, guidance: nil, plan: plan)
    let many = (1 << 20) / (8 * elements) + 1
    let error = #expect(throws: BundleError.self) {
      _ = try denoiser.reuse(samples: many, along: setup.trajectory)
    }
    #expect(error?.exitStatus == .unsupported)
    let shorter = try Trajectory(config: planned.bundle.manifest.scheduler, steps: 2)
    #expect(throws: RuntimeError(.planLength(plan: 3, steps: 2))) {
      _ = try denoiser.reuse(samples: 1, along: shorter)
    }
  }

  /// Nothing reused needs no memory.
  @Test func noReuseTakesNoMemory() throws {
    let planned = try PlannedNetwork { manifest, _ in
      manifest.plans = [
        SamplingPlan(
          sampler: .ddim, units: [],
          steps: self.steps([[], []], variants: [1, 0]), macShare: 1)
      ]
    }
    let setup = try SamplingSetup(planned.bundle.manifest)
    let denoiser = BundleDenoiser(planned.bundle, threads: 1, guidance: nil, plan: setup.plan)
    #expect(try denoiser.reuse(samples: 1, along: setup.trajectory) == nil)
    #expect(try images(planned, setup).steps.map(\.variant) == [1, 0])
  }
}
