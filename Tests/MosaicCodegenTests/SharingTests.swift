import Foundation
import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCore
import MosaicIR
import MosaicImport
import MosaicLowering
import MosaicPruning
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicCodegen

/// What a bundle stores once, in which order and in which type.
@Suite struct SharingTests {
  private static func conversion(
    _ name: String = "tiny-dit", _ change: (inout ConversionOptions) -> Void = { _ in }
  ) throws -> Conversion {
    var options = ConversionOptions()
    options.calibration.steps = 6
    options.calibration.statisticsSamples = 24
    options.calibration.sensitivitySamples = 6
    options.calibration.predictionSamples = 6
    options.calibration.threads = 2
    options.proofSamples = 4
    options.allocation.ranges = .exactly(3)
    options.allocation.budget = .macs(0.6)
    change(&options)
    let model = try CheckpointImporter(
      path: Fixtures.path(name),
      schedulerPath: Fixtures.path("tiny-dit/schedulers/v-prediction/scheduler_config.json")
    ).load()
    return Conversion(model, options: options) { _ in }
  }

  /// Three variants, the first of them whole where `sparsities` starts with 0.
  private static func pruned(
    _ conversion: Conversion, sparsities: [Double]
  ) throws -> (subject: CalibrationSubject, rounded: DenseNetwork, variants: [RangeVariant]) {
    let calibration = try conversion.calibrate()
    let subject = calibration.subject
    let schedule = SparsitySchedule(
      kind: .solved,
      ranges: sparsities.enumerated().map {
        StepRange(steps: 2 * $0..<2 * $0 + 2, sparsity: $1)
      },
      predictedError: 0, clippedError: 0, costShare: 0.6, budget: 0.6)
    let rounded = subject.dense.rounded(to: conversion.options.dataType).network
    let variants = try PruningPlan(schedule, spreading: .loss, criterion: .obs).carryOut(
      on: subject, statistics: calibration.statistics, sensitivity: calibration.sensitivity,
      shipped: rounded
    ) { _ in }
    return (subject, rounded, variants)
  }

  private func predict(_ predictor: Predictor, _ subject: CalibrationSubject) -> [Float] {
    predictor.predict(
      states: subject.noise(from: 0, samples: 3), timestep: 500,
      labels: subject.labels(from: 0, samples: 3))
  }

  @Test(arguments: [[0.5, 0.2, 0.5], [0, 0.3, 0.6]]) func orderChangesNothingButSums(
    sparsities: [Double]
  ) throws {
    let (subject, rounded, variants) = try Self.pruned(
      Self.conversion(), sparsities: sparsities)
    let shipped = ShippedWeights(
      rounded, groups: subject.groups, orderedFor: variants.map(\.network))
    #expect(subject.groups.indices.contains { !shipped.order(ofGroup: $0).isEmpty })
    for variant in variants {
      let placed = try shipped.place(variant, in: subject)
      #expect(placed.network.kept == variant.network.kept)
      let (before, after) = (
        predict(variant.predictor, subject), predict(placed.predictor, subject)
      )
      let largest = before.map(abs).max() ?? 0
      // Sums of at most a few hundred f32 terms in another order, through two blocks.
      for (x, y) in zip(before, after) { #expect(abs(x - y) <= 2e-5 * largest) }
    }
  }

  @Test(arguments: [[0.5, 0.2, 0.5], [0, 0.3, 0.6], [0.6, 0.6, 0.6]]) func rowsAreFewRuns(
    sparsities: [Double]
  ) throws {
    let conversion = try Self.conversion()
    let (subject, rounded, variants) = try Self.pruned(conversion, sparsities: sparsities)
    let shipped = ShippedWeights(
      rounded, groups: subject.groups, orderedFor: variants.map(\.network))
    let placed = try variants.map { try shipped.place($0, in: subject) }
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    try BundleEmitter(
      imported: conversion.imported, subject: subject, variants: placed, shipped: shipped
    ).write(try manifest(of: conversion), to: path, compression: .standard, replacing: true)
    let bundle = try BundleReader(path: path)

    var denoiser = BundleDenoiser(bundle, threads: 2, guidance: nil)
    for (number, stored) in bundle.manifest.variants.enumerated() {
      #expect(stored.weights.allSatisfy { $0.runs.count <= 4 })
      // What was measured is what is loaded, to the last bit.
      let loaded = predict(try denoiser.predictor(ofVariant: number), subject)
      #expect(loaded == predict(placed[number].predictor, subject))
    }
    try expectSharedMemory(bundle)
    // With memory for one variant alone, rows are gathered.
    let needs = bundle.manifest.variants.map { stored in
      4 * stored.program.weights.reduce(stored.program.arenaSize) { $0 + $1.shape.reduce(1, *) }
    }
    let tight = try BundleReader(path: path, memoryLimit: try #require(needs.max()))
    var gathering = BundleDenoiser(tight, threads: 2, guidance: nil)
    for (number, variant) in placed.enumerated() {
      let loaded = predict(try gathering.predictor(ofVariant: number), subject)
      #expect(loaded == predict(variant.predictor, subject))
    }
    for (number, group) in bundle.manifest.groups.enumerated() where !group.order.isEmpty {
      let used = Set(placed.flatMap { $0.network.kept[number] })
      #expect(Set(group.order) == used)
      // Rows of the producers are those of the checkpoint, moved.
      for producer in group.producers {
        let index = try #require(
          bundle.manifest.tensors.firstIndex { $0.name == producer })
        let original = try #require(conversion.imported.weights.tensor(producer))
        let rowBytes = original.bytes.count / (group.unitCount * group.unitSize)
        let view = try bundle.load(tensor: index)
        let rows = withExtendedLifetime(view.owner) { Array(view.bytes) }
        let expected = withExtendedLifetime(original.owner) {
          group.order.flatMap { unit in
            original.bytes[
              unit * group.unitSize * rowBytes..<(unit + 1) * group.unitSize * rowBytes]
          }
        }
        #expect(rows == expected)
      }
    }
  }

  /// Every matrix of which variants keep rows is in memory once, whatever variant runs.
  private func expectSharedMemory(_ bundle: BundleReader) throws {
    var denoiser = BundleDenoiser(bundle, threads: 2, guidance: nil)
    var pieces: [Int: [FloatBuffer]] = [:]
    var sharedCount = 0
    for number in [0, 1, 2, 0] {
      let executor = try denoiser.predictor(ofVariant: number).executor
      for (source, weight) in zip(bundle.manifest.variants[number].weights, executor.weights)
      where bundle.manifest.tensors[source.tensor].shape.count == 2 && !source.runs.isEmpty {
        for buffer in weight.buffers {
          if pieces[source.tensor, default: []].contains(where: { $0 === buffer }) {
            sharedCount += 1
          } else {
            pieces[source.tensor, default: []].append(buffer)
          }
        }
      }
    }
    #expect(sharedCount > 0)
    for (tensor, buffers) in pieces {
      let shape = bundle.manifest.tensors[tensor].shape
      // A piece is padded by fewer than 16 rows.
      let most = (shape[0] + 15 * buffers.count) * shape[1]
      #expect(buffers.reduce(0) { $0 + $1.count } <= most)
    }
  }

  private func manifest(of conversion: Conversion) throws -> Manifest {
    Manifest(
      model: conversion.imported.description,
      scheduler: try #require(conversion.imported.scheduler))
  }

  @Test func twoConversionsGiveEqualBytes() throws {
    let directory = try TemporaryDirectory()
    let paths = ["a", "b"].map { "\(directory.path)/\($0).mosaic" }
    for path in paths { _ = try Self.conversion { $0.dataType = .f16 }.run(to: path) }
    #expect(FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]))
  }

  @Test(arguments: [DataType.f32, .f16, .bf16], ["tiny-dit", "tiny-dit-bf16"])
  func everyMatrixHasTheTypeAskedFor(type: DataType, model: String) throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    let report = try Self.conversion(model) { $0.dataType = type }.run(to: path).report
    #expect(report.warnings.isEmpty)
    for tensor in try BundleReader(path: path).manifest.tensors {
      // A bias that changed holds more than half precision can say.
      let isChangedBias = tensor.shape.count == 1 && tensor.name.hasPrefix("range-")
      #expect(tensor.dataType == (isChangedBias ? .f32 : type), "\(tensor.name)")
    }
  }

  @Test func roundingReachesEveryWeightOfAVariant() throws {
    let (subject, rounded, variants) = try Self.pruned(
      Self.conversion { $0.dataType = .bf16 }, sparsities: [0.5, 0.2, 0.5])
    for variant in variants {
      for (id, replacement) in variant.network.replacements {
        if case .added = replacement { continue }
        guard subject.dense.graph[id].type.rank >= 2 else { continue }
        let values = variant.network.weight(id, of: rounded).array
        #expect(values.allSatisfy { $0.bitPattern & 0xFFFF == 0 })
      }
    }
    for id in rounded.weights.keys {
      #expect(rounded.floats(id).allSatisfy { $0.bitPattern & 0xFFFF == 0 })
    }
    // The baseline is not rounded.
    let untouched = subject.dense.weights.keys.contains { id in
      subject.dense.floats(id).contains { $0.bitPattern & 0xFFFF != 0 }
    }
    #expect(untouched)
  }

  /// A weight beyond f16 keeps f32, and is named.
  @Test func tooLargeForHalfPrecision() throws {
    struct Scaled: WeightSource {
      let inner: any WeightSource
      let name: String

      func tensor(_ name: String) -> TensorView? {
        guard let view = inner.tensor(name), name == self.name else {
          return inner.tensor(name)
        }
        var floats = [Float](repeating: 0, count: view.elementCount)
        floats.withUnsafeMutableBufferPointer { view.convert(into: $0) }
        floats[0] = 70_000
        return TensorView(floats, shape: view.shape)
      }
    }
    let imported = try Self.conversion().imported
    let name = "proj_out_2.weight"
    let dense = try DenseNetwork(
      imported.graph, weights: Scaled(inner: imported.weights, name: name))
    let (network, kept) = dense.rounded(to: .f16)
    #expect(kept == [name])
    for (id, type) in network.storage {
      let isLarge = network.graph[id].name == name
      #expect(type == (isLarge ? .f32 : .f16))
      if isLarge { #expect(network.floats(id) == dense.floats(id)) }
    }
    #expect(dense.rounded(to: .bf16).kept.isEmpty)
  }
}
