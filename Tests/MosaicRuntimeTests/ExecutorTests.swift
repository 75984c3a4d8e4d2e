import MosaicCore
import MosaicIR
import MosaicRuntime
import MosaicTestSupport
import Testing

@Suite struct ExecutorTests {
  /// Products of another height round their sums in another order, by a few 2⁻²⁴.
  @Test(arguments: [1, 2, 5, 64], [1, 2])
  func givesEachSampleTheSameWhateverTheBatch(batch: Int, threads: Int) throws {
    let network = try Network("tiny-dit")
    let alone = try network.predictor()
    let together = try network.predictor(threads: threads)
    let (noise, labels) = network.start(batch)
    let size = together.stateSize
    let found = together.predict(states: noise, timestep: 500, labels: labels)
    for sample in 0..<batch {
      let range = sample * size..<(sample + 1) * size
      let expected = alone.predict(
        states: Array(noise[range]), timestep: 500, labels: [labels[sample]])
      #expect(relativeError(Array(found[range]), expected) <= 1e-6, "sample \(sample)")
    }
  }

  @Test func repeatsItself() throws {
    let network = try Network("tiny-dit")
    let predictor = try network.predictor(threads: 2)
    let (noise, labels) = network.start(7)
    let first = predictor.predict(states: noise, timestep: 3, labels: labels)
    #expect(predictor.predict(states: noise, timestep: 3, labels: labels) == first)
  }

  /// What a product reads, against the operand the interpreter hands the same node.
  @Test(arguments: ["attn1.to_out.0", "ff.net.2"], [1, 2])
  func capturesWhatAnInstructionReads(name: String, threads: Int) throws {
    let network = try Network("tiny-dit")
    let node = "transformer_blocks.1.\(name)"
    let instruction = try #require(try network.model.graph.lowered().instructions[node])
    let (noise, labels) = network.start(5)
    var expected: [Float] = []
    let graph = network.dense.graph
    _ = try graph.interpret(
      inputs: [
        "hidden_states": Tensor(noise, shape: [5] + network.model.description.sampleShape),
        "timestep": Tensor([Float](repeating: 250, count: 5), shape: [5]),
        "class_labels": Tensor(labels, shape: [5]),
      ],
      weights: { id in
        network.dense.weights[id].map {
          Tensor($0.array, shape: graph[id].type.shape(batch: 1))
        }
      },
      observe: { visited, operands, _ in
        if visited.name == node { expected = operands[0].floats }
      })
    var captured = [Float](repeating: .nan, count: expected.count)
    let predictor = try network.predictor(threads: threads)
    captured.withUnsafeMutableBufferPointer { memory in
      guard let base = memory.baseAddress else { return }
      _ = predictor.predict(
        states: noise, timestep: 250, labels: labels,
        captures: [Executor.Capture(instruction: instruction, destination: base)])
    }
    #expect(relativeError(captured, expected) <= 1e-5)
  }
}
