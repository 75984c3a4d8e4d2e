import Foundation
import MosaicCore
import MosaicTestSupport

@testable import MosaicBundle

/// A bundle of three variants of one small network, with chunks of every codec in ten kilobytes.
enum SmallBundle {
  static let hidden = 80
  static let width = 16
  /// Kept units of each variant.
  static let kept: [[Manifest.Run]] = [
    [.init(start: 0, count: 40)], [],
    [.init(start: 48, count: 16), .init(start: 8, count: 24)],
  ]

  /// f32 with 8 significant bits: its two lowest planes compress away.
  static let producer: [Float] = {
    var random = SplitMix64(seed: 1)
    return random.floats(hidden * width).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
  }()

  static func write(
    to path: String, compression: Compression = .standard,
    change: (inout Manifest) -> Void = { _ in }
  ) throws {
    var writer = try BundleWriter(path: path, compression: compression, replacing: true)
    let w1 = try writer.add(name: "up.weight", TensorView(producer, shape: [hidden, width]))
    let zeros = TensorView([Float](repeating: 0, count: hidden), shape: [hidden])
    let b1 = try writer.add(name: "up.bias", zeros)
    var random = SplitMix64(seed: 2)
    let table = try writer.add(
      name: "classes", TensorView(random.floats(3 * width), shape: [3, width]))
    let bytes = OwnedBytes(count: 4096)
    _ = try writer.add(
      name: "zeros",
      TensorView(
        dataType: .u8, shape: [4096], bytes: UnsafeRawBufferPointer(bytes.memory), owner: bytes))

    var manifest = self.manifest
    for (index, runs) in kept.enumerated() {
      let count = runs.isEmpty ? hidden : runs.reduce(0) { $0 + $1.count }
      let w2 = try writer.add(name: "down.weight.\(index)", consumer(count: count, seed: index))
      manifest.variants[index].weights = [
        .init(tensor: w1, axis: 0, runs: runs), .init(tensor: b1, axis: 0, runs: runs),
        .init(tensor: w2), .init(tensor: table),
      ]
    }
    change(&manifest)
    try writer.finish(manifest)
  }

  /// bf16 noise [width, count].
  static func consumer(count: Int, seed: Int) -> TensorView {
    var random = SplitMix64(seed: UInt64(100 + seed))
    let owner = OwnedBytes(count: 2 * width * count)
    for (index, value) in random.floats(width * count).enumerated() {
      owner.memory.storeBytes(
        of: UInt16(value.bitPattern >> 16), toByteOffset: 2 * index, as: UInt16.self)
    }
    return TensorView(
      dataType: .bf16, shape: [width, count], bytes: UnsafeRawBufferPointer(owner.memory),
      owner: owner)
  }

  static let manifest: Manifest = {
    let bounds = [-Double.infinity, -2.5, 1.5, .infinity]
    var manifest = Manifest(
      generator: "mosaic 0.1.0",
      provenance: .init(
        sources: [.init(name: "model.safetensors", sha256: [UInt8](repeating: 7, count: 32))],
        seed: .max, arguments: ["convert", "--budget", "0.6"]),
      model: .init(
        architecture: "Test", sampleShape: [1, 4, 4], outputChannels: 1, classCount: 3,
        nullClass: 2, classNames: ["cat", "dög"], classInput: "class_labels"),
      scheduler: SchedulerConfig(
        trainedBetas: [0.1, 0.2], prediction: .velocity, stepsOffset: -1, clipSampleRange: 1),
      graphText: "sample -> output",
      groups: [
        .init(
          name: "mlp", kind: "neurons", unitCount: hidden, unitSize: 1, producers: ["up.weight"],
          consumer: "down.weight", macsPerUnit: 32)
      ])
    for (index, runs) in kept.enumerated() {
      let count = runs.isEmpty ? hidden : runs.reduce(0) { $0 + $1.count }
      let ascending = runs.sorted { $0.start < $1.start }
      manifest.variants.append(
        .init(
          name: "range \(index)", logSNRLower: bounds[index], logSNRUpper: bounds[index + 1],
          program: program(hidden: count), weights: [],
          kept: runs.isEmpty ? [] : [.init(group: 0, runs: ascending)],
          macsPerSample: 32 * count, sparsity: 1 - Double(count) / Double(hidden)))
    }
    manifest.schedule = .init(
      kind: "solved", criterion: "obs", budget: 0.6, influence: "measured", sampler: "ddim",
      steps: 2, guidance: 1.5,
      perStep: [
        .init(
          timestep: 999, logSNR: -8, variant: 0, sparsity: 0.5, influence: 0.25,
          predictedError: 1e-4),
        .init(
          timestep: 500, logSNR: 0, variant: 1, sparsity: 0, influence: 0.5, predictedError: 0),
      ])
    manifest.sensitivity = [.init(step: 0, sparsities: [0.2, 0.4], errors: [1e-5, 1e-4])]
    manifest.proof = .init(
      parityMaxRelative: 1e-6, parityOpSamplesMax: 2e-6, comparedWithOriginal: true, samples: 128,
      predictedMSE: 1e-4, measuredMSE: 1.5e-4, standardError: 1e-5, median: 1.2e-4,
      uniformMeasuredMSE: 3e-4, denseMACs: 1 << 50, mosaicMACs: 1 << 49, uniformMACs: 1 << 49)
    return manifest
  }()

  /// `output = W2 · (W1 · (sample + class + time) + b1)`, written through a view of the output.
  static func program(hidden: Int) -> Program {
    let width = self.width
    return Program(
      inputs: [
        .init(name: "sample", shape: [1, 4, 4], element: .f32),
        .init(name: "timestep", shape: [1], element: .f32),
        .init(name: "class_labels", shape: [1], element: .i32),
      ], outputShape: [1, 4, 4],
      weights: [
        .init(name: "up.weight", shape: [hidden, width]), .init(name: "up.bias", shape: [hidden]),
        .init(name: "down.weight", shape: [width, hidden]),
        .init(name: "classes", shape: [3, width]),
      ],
      values: [
        .init(name: "sample", shape: [1, 4, 4], storage: .input(0)),
        .init(name: "t", shape: [1], storage: .input(1)),
        .init(name: "class", shape: [1], storage: .input(2)),
        .init(name: "w1", shape: [hidden, width], storage: .weight(0)),
        .init(name: "b1", shape: [hidden], storage: .weight(1)),
        .init(name: "w2", shape: [width, hidden], storage: .weight(2)),
        .init(name: "table", shape: [3, width], storage: .weight(3)),
        .init(name: "embedded", shape: [width], storage: .arena(offset: 0)),
        .init(name: "time", shape: [width], storage: .arena(offset: 16)),
        .init(name: "both", shape: [width], storage: .arena(offset: 32)),
        .init(name: "x", shape: [1, width], storage: .arena(offset: 0)),
        .init(name: "h", shape: [1, hidden], storage: .arena(offset: 16)),
        .init(name: "output", shape: [1, 4, 4], storage: .output),
        .init(name: "row", shape: [1, width], storage: .view(of: 12, offset: 0)),
      ],
      instructions: [
        .init(.gather(rows: 3, width: width), [2, 6], into: 7),
        .init(
          .timestepEmbedding(
            width: width, maxPeriod: 10000, frequencyShift: 1, isCosineFirst: true), [1], into: 8),
        .init(.add(count: width), [7, 8], into: 9),
        .init(.add(count: width), [0, 9], into: 10),
        .init(
          .linear(rows: 1, inner: width, outer: hidden, activation: .geluTanh), [10, 3, 4],
          into: 11),
        .init(
          .linear(rows: 1, inner: hidden, outer: width, activation: .none), [11, 5], into: 13),
      ], arenaSize: 16 + 80)
  }

  /// The variant with its units gone: what is left is `sample + class`, row by row.
  static func withoutUnits(_ variant: Manifest.Variant) -> Manifest.Variant {
    var variant = variant
    variant.kept = [.init(group: 0, runs: [])]
    variant.weights = [variant.weights[1], variant.weights[3]]
    variant.weights[0].runs = [.init(start: 0, count: width)]
    variant.program.weights = [
      .init(name: "up.bias", shape: [width]), .init(name: "classes", shape: [3, width]),
    ]
    variant.program.values = [
      .init(name: "sample", shape: [1, 4, 4], storage: .input(0)),
      .init(name: "class", shape: [1], storage: .input(2)),
      .init(name: "bias", shape: [width], storage: .weight(0)),
      .init(name: "table", shape: [3, width], storage: .weight(1)),
      .init(name: "embedded", shape: [width], storage: .arena(offset: 0)),
      .init(name: "both", shape: [1, width], storage: .arena(offset: 16)),
      .init(name: "output", shape: [1, 4, 4], storage: .output),
      .init(name: "row", shape: [1, width], storage: .view(of: 6, offset: 0)),
    ]
    variant.program.instructions = [
      .init(.gather(rows: 3, width: width), [1, 3], into: 4),
      .init(.add(count: width), [0, 4], into: 5),
      .init(.addRow(rows: 1, width: width), [5, 2], into: 7),
    ]
    return variant
  }
}
