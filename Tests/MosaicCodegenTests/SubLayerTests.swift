import MosaicAnalysis
import MosaicBundle
import MosaicImport
import MosaicPruning
import MosaicRuntime
import MosaicSurgery
import MosaicTestSupport
import Testing

@testable import MosaicCodegen

/// Bundles whose variants have lost whole sub-layers: one in one variant, one in both.
@Suite struct SubLayerTests {
  private let model: ImportedModel
  private let subject: CalibrationSubject
  private let placed: [RangeVariant]
  private let bundle: BundleReader
  private let directory: TemporaryDirectory

  init() throws {
    model = try tinyModel()
    let calibrator = try Conversion(
      model, options: tinyOptions(), progress: { _ in }
    ).makeCalibrator()
    let subject = calibrator.subject
    let statistics = try subject.gatherStatistics { _ in }
    let orders = try Pruner(
      dense: subject.dense, groups: subject.groups, criterion: .obs, seed: 0, threads: 1
    ).order(by: statistics.moments(ofBucket: 0))
    let (heads, neurons) = (subject.groups[0].unitCount, subject.groups[3].unitCount)
    let networks = try orders.networks(removing: [[heads, 10, 1, neurons], [0, 3, 1, neurons]])
    let variants = try zip([0..<4, 4..<8], networks).map { steps, network in
      RangeVariant(
        steps: steps, sparsity: 0.5, network: network, predictor: try subject.predictor(of: network)
      )
    }
    let shipped = ShippedWeights(subject.dense, groups: subject.groups, orderedFor: networks)
    placed = try variants.map { try shipped.place($0, in: subject) }
    directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    try BundleEmitter(imported: model, subject: subject, variants: placed, shipped: shipped).write(
      Manifest(model: model.description, scheduler: try #require(model.scheduler)), to: path,
      compression: .standard, replacing: true)
    bundle = try BundleReader(path: path)
    self.subject = subject
  }

  /// To the last bit what was measured, once loaded again.
  @Test func runsAsItWasMeasured() throws {
    try bundle.verify()
    let states = subject.noise(from: 0, samples: 3)
    let labels = subject.labels(from: 0, samples: 3)
    var denoiser = BundleDenoiser(bundle, threads: 1, guidance: nil)
    for (number, variant) in placed.enumerated() {
      let loaded = try denoiser.predictor(ofVariant: number)
      let expected = variant.predictor.predict(states: states, timestep: 500, labels: labels)
      #expect(expected.allSatisfy { $0.isFinite })
      #expect(loaded.predict(states: states, timestep: 500, labels: labels) == expected)
    }
  }

  @Test func saysWhatIsKept() throws {
    let manifest = bundle.manifest
    for (stored, variant) in zip(manifest.variants, placed) {
      #expect(stored.macsPerSample == variant.network.macs)
      for (group, kept) in variant.network.kept.enumerated() {
        let runs = stored.kept.first { $0.group == group }?.runs
        #expect(
          runs?.flatMap { $0.start..<$0.start + $0.count }
            ?? Array(0..<subject.groups[group].unitCount) == kept)
      }
    }
    #expect(manifest.variants[0].kept.map { $0.runs.isEmpty } == [true, false, false, true])
    #expect(manifest.variants[1].kept.map(\.group) == [1, 2, 3])
    let lines = BundleSummary(bundle).groupText.split(separator: "\n")
    let counts = lines.dropFirst().map { $0.split(separator: " ").suffix(2).compactMap { Int($0) } }
    #expect(
      counts.filter { !$0.isEmpty }
        == placed[0].network.kept.indices.map { group in
          placed.map { $0.network.kept[group].count }
        })
  }

  /// Of a sub-layer that no variant has, biases are stored and nothing else.
  @Test func storesNothingOfWhatIsGone() throws {
    let manifest = bundle.manifest
    let gone = manifest.groups[3]
    #expect(gone.order == [])
    let names = Set(manifest.tensors.map(\.name))
    #expect(names.isDisjoint(with: gone.producers + [gone.consumer]))
    for variant in ["range-0", "range-1"] {
      #expect(!names.contains("\(variant)/\(gone.consumer)"))
      #expect(names.contains("\(variant)/transformer_blocks.1.ff.net.2.bias"))
    }
    // The other has its producers for the variant that keeps them.
    #expect(names.isSuperset(of: manifest.groups[0].producers))
    #expect(names.contains(manifest.groups[0].consumer))
    let read = Set(manifest.variants.flatMap { $0.weights.map(\.tensor) })
    #expect(read == Set(manifest.tensors.indices))
  }
}
