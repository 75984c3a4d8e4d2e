/// Which of a program's reusable units are computed from which: what a step has to compute follows
/// from what it reuses.
public struct UnitDependencies: Sendable {
  /// By unit: the units from which it is computed with no other between.
  private let sources: [UnitSet]
  /// The same of its branch's input.
  private let inputSources: [UnitSet]
  private let outputSources: UnitSet

  /// Of a verified program.
  public init(_ program: Program) {
    let roots = program.roots
    var unitOfInstruction: [Int: Int] = [:]
    var unitsOfInput: [Int: [Int]] = [:]
    for (number, unit) in program.reusableUnits.enumerated() {
      unitOfInstruction[unit.instruction] = number
      if let input = unit.input { unitsOfInput[input, default: []].append(number) }
    }
    // By value that is no view: the units behind it.
    var known: [UnitSet] = Array(repeating: UnitSet(), count: program.values.count)
    var sources: [UnitSet] = Array(repeating: UnitSet(), count: program.reusableUnits.count)
    var inputSources = sources
    for (index, instruction) in program.instructions.enumerated() {
      var read = UnitSet()
      for input in instruction.inputs { read.formUnion(known[roots[input]]) }
      if let unit = unitOfInstruction[index] {
        sources[unit] = read
        read = UnitSet(unit)
      }
      known[roots[instruction.output]].formUnion(read)
      for unit in unitsOfInput[index] ?? [] {
        inputSources[unit] = known[roots[instruction.output]]
      }
    }
    self.sources = sources
    self.inputSources = inputSources
    outputSources =
      program.values.firstIndex { $0.storage == .output }.map { known[$0] } ?? UnitSet()
  }

  var unitCount: Int { sources.count }

  /// What a step does with each unit.
  public struct Use: Sendable, Equatable {
    public var isComputed: [Bool]
    /// Whether an earlier value is read: not of a unit that only others need which are reused too.
    public var isTaken: [Bool]
  }

  /// - Parameters:
  ///   - isReused: By unit of the program.
  ///   - isCorrected: Whether a reused value asks for its branch's input; no unit of none.
  public func use(reusing isReused: [Bool], correcting isCorrected: [Bool] = []) -> Use {
    var needed = outputSources
    var use = Use(
      isComputed: Array(repeating: false, count: sources.count),
      isTaken: Array(repeating: false, count: sources.count))
    // Units come in the order they are computed, so whoever reads one comes after it.
    for unit in sources.indices.reversed() where needed.contains(unit) {
      if isReused[unit] {
        use.isTaken[unit] = true
        if isCorrected.indices.contains(unit), isCorrected[unit] {
          needed.formUnion(inputSources[unit])
        }
      } else {
        use.isComputed[unit] = true
        needed.formUnion(sources[unit])
      }
    }
    return use
  }
}

/// A set of units, by number.
private struct UnitSet: Sendable {
  private var words: [UInt64] = []

  init() {}

  init(_ unit: Int) {
    words = Array(repeating: 0, count: unit / 64 + 1)
    words[unit / 64] = 1 << UInt64(unit % 64)
  }

  func contains(_ unit: Int) -> Bool {
    unit / 64 < words.count && words[unit / 64] & 1 << UInt64(unit % 64) != 0
  }

  mutating func formUnion(_ other: UnitSet) {
    // Most values have the units of one operand: nothing is copied for them.
    guard !words.isEmpty else {
      self = other
      return
    }
    if other.words.count > words.count {
      words += Array(repeating: 0, count: other.words.count - words.count)
    }
    for (index, word) in other.words.enumerated() where word & ~words[index] != 0 {
      words[index] |= word
    }
  }
}
