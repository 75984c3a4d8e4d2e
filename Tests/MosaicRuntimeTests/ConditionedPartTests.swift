import MosaicBundle
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

/// What depends on conditioning alone is computed once for all steps.
@Suite struct ConditionedPartTests {
  /// Cross-attention of two tokens to three of `text`, whose keys and values are one product.
  private let program = Program(
    inputs: [
      .init(name: "sample", shape: [2, 4], element: .f32),
      .init(name: "timestep", shape: [1], element: .f32),
      .init(name: "text", shape: [3, 4], element: .f32),
    ], outputShape: [2, 4], weights: [.init(name: "w", shape: [4, 4])],
    values: [
      .init(name: "sample", shape: [2, 4], storage: .input(0)),
      .init(name: "timestep", shape: [1], storage: .input(1)),
      .init(name: "text", shape: [3, 4], storage: .input(2)),
      .init(name: "w", shape: [4, 4], storage: .weight(0)),
      .init(name: "keys", shape: [3, 4], storage: .arena(offset: 0)),
      .init(name: "mixed", shape: [2, 4], storage: .arena(offset: 12)),
      .init(name: "output", shape: [2, 4], storage: .output),
    ],
    instructions: [
      .init(.linear(rows: 3, inner: 4, outer: 4, activation: .none), [2, 3], into: 4),
      .init(.attention(heads: 2, size: 2, queries: 2, keys: 3, scale: 1), [0, 4, 4], into: 5),
      .init(.linear(rows: 2, inner: 4, outer: 4, activation: .silu), [5, 3], into: 6),
    ], arenaSize: 20)

  private let model = ModelDescription(
    architecture: "test", sampleShape: [2, 4], outputChannels: 4, conditioningInputs: ["text"])

  private func predictor(guidance: Float?, threads: Int = 1) throws -> Predictor {
    try ProgramVerifier.verify(program)
    var random = SplitMix64(seed: 3)
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/c.safetensors"
    try SafetensorsWriter.write(
      [
        ("text", TensorView(random.floats(36), shape: [3, 3, 4])),
        ("null.text", TensorView(random.floats(12), shape: [1, 3, 4])),
      ], to: path)
    let executor = Executor(
      program: program, weights: [FloatBuffer(random.floats(16))], threads: threads)
    return try Predictor(
      executor: executor, model: model, guidance: guidance,
      conditioning: Conditioning(
        SafetensorsReader(path: path), inputs: Conditioning.inputs(of: program, model)))
  }

  @Test func holdsWhatReadsNoSample() {
    let part = SharedPart(of: program, reading: [2])
    #expect(part.contains == [true, false, false])
    #expect(part.offsets == [4: 0] && part.size == 16)
    #expect(SharedPart(of: program, reading: []).isEmpty)
  }

  /// With captures everything is computed anew, which must not show.
  @Test(arguments: [nil, 3] as [Float?], [1, 2])
  func isTheSameStepForStep(guidance: Float?, threads: Int) throws {
    let predictor = try predictor(guidance: guidance, threads: threads)
    var random = SplitMix64(seed: 4)
    for labels in [[0, 1, 2, 1, 0], [0, 1, 2, 1, 0], [2, 2, 2, 2, 2], [1]] as [[Int32]] {
      let states = random.floats(8 * labels.count)
      let memory = FloatMemory(count: 8 * labels.count * predictor.forwardsPerSample)
      let plain = predictor.predict(
        states: states, timestep: 1, labels: labels,
        captures: [.init(instruction: 2, destination: memory.pointer)])
      #expect(predictor.predict(states: states, timestep: 1, labels: labels) == plain)
    }
  }
}
