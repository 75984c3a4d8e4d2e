import MosaicBundle
import MosaicCore
import MosaicTestSupport

/// A bundle of two variants with every operation, every codec, every kind of shared tensor and a plan,
/// in some twenty kilobytes.
enum SeedBundle {
  static let hidden = 128
  static let width = 8

  /// One with every message that a scheduler can have.
  static let scheduler = {
    var scheduler = SchedulerConfig(
      sampler: .flow, trainedBetas: [0.1, 0.2], prediction: .flow,
      flow: .init(shift: 3, dynamicShift: .init(imageTokens: 64), terminal: 0.1))
    scheduler.solver.order = 1
    return scheduler
  }()

  /// - Parameters:
  ///   - more: Tensors that make the bundle as large as wanted.
  ///   - isRead: Whether they are weights of the second variant; else no variant uses them.
  ///   - generator: What the bundle says wrote it.
  static func write(
    to path: String, more: [TensorView] = [], isRead: Bool = false,
    generator: String = "mosaic 0.1.0", compression: Compression = .standard, threads: Int = 1
  ) throws {
    var random = SplitMix64(seed: 1)
    var writer = try BundleWriter(path: path, compression: compression, threads: threads)
    func floats(_ shape: [Int]) -> TensorView {
      TensorView(random.floats(shape.reduce(1, *)), shape: shape)
    }
    // Eight significant bits: the lowest planes compress away.
    let rounded = random.floats(hidden * width).map {
      Float(bitPattern: $0.bitPattern & 0xFFFF_0000)
    }
    let patch = try writer.add(name: "patch.weight", floats([width, 2, 2, 2]))
    let bias = try writer.add(name: "bias", floats([width]))
    let up = try writer.add(name: "up.weight", TensorView(rounded, shape: [hidden, width]))
    let upBias = try writer.add(name: "up.bias", floats([hidden]))
    let down = try writer.add(name: "down.weight", floats([width, hidden]))
    let table = try writer.add(name: "classes", floats([3, width]))
    _ = try writer.add(
      name: "zeros", TensorView([Int64](repeating: 0, count: 1024), shape: [1024]))
    _ = try writer.add(name: "noise", bfloat16(3000, &random))
    _ = try writer.add(name: "empty", floats([0, 4]))
    let others = try more.enumerated().map { index, tensor in
      try writer.add(name: "more.\(index)", tensor)
    }

    var manifest = Manifest(
      generator: generator,
      provenance: .init(
        sources: [.init(name: "a.safetensors", sha256: [UInt8](repeating: 7, count: 32))],
        seed: .max, arguments: ["convert", "--budget", "0.6"]),
      model: .init(
        architecture: "Test", sampleShape: [2, 4, 4], outputChannels: 2, classCount: 3,
        nullClass: 2, classNames: ["cat", "dög"], classInput: "class_labels"),
      scheduler: scheduler,
      graphText: "sample -> output",
      groups: [
        .init(
          name: "mlp", kind: "neurons", unitCount: hidden, unitSize: 1, producers: ["up.weight"],
          consumer: "down.weight", macsPerUnit: 64)
      ])
    let kept: [[Manifest.Run]] = [[.init(start: 64, count: 32), .init(start: 8, count: 24)], []]
    for (index, runs) in kept.enumerated() {
      let count = runs.isEmpty ? hidden : 56
      let ascending = runs.sorted { $0.start < $1.start }
      manifest.variants.append(
        .init(
          name: "range \(index)", logSNRLower: index == 0 ? -.infinity : 1,
          logSNRUpper: index == 0 ? 1 : .infinity, program: program(hidden: count),
          weights: [
            .init(tensor: patch), .init(tensor: bias), .init(tensor: up, axis: 0, runs: runs),
            .init(tensor: upBias, axis: 0, runs: runs), .init(tensor: down, axis: 1, runs: runs),
            .init(tensor: table),
          ], kept: runs.isEmpty ? [] : [.init(group: 0, runs: ascending)],
          macsPerSample: 64 * count, sparsity: 1 - Double(count) / Double(hidden)))
    }
    if isRead {
      manifest.variants[1].weights += others.map { .init(tensor: $0) }
      manifest.variants[1].program.weights += more.enumerated().map { index, tensor in
        .init(name: "more.\(index)", shape: tensor.shape)
      }
    }
    manifest.schedule = .init(
      kind: "solved", criterion: "obs", budget: 0.6, influence: "measured", sampler: "ddim",
      steps: 1, guidance: 1.5,
      perStep: [
        .init(
          timestep: 999, logSNR: -8, variant: 0, sparsity: 0.5, influence: 0.25,
          predictedError: 1e-4)
      ])
    var plan = plan
    let (numbers, maps) = plan.pack(forecasts)
    plan.forecasts = try writer.add(
      name: "plan-0/forecasts", TensorView(numbers, shape: [numbers.count]))
    plan.maps = .init(
      tensor: try writer.add(
        name: "plan-0/maps", TensorView(maps, shape: [maps.count], storedAs: .bf16)), rank: 1)
    manifest.plans = [plan]
    manifest.sensitivity = [.init(step: 0, sparsities: [0.2, 0.4], errors: [1e-5, 1e-4])]
    try writer.finish(manifest)
  }

  /// Every manner of reuse, and a step without a forward.
  private static let plan = SamplingPlan(
    sampler: .flow, guidance: 1.5, units: ["attention", "mlp", "output"],
    steps: [
      .init(variant: 0, orders: [nil, nil, nil]), .init(variant: 0, orders: [nil, 0, nil]),
      .init(variant: 1, orders: [0, nil, nil]), .init(variant: 1, orders: [nil, 1, 2]),
      .init(variant: 1, isNeeded: false, orders: []),
    ], budget: 0.6, macShare: 0.58, predicted: .init(mean: 1e-4, samples: 16),
    measured: .init(mean: 2e-4, lower: 1e-4, upper: 3e-4, samples: 64))

  /// Of `plan`, corrected where a unit has an input.
  private static var forecasts: [[ValueForecast?]] {
    func forecast(_ order: Int, channels: Int, isCorrected: Bool = false) -> ValueForecast {
      let weights = (0...order).map { Float($0) - 0.5 }
      let row = (0..<channels).map { Float($0) / 8 }
      return ValueForecast(
        weights: weights, offset: row,
        correction: isCorrected ? .init(weights: weights, down: row, up: row, rank: 1) : nil)
    }
    return [
      [nil, nil, nil], [nil, forecast(0, channels: width), nil],
      [forecast(0, channels: width, isCorrected: true), nil, nil],
      [nil, forecast(1, channels: width, isCorrected: true), forecast(2, channels: 4)],
      [nil, nil, nil],
    ]
  }

  private static func bfloat16(_ count: Int, _ random: inout SplitMix64) -> TensorView {
    let owner = OwnedBytes(count: 2 * count)
    for (index, value) in random.floats(count).enumerated() {
      owner.memory.storeBytes(
        of: UInt16(value.bitPattern >> 16), toByteOffset: 2 * index, as: UInt16.self)
    }
    return TensorView(
      dataType: .bf16, shape: [count], bytes: UnsafeRawBufferPointer(owner.memory), owner: owner)
  }

  private static func program(hidden: Int) -> Program {
    var values: [Program.Value] = [
      .init(name: "sample", shape: [2, 4, 4], storage: .input(0)),
      .init(name: "timestep", shape: [1], storage: .input(1)),
      .init(name: "class", shape: [1], storage: .input(2)),
    ]
    let weights: [Program.Weight] = [
      .init(name: "patch.weight", shape: [width, 2, 2, 2]), .init(name: "bias", shape: [width]),
      .init(name: "up.weight", shape: [hidden, width]), .init(name: "up.bias", shape: [hidden]),
      .init(name: "down.weight", shape: [width, hidden]),
      .init(name: "classes", shape: [3, width]),
    ]
    for (index, weight) in weights.enumerated() {
      values.append(.init(name: weight.name, shape: weight.shape, storage: .weight(index)))
    }
    var arenaSize = 0
    func arena(_ name: String, _ shape: [Int]) -> Int {
      values.append(.init(name: name, shape: shape, storage: .arena(offset: arenaSize)))
      arenaSize += shape.reduce(1, *)
      return values.count - 1
    }
    let patches = arena("patches", [width, 2, 2])
    values.append(
      .init(name: "columns", shape: [width, 4], storage: .view(of: patches, offset: 0)))
    let columns = values.count - 1
    let tokens = arena("tokens", [4, width])
    let embedded = arena("embedded", [width])
    let time = arena("time", [width])
    let both = arena("both", [width])
    let condition = arena("condition", [width])
    let normal = arena("normal", [4, width])
    let attended = arena("attended", [4, width])
    let gated = arena("gated", [4, width])
    let inner = arena("inner", [4, hidden])
    let result = arena("result", [4, width])
    let angles = arena("angles", [width])
    let scaled = arena("scaled", [4, width])
    let chosen = arena("chosen", [4, width])
    let modulated = arena("modulated", [4, width])
    let grouped = arena("grouped", [4, width])
    let normed = arena("normed", [4, width])
    let soft = arena("soft", [4, width])
    let multiplied = arena("multiplied", [2, 4, 4])
    let picked = arena("picked", [4, 3])
    let joined = arena("joined", [4, width])
    let reduced = arena("reduced", [4, width])
    values.append(.init(name: "square", shape: [4, 4], storage: .view(of: normed, offset: 0)))
    let multiplicand = values.count - 1
    values.append(.init(name: "rest", shape: [4, 5], storage: .view(of: result, offset: 0)))
    let rest = values.count - 1
    values.append(.init(name: "output", shape: [2, 4, 4], storage: .output))
    let output = values.count - 1
    values.append(.init(name: "rows", shape: [width, 4], storage: .view(of: output, offset: 0)))
    return Program(
      inputs: [
        .init(name: "sample", shape: [2, 4, 4], element: .f32),
        .init(name: "timestep", shape: [1], element: .f32),
        .init(name: "class_labels", shape: [1], element: .i32),
      ], outputShape: [2, 4, 4], weights: weights, values: values,
      instructions: [
        .init(
          .convolution(
            channels: 2, height: 4, width: 4, outer: width, kernel: 2, stride: 2, padding: 0),
          [0, 3, 4], into: patches),
        .init(.permute(shape: [width, 4], order: [1, 0]), [columns], into: tokens),
        .init(.gather(rows: 3, width: width), [2, 8], into: embedded),
        .init(
          .timestepEmbedding(
            width: width, maxPeriod: 10000, frequencyShift: 1, isCosineFirst: true), [1],
          into: time),
        .init(.add(count: width), [embedded, time], into: both),
        .init(.activation(.silu, count: width), [both], into: condition),
        .init(
          .layerNorm(rows: 4, width: width, epsilon: 1e-6, isAffine: true, isModulated: true),
          [tokens, 4, 4, condition, both], into: normal),
        .init(
          .attention(heads: 2, size: width / 2, queries: 4, keys: 4, scale: 0.5),
          [normal, normal, normal], into: attended),
        .init(.gatedAdd(rows: 4, width: width), [tokens, attended, condition], into: gated),
        .init(
          .linear(rows: 4, inner: width, outer: hidden, activation: .geluTanh), [gated, 5, 6],
          into: inner),
        .init(
          .linear(rows: 4, inner: hidden, outer: width, activation: .none), [inner, 7, 4],
          into: result),
        .init(.general(.unary(.sine, count: width)), [condition], into: angles),
        .init(
          .general(.binary(.multiply, a: [4, width], b: [1, width])), [result, angles],
          into: scaled),
        .init(
          .general(.choose(condition: [1, width], a: [4, width], b: [1, width])),
          [angles, scaled, 4], into: chosen),
        .init(
          .general(.modulate(rows: 4, width: width)), [chosen, angles, both], into: modulated),
        .init(
          .general(
            .groupNorm(
              groups: 2, channels: width, pixels: 4, epsilon: 1e-5, isAffine: true,
              activation: .silu)), [modulated, 4, 4], into: grouped),
        .init(
          .general(.rmsNorm(rows: 4, width: width, epsilon: 1e-6)), [grouped, 4], into: normed),
        .init(.general(.softmax(rows: 4, width: width)), [normed], into: soft),
        .init(
          .general(
            .matmul(batches: 2, aBatches: 2, bBatches: 1, rows: 4, inner: 4, columns: 4)),
          [soft, multiplicand], into: multiplied),
        .init(
          .general(.pick(outer: 4, extent: width, inner: 1, indices: [0, -1, 7])), [multiplied],
          into: picked),
        .init(.general(.join(outer: 4, widths: [3, 5])), [picked, rest], into: joined),
        .init(
          .general(.reduce(.sum, outer: 4, extent: 1, inner: width)), [joined], into: reduced),
        .init(.permute(shape: [4, width], order: [1, 0]), [reduced], into: output + 1),
      ], arenaSize: arenaSize,
      reusableUnits: [
        .init(name: "attention", instruction: 7, input: 6),
        .init(name: "mlp", instruction: 10, input: 8),
        .init(name: "output", instruction: 22),
      ])
  }
}
