import MosaicCore
import MosaicIR
import MosaicLowering
import Testing

@Suite struct DenseNetworkTests {
  private struct OneWeight: WeightSource {
    var values: [Float]?
    func tensor(_ name: String) -> TensorView? {
      values.map { TensorView($0, shape: [2, 2]) }
    }
  }

  private func graph() throws -> Graph {
    var graph = Graph()
    let x = graph.addInput("x", TensorType([.batch, 2]))
    let weight = graph.addWeight("w", shape: [2, 2])
    _ = graph.addWeight("unread", shape: [7])
    graph.outputs = try graph.add(Linear(), [x, weight], name: "product")
    return graph
  }

  @Test func loadsWhatTheGraphReads() throws {
    let network = try DenseNetwork(graph(), weights: OneWeight(values: [1, 2, 3, 4]))
    #expect(network.weights.count == 1)
    let weight = try #require(network.graph.weight(named: "w"))
    #expect(network.floats(weight) == [1, 2, 3, 4])
  }

  @Test(arguments: [[1, .nan, 3, .nan], [.infinity, 0, -.infinity, 0]] as [[Float]])
  func refusesWeightsThatAreNoNumbers(values: [Float]) {
    let error = #expect(throws: DenseNetwork.NonFiniteWeight.self) {
      try DenseNetwork(graph(), weights: OneWeight(values: values))
    }
    #expect(
      error?.description
        == "tensor 'w' holds 2 values that are NaN or infinite; the weights are damaged:"
        + " get them again")
    #expect(error?.exitStatus == .badData)
  }

  @Test func namesAWeightThatIsNotThere() {
    let error = #expect(throws: GraphError.self) {
      try DenseNetwork(graph(), weights: OneWeight(values: nil))
    }
    #expect(error == .undefined(node: "weights", value: "w"))
  }
}
