internal import MosaicCore

/// Checks a program from outside before it runs.
///
/// What passes reads and writes only memory that is its own: operands exist and have the shapes
/// their operation documents, every element is written before it is read and at most once, views
/// stay inside what they view, arena ranges stay inside the arena, and values that live at the same
/// time share no element of it. Kernels rely on that and check nothing.
public struct ProgramVerifier {
  let program: Program
  let places: [ValuePlace]
  /// Of arena and output values: the elements written so far, by value.
  private var written: [Int: WrittenElements] = [:]
  /// Of arena values: the first instruction that writes and the last that touches them.
  private var lifetimes: [Int: ClosedRange<Int>] = [:]

  /// - Throws: `ProgramError` at the first rule broken.
  public static func verify(_ program: Program) throws(ProgramError) {
    try checkDeclarations(of: program)
    var verifier = ProgramVerifier(
      program: program, places: try ValuePlace.all(of: program))
    for index in program.instructions.indices {
      try verifier.check(instruction: index)
    }
    try verifier.checkOutput()
    try checkReusableUnits(of: program)
    try ArenaCheck.verify(program, lifetimes: verifier.lifetimes)
  }

  private init(program: Program, places: [ValuePlace]) {
    self.program = program
    self.places = places
  }

  private mutating func check(instruction index: Int) throws(ProgramError) {
    let instruction = program.instructions[index]
    let place = ProgramError.Place.instruction(index)
    let signature = try instruction.operation.signature(
      operandCount: instruction.inputs.count, at: place)
    for (position, operand) in instruction.inputs.enumerated() {
      guard places.indices.contains(operand) else {
        throw ProgramError(place, "operand \(position) names value \(operand) of \(places.count)")
      }
      try check(operand, against: signature.operands[position], position, at: place)
      try read(operand, position, at: index)
    }
    guard places.indices.contains(instruction.output) else {
      throw ProgramError(
        place, "its result names value \(instruction.output) of \(places.count)")
    }
    let shape = program.values[instruction.output].shape
    guard signature.result.accepts(shape) else {
      throw ProgramError(place, "its result has the shape \(shape), not \(signature.result)")
    }
    try write(instruction.output, at: index)
  }

  private func check(
    _ value: Int, against operand: Program.Operation.Signature.Operand, _ position: Int,
    at place: ProgramError.Place
  ) throws(ProgramError) {
    let shape = program.values[value].shape
    guard operand.shape.accepts(shape) else {
      throw ProgramError(
        place, "operand \(position) has the shape \(shape), not \(operand.shape)")
    }
    let found = places[value].kind(in: program)
    guard operand.kinds.contains(found) else {
      let expected = operand.kinds.map(\.rawValue).joined(separator: " or ")
      throw ProgramError(place, "operand \(position) is \(found.rawValue), not \(expected)")
    }
  }

  private mutating func read(
    _ value: Int, _ position: Int, at index: Int
  ) throws(ProgramError) {
    let place = places[value]
    guard program.values[place.root].storage.isComputed else { return }
    guard written[place.root]?.contains(place.range) ?? false else {
      throw ProgramError(
        .instruction(index), "operand \(position) (value \(value)) is read before it is written")
    }
    touch(place.root, at: index)
  }

  private mutating func write(_ value: Int, at index: Int) throws(ProgramError) {
    let place = places[value]
    guard program.values[place.root].storage.isComputed else {
      throw ProgramError(.instruction(index), "it writes an input or a weight (value \(value))")
    }
    guard written[place.root, default: WrittenElements()].insert(place.range) else {
      throw ProgramError(
        .instruction(index),
        "its result (value \(value)) is written twice, or in more than "
          + "\(BundleLimits.writtenParts) parts")
    }
    touch(place.root, at: index)
  }

  private mutating func touch(_ root: Int, at index: Int) {
    lifetimes[root] = (lifetimes[root]?.lowerBound ?? index)...index
  }

  private func checkOutput() throws(ProgramError) {
    let outputs = program.values.indices.filter { program.values[$0].storage == .output }
    guard outputs.count == 1, let output = outputs.first else {
      throw ProgramError(.program, "has \(outputs.count) outputs instead of one")
    }
    guard program.values[output].shape == program.outputShape else {
      throw ProgramError(
        .value(output),
        "the output has the shape \(program.values[output].shape), not \(program.outputShape)")
    }
    guard written[output]?.contains(places[output].range) ?? false else {
      throw ProgramError(.value(output), "the output is not written")
    }
  }
}

/// The elements of a value that instructions have written: disjoint ranges in order.
private struct WrittenElements {
  private var ranges: [Range<Int>] = []

  func contains(_ range: Range<Int>) -> Bool {
    ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
  }

  /// Whether none of `range` had been written.
  mutating func insert(_ range: Range<Int>) -> Bool {
    let index = ranges.firstIndex { $0.upperBound > range.lowerBound } ?? ranges.count
    if index < ranges.count, ranges[index].lowerBound < range.upperBound { return false }
    ranges.insert(range, at: index)
    // Neighbours that touch become one, so that a value written in parts can be read whole.
    for left in [index, index - 1] where left >= 0 && left + 1 < ranges.count {
      if ranges[left].upperBound == ranges[left + 1].lowerBound {
        ranges[left] = ranges[left].lowerBound..<ranges[left + 1].upperBound
        ranges.remove(at: left + 1)
      }
    }
    return ranges.count <= BundleLimits.writtenParts
  }
}
