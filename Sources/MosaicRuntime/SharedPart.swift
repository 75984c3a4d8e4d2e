internal import MosaicBundle

/// The part of a program that reads nothing of a sample but some of its inputs.
///
/// Samples that have these in common share its results, so it runs once for each of them: for single
/// numbers (timestep, class) ahead of every batch, for conditioning once for all steps.
struct SharedPart: Sendable {
  /// By instruction.
  let contains: [Bool]
  /// The program's inputs that it reads.
  let inputs: [Int]
  /// By value: where its elements begin among those of a row.
  let offsets: [Int: Int]
  /// Elements that a row's values take together.
  let size: Int

  /// - Parameter allowed: Inputs of the program.
  /// - Precondition: The program is verified.
  init(of program: Program, reading allowed: [Int]) {
    func root(_ value: Int) -> Int {
      var value = value
      while case .view(let parent, _) = program.values[value].storage { value = parent }
      return value
    }
    var writers: [Int: Int] = [:]
    for instruction in program.instructions { writers[root(instruction.output), default: 0] += 1 }
    // What is kept of a sample is computed with it.
    let units = Set(
      program.reusableUnits.flatMap { [$0.instruction, $0.input].compactMap { $0 } })
    var contains = [Bool](repeating: false, count: program.instructions.count)
    var offsets: [Int: Int] = [:]
    var size = 0
    for (index, instruction) in program.instructions.enumerated() {
      let output = root(instruction.output)
      guard case .arena = program.values[output].storage, writers[output] == 1,
        !units.contains(index),
        instruction.inputs.allSatisfy({ operand in
          switch program.values[root(operand)].storage {
          case .weight: true
          case .input(let input): allowed.contains(input)
          case .arena: offsets[root(operand)] != nil
          default: false
          }
        })
      else { continue }
      contains[index] = true
      offsets[output] = size
      // A cache line's worth, so that values of several rows stay aligned.
      size += (program.values[output].shape.reduce(1, *) + 15) / 16 * 16
    }
    self.contains = contains
    inputs = offsets.isEmpty ? [] : allowed
    self.offsets = offsets
    self.size = size
  }

  /// What reads nothing but single numbers of a sample.
  static func scalars(of program: Program) -> SharedPart {
    SharedPart(
      of: program,
      reading: program.inputs.indices.filter { program.inputs[$0].shape.reduce(1, *) == 1 })
  }

  var isEmpty: Bool { offsets.isEmpty }
}

/// A shared part's results for a batch, one row for samples that have its inputs in common.
final class SharedValues: @unchecked Sendable {
  let part: SharedPart
  /// By sample of the batch.
  let rowOfSample: [Int32]
  let rows: Int
  let memory: FloatMemory

  /// Memory for the results.
  init(_ part: SharedPart, rowOfSample: [Int32], rows: Int) {
    self.part = part
    self.rowOfSample = rowOfSample
    self.rows = rows
    memory = FloatMemory(count: part.size * rows)
  }
}

/// The combinations of single numbers that occur in a batch, one a row.
struct NumberRows {
  /// By sample of the batch.
  private(set) var rowOfSample: [Int32] = []
  /// The first sample of each row.
  private(set) var firstSamples: [Int] = []

  init(of part: SharedPart, inputs: [UnsafeRawPointer], batch: Int) {
    var known: [[UInt32]: Int32] = [:]
    for sample in 0..<batch {
      let key = part.inputs.map {
        inputs[$0].loadUnaligned(fromByteOffset: 4 * sample, as: UInt32.self)
      }
      if let row = known[key] {
        rowOfSample.append(row)
      } else {
        let row = Int32(firstSamples.count)
        known[key] = row
        rowOfSample.append(row)
        firstSamples.append(sample)
      }
    }
  }

  /// The numbers of an input, one a row.
  func gathered(_ input: UnsafeRawPointer) -> FloatMemory {
    let memory = FloatMemory(count: firstSamples.count)
    for (row, sample) in firstSamples.enumerated() {
      UnsafeMutableRawPointer(memory.pointer).storeBytes(
        of: input.loadUnaligned(fromByteOffset: 4 * sample, as: UInt32.self),
        toByteOffset: 4 * row, as: UInt32.self)
    }
    return memory
  }
}
