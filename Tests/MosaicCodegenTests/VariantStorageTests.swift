import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicPruning
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicCodegen

/// Variants as the proof measured them, and as a bundle gives them back.
@Suite struct VariantStorageTests {
  private struct Emitted {
    var subject: CalibrationSubject
    var variants: [RangeVariant]
    var bundle: BundleReader
    var directory: TemporaryDirectory
  }

  /// Prunes by a schedule given outright, and emits.
  private func emit(
    _ model: ImportedModel, criterion: Criterion = .obs, compression: Compression = .standard,
    guidance: Float? = nil, plan: ((CalibrationSubject) throws -> SamplingPlan)? = nil
  ) throws -> Emitted {
    let conversion = Conversion(
      model,
      options: tinyOptions {
        $0.criterion = criterion
        $0.calibration.guidance = guidance
      }, progress: { _ in })
    let calibration = try conversion.calibrate()
    let subject = calibration.subject
    // One range whole, one with hardly anything left.
    let sparsities = [0, 0.3, 0.6, 0.875]
    let schedule = SparsitySchedule(
      kind: .solved,
      ranges: sparsities.enumerated().map { StepRange(steps: 2 * $0..<2 * $0 + 2, sparsity: $1) },
      predictedError: 0, clippedError: 0, costShare: 0.6, budget: 0.6)
    let variants = try PruningPlan(schedule, spreading: .loss, criterion: criterion).carryOut(
      on: subject, statistics: calibration.statistics, sensitivity: calibration.sensitivity
    ) { _ in }
    let prediction = try HeldOutSamples(subject).measure { _ in
    } network: { _ in
      nil
    }
    var manifest = conversion.manifest(
      calibration, schedule, latency: nil, prediction: prediction, variants: variants,
      proof: Manifest.Proof(
        parityMaxRelative: 0, parityOpSamplesMax: 0, comparedWithOriginal: false, samples: 1,
        predictedMSE: 0, measuredMSE: 0, standardError: 0, median: 0, uniformMeasuredMSE: 0,
        denseMACs: 1, mosaicMACs: 1, uniformMACs: 1))
    manifest.plans = try plan.map { [try $0(subject)] } ?? []
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    try BundleEmitter(imported: model, subject: subject, variants: variants).write(
      manifest, to: path, compression: compression, replacing: true)
    return Emitted(
      subject: subject, variants: variants, bundle: try BundleReader(path: path),
      directory: directory)
  }

  /// The bundle's variants run as those that were measured do. Products of rows that lie in several
  /// runs may round otherwise, by a few 2⁻²⁴ that guidance makes larger.
  private func expectSameOutputs(_ emitted: Emitted) throws {
    let subject = emitted.subject
    let states = subject.noise(from: 0, samples: 3)
    let labels = subject.labels(from: 0, samples: 3)
    var denoiser = BundleDenoiser(
      emitted.bundle, threads: 1, guidance: subject.options.guidance)
    for (number, variant) in emitted.variants.enumerated() {
      let loaded = try denoiser.predictor(ofVariant: number)
      // Calibration cuts batches by leaves, runs by what is fastest.
      let made = try Predictor(
        executor: try variant.network.executor(of: subject.dense, threads: 1),
        model: subject.model, guidance: subject.options.guidance)
      for timestep in [0.0, 500, 875] {
        let expected = made.predict(
          states: states, timestep: timestep, labels: labels)
        #expect(expected.allSatisfy { $0.isFinite })
        let found = loaded.predict(states: states, timestep: timestep, labels: labels)
        #expect(relativeError(found, expected) <= 2e-6, "variant \(number) at \(timestep)")
      }
      // And each is another network than the dense one, but for the first.
      let dense = subject.predictor.predict(states: states, timestep: 500, labels: labels)
      let own = variant.predictor.predict(states: states, timestep: 500, labels: labels)
      #expect((own == dense) == (number == 0))
    }
  }

  @Test(arguments: Criterion.allCases) func sameOutputs(criterion: Criterion) throws {
    try expectSameOutputs(emit(tinyModel(), criterion: criterion))
  }

  @Test func sameOutputsUncompressed() throws {
    try expectSameOutputs(emit(tinyModel(), compression: .none))
  }

  @Test func sameOutputsInHalfPrecision() throws {
    let emitted = try emit(tinyModel("tiny-dit-bf16"))
    try expectSameOutputs(emitted)
    // Refitted matrices keep the checkpoint's type; changed biases do not.
    let own = emitted.bundle.manifest.tensors.filter { $0.name.hasPrefix("range-") }
    #expect(!own.isEmpty)
    for tensor in own { #expect(tensor.dataType == (tensor.shape.count >= 2 ? .bf16 : .f32)) }
  }

  @Test func sameOutputsFromShards() throws {
    try expectSameOutputs(emit(tinyModel("tiny-dit-sharded")))
  }

  @Test func sameOutputsGuided() throws {
    try expectSameOutputs(emit(tinyModel(), guidance: 3))
  }

  /// With a plan, programs name the units that their variant still has.
  @Test func plansBringUnits() throws {
    let plain = try emit(tinyModel())
    #expect(
      plain.bundle.manifest.variants.allSatisfy { $0.program.reusableUnits.isEmpty })
    var names: [String] = []
    let planned = try emit(
      tinyModel(),
      plan: { subject in
        let graph = subject.dense.graph
        names = ReuseUnits(of: graph, state: graph.inputs[0]).names
        var orders = Array(repeating: [Int?](repeating: nil, count: names.count), count: 8)
        orders[7][names.count - 1] = 2
        return SamplingPlan(
          sampler: .ddim, units: names,
          steps: (0..<8).map { .init(variant: $0 / 2, orders: orders[$0]) }, macShare: 0.5)
      })
    let manifest = planned.bundle.manifest
    #expect(manifest.variants[0].program.reusableUnits.map(\.name) == names)
    for (variant, before) in zip(manifest.variants, plain.bundle.manifest.variants) {
      var program = variant.program
      #expect(program.reusableUnits.allSatisfy { names.contains($0.name) })
      #expect(program.reusableUnits.last?.name == names.last)
      program.reusableUnits = []
      #expect(program == before.program)
    }
    let setup = try SamplingSetup(manifest)
    #expect(setup.plan?.uses.counts.taken == 1)
    var denoiser = BundleDenoiser(
      planned.bundle, threads: 1, guidance: nil, plan: setup.plan)
    let result = try Sampler(trajectory: setup.trajectory, seed: 1).run(
      SampleRequest(), with: &denoiser)
    #expect(result.steps.map(\.variant) == [0, 0, 1, 1, 2, 2, 3, 3])
  }

  @Test func keptUnits() throws {
    let emitted = try emit(tinyModel())
    for (variant, stored) in zip(emitted.variants, emitted.bundle.manifest.variants) {
      #expect(stored.macsPerSample == variant.network.macs)
      #expect(stored.sparsity == variant.sparsity)
      for (index, kept) in variant.network.kept.enumerated() {
        let runs = stored.kept.first { $0.group == index }?.runs
        let units =
          runs?.flatMap { $0.start..<$0.start + $0.count }
          ?? Array(0..<emitted.subject.groups[index].unitCount)
        #expect(units == kept)
      }
    }
  }

  /// What variants share is in the file once: only refitted consumers and biases come on top.
  @Test func sharedTensorsAreStoredOnce() throws {
    let emitted = try emit(tinyModel())
    let manifest = emitted.bundle.manifest
    let dense = emitted.subject.dense.weights.values.reduce(0) { $0 + 4 * $1.count }
    let stored = manifest.chunks.reduce(0) { $0 + $1.rawSize }
    #expect(stored <= 2 * dense)
    #expect(stored >= dense)

    #expect(Set(manifest.tensors.map(\.name)).count == manifest.tensors.count)
    let names = Set(emitted.subject.dense.weights.keys.map { emitted.subject.dense.graph[$0].name })
    let consumers = Set(manifest.groups.map(\.consumer))
    for tensor in manifest.tensors {
      guard let slash = tensor.name.firstIndex(of: "/") else {
        #expect(names.contains(tensor.name), "\(tensor.name)")
        continue
      }
      let name = String(tensor.name[tensor.name.index(after: slash)...])
      #expect(consumers.contains(name) || tensor.shape.count == 1, "\(tensor.name)")
    }
    // Nothing is stored that no variant reads.
    let read = Set(manifest.variants.flatMap { $0.weights.map(\.tensor) })
    #expect(read == Set(manifest.tensors.indices))
  }

  /// Noise levels cover the line without gaps, and lead every calibrated step to its own variant.
  @Test func noiseLevels() throws {
    let emitted = try emit(tinyModel())
    let variants = emitted.bundle.manifest.variants
    #expect(variants.map(\.name) == (0..<4).map { "range-\($0)" })
    #expect(variants.first?.logSNRLower == -.infinity)
    #expect(variants.last?.logSNRUpper == .infinity)
    for (noisier, cleaner) in zip(variants, variants.dropFirst()) {
      #expect(noisier.logSNRUpper == cleaner.logSNRLower)
      #expect(noisier.logSNRLower < noisier.logSNRUpper)
    }
    var denoiser = BundleDenoiser(emitted.bundle, threads: 1, guidance: nil)
    for (number, variant) in emitted.variants.enumerated() {
      for step in variant.steps {
        let level = emitted.subject.trajectory.steps[step].logSNR
        let (_, chosen) = try denoiser.predictor(logSNR: level)
        #expect(chosen == number)
        #expect(emitted.bundle.manifest.schedule.perStep[step].variant == number)
        #expect(emitted.bundle.manifest.schedule.perStep[step].logSNR == level)
      }
    }
    for (level, number) in [(-Double.infinity, 0), (-1000, 0), (1000, 3), (.infinity, 3)] {
      let (_, chosen) = try denoiser.predictor(logSNR: level)
      #expect(chosen == number)
    }
  }
}
