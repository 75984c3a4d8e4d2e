import MosaicBundle
import MosaicCore
import MosaicImport
import MosaicRuntime
import MosaicTestSupport
import Testing

@testable import MosaicIR
@testable import MosaicLowering

/// Parity holds where it should, and notices what is broken on purpose.
@Suite struct ParityTests {
  private let model: ImportedModel
  private let dense: DenseNetwork

  init() throws {
    model = try CheckpointImporter(path: Fixtures.path("tiny-dit")).load()
    dense = try DenseNetwork(model.graph, weights: model.weights)
  }

  private func parity(_ executor: Executor, of network: DenseNetwork? = nil) throws -> Parity {
    try (network ?? dense).measureParity(
      model: model.description, timesteps: [875, 500, 0], seed: 1, executor: executor)
  }

  @Test func holds() throws {
    let parity = try parity(try dense.executor(threads: 1))
    #expect(parity.holds)
    #expect(parity.programError <= 1e-5 && parity.nodeError <= 1e-5)
    // 16 elements of every result of every node, three times.
    let results = model.graph.nodes.reduce(0) { $0 + $1.outputs.count }
    #expect(parity.elements == 3 * 16 * results)
  }

  @Test func noticesAnotherWeight() throws {
    let lowered = try model.graph.lowered()
    var weights = lowered.weights.compactMap { dense.weights[$0] }
    let index = try #require(
      lowered.program.weights.firstIndex { $0.name == "transformer_blocks.1.ff.net.2.weight" })
    weights[index] = FloatBuffer(weights[index].array.map { $0 * 1.01 })
    let parity = try parity(Executor(program: lowered.program, weights: weights, threads: 1))
    #expect(!parity.holds)
    #expect(parity.programError > Parity.tolerance && parity.nodeError <= Parity.tolerance)
  }

  enum Sabotage: CaseIterable {
    case swapsResidualAndBranch, dropsActivation, dropsModulation, changesEpsilon

    func apply(to program: inout Program) {
      for index in program.instructions.indices {
        let inputs = program.instructions[index].inputs
        switch (self, program.instructions[index].operation) {
        case (.swapsResidualAndBranch, .gatedAdd):
          program.instructions[index].inputs.swapAt(0, 1)
        case (.dropsActivation, .linear(let rows, let inner, let outer, .geluTanh)):
          program.instructions[index].operation = .linear(
            rows: rows, inner: inner, outer: outer, activation: .none)
        case (.dropsModulation, .layerNorm(let rows, let width, let epsilon, false, true)):
          program.instructions[index].operation = .layerNorm(
            rows: rows, width: width, epsilon: epsilon, isAffine: false, isModulated: false)
          program.instructions[index].inputs = [inputs[0]]
        case (.changesEpsilon, .layerNorm(let rows, let width, _, let isAffine, let isModulated)):
          program.instructions[index].operation = .layerNorm(
            rows: rows, width: width, epsilon: 0.1, isAffine: isAffine, isModulated: isModulated)
        default: continue
        }
        return
      }
    }
  }

  /// One instruction wrong: the program is still one that the verifier accepts.
  @Test(arguments: Sabotage.allCases)
  func noticesABrokenFusion(sabotage: Sabotage) throws {
    let lowered = try model.graph.lowered()
    var program = lowered.program
    sabotage.apply(to: &program)
    try #require(program != lowered.program)
    try ProgramVerifier.verify(program)
    let executor = Executor(
      program: program, weights: lowered.weights.compactMap { dense.weights[$0] }, threads: 1)
    #expect(try !parity(executor).holds)
  }

  /// A kernel that forgets its bias.
  private struct BrokenLinear: Operator {
    static let name = "linear"
    func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
      try Linear().inferOutputs(from: inputs)
    }
    func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] { [] }
    func evaluate(_ inputs: [Tensor]) -> [Tensor] { Linear().evaluate(Array(inputs.prefix(2))) }
    func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
      Linear().reference(inputs, output: output, position: position)
    }
  }

  @Test func noticesABrokenKernel() throws {
    var graph = model.graph
    let name = "transformer_blocks.1.attn1.to_out.0"
    let index = try #require(graph.nodes.firstIndex { $0.name == name })
    graph.nodes[index].operation = BrokenLinear()
    let broken = try DenseNetwork(graph, weights: model.weights)
    let parity = try parity(try dense.executor(threads: 1), of: broken)
    #expect(!parity.holds)
    #expect(parity.nodeError > Parity.tolerance && parity.worstNode == name)
  }

  @Test func countsWhatIsNoNumberAsTheWorst() throws {
    let lowered = try model.graph.lowered()
    let weights = lowered.weights.compactMap { dense.weights[$0] }.map { weight in
      FloatBuffer(weight.array.map { _ in Float.nan })
    }
    let parity = try parity(Executor(program: lowered.program, weights: weights, threads: 1))
    #expect(parity.programError == .infinity && !parity.holds)
  }
}
