import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

/// Every rule of the verifier, broken alone.
@Suite struct ProgramVerifierTests {
  private func problem(_ change: (inout Program) -> Void) -> ProgramError? {
    var program = SmallBundle.program(hidden: 80)
    change(&program)
    do throws(ProgramError) {
      try ProgramVerifier.verify(program)
      return nil
    } catch {
      return error
    }
  }

  private func place(_ change: (inout Program) -> Void) -> ProgramError.Place? {
    problem(change)?.place
  }

  @Test func theUnchangedProgramIsFine() { #expect(problem { _ in } == nil) }

  @Test func declarationsArePossible() {
    #expect(place { $0.arenaSize = -1 } == .program)
    #expect(place { $0.arenaSize = 1 << 50 } == .program)
    #expect(place { $0.inputs[1].name = "sample" } == .program)
    #expect(place { $0.inputs[0].shape = [1, 0, 4] } == .program)
    #expect(place { $0.weights[0].shape = [-80, 16] } == .program)
    #expect(place { $0.outputShape = [1 << 40, 1 << 40] } == .program)
    #expect(place { $0.values[7].shape = [Int.max, 2] } == .value(7))
    #expect(place { $0.values[7].shape = Array(repeating: 1, count: 9) } == .value(7))
  }

  @Test func valuesAreWhatTheyName() {
    #expect(place { $0.values[0].storage = .input(3) } == .value(0))
    #expect(place { $0.values[0].storage = .input(-1) } == .value(0))
    #expect(place { $0.values[0].shape = [16] } == .value(0))
    #expect(place { $0.values[3].storage = .weight(4) } == .value(3))
    #expect(place { $0.values[3].shape = [16, 80] } == .value(3))
    #expect(place { $0.values[11].storage = .arena(offset: 17) } == .value(11))
    #expect(place { $0.values[11].storage = .arena(offset: -1) } == .value(11))
    #expect(place { $0.values[11].storage = .arena(offset: .max) } == .value(11))
    #expect(place { $0.values[13].storage = .view(of: 12, offset: 1) } == .value(13))
    #expect(place { $0.values[13].storage = .view(of: 12, offset: .min) } == .value(13))
    #expect(place { $0.values[13].storage = .view(of: 99, offset: 0) } == .value(13))
    #expect(place { $0.values[13].storage = .view(of: 13, offset: 0) } == .value(13))
    #expect(
      place {
        $0.values[12].storage = .view(of: 13, offset: 0)
        $0.values[13].storage = .view(of: 12, offset: 0)
      } == .value(12))
    #expect(place { $0.values[13].storage = .view(of: 6, offset: 0) } == .value(13))
  }

  /// Libraries for products index with 32 bits; a side over that would stop the process.
  @Test func matricesHave32BitSides() {
    let over = problem { program in
      program.instructions[4].operation = .linear(
        rows: 1 << 31, inner: 1, outer: 1, activation: .none)
    }
    #expect(over?.place == .instruction(4))
    #expect(over?.problem == "has a matrix of 2147483648 rows or columns, over 2147483647")
  }

  @Test func operandsAreWhatTheOperationTakes() {
    #expect(place { $0.instructions[4].inputs[0] = 14 } == .instruction(4))
    #expect(place { $0.instructions[4].inputs[0] = -1 } == .instruction(4))
    #expect(place { $0.instructions[4].output = 14 } == .instruction(4))
    #expect(place { $0.instructions[4].inputs = [10] } == .instruction(4))
    #expect(place { $0.instructions[4].inputs.append(4) } == .instruction(4))
    // Shapes: of an operand, of a weight, of the result.
    #expect(place { $0.instructions[4].inputs[0] = 9 } == .instruction(4))
    #expect(place { $0.instructions[4].inputs[1] = 5 } == .instruction(4))
    #expect(place { $0.instructions[4].output = 13 } == .instruction(4))
    #expect(place { $0.instructions[2].operation = .add(count: 17) } == .instruction(2))
    // Kinds: a weight where a sample's values belong, the reverse, floats for an index, the
    // index as a float.
    #expect(
      problem {
        $0.weights.append(.init(name: "x", shape: [1, 16]))
        $0.values.append(.init(name: "x", shape: [1, 16], storage: .weight(4)))
        $0.instructions[4].inputs[0] = 14
      }?.problem == "operand 0 is a weight, not a computed value or float input")
    #expect(
      problem {
        $0.values.append(.init(name: "x", shape: [80], storage: .arena(offset: 96)))
        $0.arenaSize = 176
        $0.instructions[4].inputs[2] = 14
      }?.problem == "operand 2 is a computed value or float input, not a weight")
    #expect(place { $0.instructions[0].inputs[0] = 1 } == .instruction(0))
    #expect(place { $0.instructions[1].inputs[0] = 2 } == .instruction(1))
  }

  @Test func everythingIsWrittenOnceAndBeforeItIsRead() {
    #expect(place { $0.instructions.swapAt(1, 2) } == .instruction(1))
    #expect(place { $0.instructions[2].inputs[0] = 9 } == .instruction(2))
    #expect(place { $0.instructions.append($0.instructions[0]) } == .instruction(6))
    #expect(place { $0.instructions[2].output = 0 } == .instruction(2))
    #expect(
      place {
        $0.values.append(.init(name: "part", shape: [16], storage: .view(of: 0, offset: 0)))
        $0.instructions[2].output = 14
      } == .instruction(2))
    // A view reads what its value holds, and only what is there.
    #expect(
      place {
        $0.values.append(.init(name: "late", shape: [16], storage: .view(of: 11, offset: 0)))
        $0.instructions[3].inputs[1] = 14
      } == .instruction(3))
  }

  @Test func theOutputIsWrittenWhole() {
    #expect(place { $0.instructions.removeLast() } == .value(12))
    #expect(place { $0.values[12].shape = [4, 4, 1] } == .value(12))
    #expect(
      place { $0.values.append(.init(name: "o", shape: [1, 4, 4], storage: .output)) }
        == .program)
    #expect(place { $0.values[12].storage = .arena(offset: 96 - 16) } == .program)
  }

  @Test func valuesInUseShareNoMemory() {
    // "both" over "time", its own operand.
    #expect(
      problem { $0.values[9].storage = .arena(offset: 31) }
        == ProgramError(.value(9), "it shares memory with value 8 while both are in use"))
    #expect(place { $0.values[8].storage = .arena(offset: 15) } == .value(8))
    // "h" may lie over "time" and "both", which are dead, but not over "x".
    #expect(place { $0.values[11].storage = .arena(offset: 15) } == .value(11))
    // A view keeps what it views alive: "x" may not overwrite "embedded" then.
    #expect(
      place {
        $0.values.append(.init(name: "e", shape: [1, 16], storage: .view(of: 7, offset: 0)))
        $0.instructions[4].inputs[0] = 14
      } == .value(10))
  }

  @Test func valuesMayBeWrittenInParts() {
    let change: (inout Program) -> Void = {
      // Two halves of 8 for "both".
      $0.values.append(.init(name: "a", shape: [8], storage: .view(of: 9, offset: 0)))
      $0.values.append(.init(name: "b", shape: [8], storage: .view(of: 9, offset: 8)))
      $0.values.append(.init(name: "c", shape: [8], storage: .view(of: 7, offset: 0)))
      $0.instructions.insert(.init(.activation(.silu, count: 8), [16], into: 15), at: 2)
      $0.instructions[3] = .init(.activation(.silu, count: 8), [16], into: 14)
    }
    #expect(problem(change) == nil)
    // Half of it only.
    #expect(
      place {
        change(&$0)
        $0.instructions.remove(at: 3)
      } == .instruction(3))
    // Overlapping halves.
    #expect(
      place {
        change(&$0)
        $0.values[15].storage = .view(of: 9, offset: 7)
      } == .instruction(3))
  }

  @Test(
    arguments: [
      .linear(rows: 0, inner: 16, outer: 80, activation: .none),
      .linear(rows: 1, inner: .max, outer: .max, activation: .none),
      .convolution(
        channels: 1, height: 4, width: 4, outer: 1, kernel: 5, stride: 1, padding: 0),
      .convolution(
        channels: 1, height: 4, width: 4, outer: 1, kernel: 1, stride: 0, padding: 0),
      .convolution(
        channels: 1, height: 4, width: 4, outer: 1, kernel: 1, stride: 1, padding: -1),
      .convolution(
        channels: 1, height: 4, width: 4, outer: 1, kernel: 1, stride: 1, padding: .max),
      .convolution(
        channels: 1, height: 4, width: 4, outer: 1, kernel: 3, stride: 1, padding: 3),
      .attention(heads: 1 << 39, size: 1 << 39, queries: 1, keys: 1, scale: 1),
      .attention(heads: 1, size: 1, queries: 1 << 30, keys: 1 << 30, scale: 1),
      .attention(heads: 1, size: 1, queries: 1, keys: 1, scale: .nan),
      .layerNorm(rows: 1, width: 1, epsilon: -1, isAffine: false, isModulated: false),
      .timestepEmbedding(width: 15, maxPeriod: 1, frequencyShift: 0, isCosineFirst: true),
      .timestepEmbedding(width: 16, maxPeriod: 0, frequencyShift: 0, isCosineFirst: true),
      .timestepEmbedding(width: 16, maxPeriod: 1, frequencyShift: 8, isCosineFirst: true),
      .gather(rows: -1, width: 16), .permute(shape: [2, 2], order: [0, 0]),
      .permute(shape: [], order: []), .permute(shape: [2, 2], order: [0, 1, 2]),
      .gatedAdd(rows: 1, width: 0), .addRow(rows: 0, width: 1), .addRow(rows: 1, width: 1 << 41),
      .add(count: -1), .activation(.none, count: 1 << 41),
    ] as [Program.Operation])
  func attributesArePossible(operation: Program.Operation) {
    #expect(throws: ProgramError.self) {
      try operation.signature(operandCount: 3, at: .program)
    }
  }

  @Test func signaturesFollowTheDocumentation() throws {
    let convolution = Program.Operation.convolution(
      channels: 3, height: 8, width: 9, outer: 4, kernel: 3, stride: 2, padding: 1)
    let signature = try convolution.signature(operandCount: 3, at: .program)
    #expect(signature.result.description == "[4, 4, 5]")
    #expect(signature.operands.map(\.shape.description) == ["[3, 8, 9]", "[4, 3, 3, 3]", "[4]"])
    let attention = Program.Operation.attention(
      heads: 2, size: 4, queries: 3, keys: 5, scale: 1)
    #expect(
      try attention.signature(operandCount: 3, at: .program).operands.map(\.shape.description)
        == ["[3, 8]", "[5, 8]", "[5, 8]"])
    let norm = Program.Operation.layerNorm(
      rows: 2, width: 3, epsilon: 0, isAffine: true, isModulated: true)
    #expect(
      try norm.signature(operandCount: 5, at: .program).operands.map(\.shape.description)
        == ["[2, 3]", "[3]", "[3]", "[3]", "[3]"])
    let permute = Program.Operation.permute(shape: [2, 3, 4], order: [2, 0, 1])
    #expect(
      try permute.signature(operandCount: 1, at: .program).result.description == "[4, 2, 3]")
  }

  /// A row that is a weight, added to every row of x, with a sample's own gate or none.
  @Test func rowsAreAddedFromWeights() throws {
    let addRow = Program.Operation.addRow(rows: 4, width: 4)
    func problem(_ inputs: [Int], row: [Int] = [4]) -> ProgramError? {
      let program = Program(
        inputs: [
          .init(name: "x", shape: [4, 4], element: .f32),
          .init(name: "gate", shape: [4], element: .f32),
        ], outputShape: [4, 4], weights: [.init(name: "row", shape: row)],
        values: [
          .init(name: "x", shape: [4, 4], storage: .input(0)),
          .init(name: "gate", shape: [4], storage: .input(1)),
          .init(name: "row", shape: row, storage: .weight(0)),
          .init(name: "y", shape: [4, 4], storage: .output),
        ], instructions: [.init(addRow, inputs, into: 3)], arenaSize: 0)
      do throws(ProgramError) {
        try ProgramVerifier.verify(program)
        return nil
      } catch {
        return error
      }
    }
    #expect(problem([0, 2]) == nil)
    #expect(problem([0, 2, 1]) == nil)
    for inputs in [
      [0], [0, 1], [0, 1, 2], [2, 2], [1, 2], [0, 2, 0], [0, 2, 2], [0, 2, 1, 1],
    ] {
      #expect(problem(inputs)?.place == .instruction(0), "\(inputs)")
    }
    for row in [[4, 4], [1, 4], [3]] {
      #expect(problem([0, 2], row: row)?.place == .instruction(0), "\(row)")
    }
  }

  /// Against a plain search for two values that overlap in time and space.
  @Test func memoryRulesAgreeWithAPlainSearch() {
    var random = SplitMix64(seed: 5)
    var refused = 0
    for _ in 0..<500 {
      var program = Program(
        inputs: [.init(name: "x", shape: [4], element: .f32)], outputShape: [4], weights: [],
        values: [.init(name: "x", shape: [4], storage: .input(0))], instructions: [],
        arenaSize: 40)
      var last: [Int: Int] = [:]
      for index in 0..<8 {
        let operand = Int.random(in: 0...index, using: &random)
        let offset = Int.random(in: 0...36, using: &random)
        program.values.append(.init(name: "", shape: [4], storage: .arena(offset: offset)))
        program.instructions.append(
          .init(.activation(.silu, count: 4), [operand], into: index + 1))
        last[operand] = index
        last[index + 1] = index
      }
      program.values.append(.init(name: "y", shape: [4], storage: .output))
      program.instructions.append(.init(.activation(.none, count: 4), [8], into: 9))
      last[8] = 8

      var expected = true
      for a in 1...8 {
        for b in a + 1..<9 {
          guard case .arena(let x) = program.values[a].storage,
            case .arena(let y) = program.values[b].storage
          else { continue }
          // Value v is written by instruction v - 1.
          if abs(x - y) < 4, b - 1 <= last[a, default: 0] { expected = false }
        }
      }
      refused += expected ? 0 : 1
      #expect(((try? ProgramVerifier.verify(program)) != nil) == expected)
    }
    #expect(refused > 50 && refused < 450)
  }

  @Test func aMillionValuesTakeNoQuadraticTime() {
    // All alive at once, none overlapping: quadratic insertion would take minutes.
    let count = 1 << 18
    var program = Program(
      inputs: [.init(name: "x", shape: [1], element: .f32)], outputShape: [1], weights: [],
      values: [.init(name: "x", shape: [1], storage: .input(0))], instructions: [],
      arenaSize: count)
    for index in 0..<count {
      program.values.append(.init(name: "", shape: [1], storage: .arena(offset: count - 1 - index)))
      program.instructions.append(.init(.activation(.silu, count: 1), [index], into: index + 1))
    }
    program.values.append(.init(name: "y", shape: [1], storage: .output))
    program.instructions.append(.init(.add(count: 1), [1, count], into: count + 1))
    let elapsed = ContinuousClock().measure {
      #expect(throws: Never.self) { try ProgramVerifier.verify(program) }
    }
    #expect(elapsed < .seconds(10))
  }
}
