import MosaicIR
import Testing

@Suite struct GraphInterpreterTests {
  @Test func computesWhatTheNodesSay() throws {
    let graph = try smallGraph()
    let result = try graph.interpret(
      inputs: ["x": Tensor([1.0, 2, 3, 0, 0, 0], shape: [2, 3])],
      weights: { id in
        let shape = graph[id].type.shape(batch: 1)
        return Tensor([Float](repeating: 1, count: shape.reduce(1, *)), shape: shape)
      })
    // Four neurons of silu(1 + 2 + 3 + 1), and of silu(1).
    let (high, low): (Float, Float) = (4 * 6.993622, 4 * 0.731_058_6)
    #expect(result.count == 1 && result[0].shape == [2, 2])
    for (found, expected) in zip(result[0].floats, [high, high, low, low]) {
      #expect(abs(found - expected) <= 1e-5)
    }
  }

  @Test func namesAWeightThatIsNotThere() throws {
    let graph = try smallGraph()
    let error = #expect(throws: InterpreterError.self) {
      try graph.interpret(
        inputs: ["x": Tensor([1.0, 2, 3], shape: [1, 3])], weights: { _ in nil })
    }
    #expect(error?.description == "'first.weight' has no value")
  }

  @Test func addsABias() throws {
    var graph = try smallGraph()
    let bias = try graph.addBias(besides: graph.nodes[2].inputs[1])
    try graph.verify()
    #expect(graph[bias].name == "second.bias")
    #expect(graph.nodes[2].inputs.last == bias)
  }
}
