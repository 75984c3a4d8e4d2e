import MosaicCore
import MosaicIR
import MosaicTestSupport
import Testing

@testable import MosaicRuntime

@Suite struct ExecutorTests {
  /// Neither the batch nor threads show in a sample's result, to the bit.
  @Test(arguments: [1, 2, 3, 5, 64], [1, 2, 3])
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
      #expect(Array(found[range]) == expected, "sample \(sample)")
    }
  }

  /// What depends on the timestep and the class alone is computed once for each pair of them.
  @Test func sharesWhatSamplesHaveInCommon() throws {
    let program = try Network("tiny-dit").executor().program
    let part = SharedPart.scalars(of: program)
    let names = zip(program.instructions, part.contains).filter(\.1).map(\.0.operation.name)
    #expect(Set(names).isSuperset(of: ["timestep_embedding", "gather", "linear", "activation"]))
    #expect(!names.contains("attention") && !names.contains("layer_norm"))
    let times: [Float] = [1, 1, 1, 2, 1]
    let classes: [Int32] = [3, 4, 3, 3, 4]
    times.withUnsafeBytes { times in
      classes.withUnsafeBytes { classes in
        guard let t = times.baseAddress, let c = classes.baseAddress else { return }
        let inputs = program.inputs.map { $0.element == .i32 ? c : t }
        let values = NumberRows(of: part, inputs: inputs, batch: 5)
        #expect(values.rowOfSample == [0, 1, 0, 2, 1])
        #expect(values.firstSamples == [0, 1, 3])
      }
    }
  }

  @Test func joinsTheProjectionsOfAnAttention() throws {
    let program = try Network("tiny-dit").executor().program
    let ends = program.joinedProductEnds
    let runs = ends.indices.filter { ends[$0] > $0 + 1 && ($0 == 0 || ends[$0 - 1] == $0) }
    let names = runs.map { start in
      (start..<ends[start]).map { program.values[program.instructions[$0].output].name }
    }
    #expect(
      names
        == (0..<2).map { block in
          ["q", "k", "v"].map { "transformer_blocks.\(block).attn1.to_\($0)" }
        })
  }

  /// A product whose result nobody reads may lie where the next one's does.
  @Test func joinsNoProductsInOnePlace() throws {
    var program = try Network("tiny-dit").executor().program
    let start = try #require(
      program.joinedProductEnds.enumerated().first { $0.element == $0.offset + 3 }?.offset)
    let results = (start..<start + 3).map { program.instructions[$0].output }
    program.values[results[1]].storage = program.values[results[2]].storage
    #expect(program.joinedProductEnds[start..<start + 3] == [start + 2, start + 2, start + 3])
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
    let result = try #require(network.model.graph.nodes.first { $0.name == node }?.outputs[0])
    let instruction = try #require(try network.model.graph.lowered().instructions[result])
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
