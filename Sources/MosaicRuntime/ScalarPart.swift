internal import MosaicBundle

/// The part of a program that reads nothing of a sample but single numbers: its timestep, its class.
///
/// Samples that have these in common share its results, so it runs once for each of them ahead of
/// the batch, on all threads.
struct ScalarPart: Sendable {
  /// By instruction.
  let contains: [Bool]
  /// The program's inputs that it reads.
  let inputs: [Int]
  /// By value: where its elements begin among those of a row.
  let offsets: [Int: Int]
  /// Elements that a row's values take together.
  let size: Int

  /// - Precondition: The program is verified.
  init(of program: Program) {
    func root(_ value: Int) -> Int {
      var value = value
      while case .view(let parent, _) = program.values[value].storage { value = parent }
      return value
    }
    var writers: [Int: Int] = [:]
    for instruction in program.instructions { writers[root(instruction.output), default: 0] += 1 }
    let units = Set(program.reusableUnits.map(\.instruction))
    let single = program.inputs.indices.filter {
      program.inputs[$0].shape.reduce(1, *) == 1
    }
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
          case .input(let input): single.contains(input)
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
    inputs = offsets.isEmpty ? [] : single
    self.offsets = offsets
    self.size = size
  }

  var isEmpty: Bool { offsets.isEmpty }
}

/// The scalar part's results for a batch, one row for each combination of its inputs.
final class ScalarValues: @unchecked Sendable {
  /// By sample of the batch.
  let rowOfSample: [Int32]
  /// The first sample of each row.
  let firstSamples: [Int]
  let memory: FloatMemory

  var rows: Int { firstSamples.count }

  /// Memory for the rows that a batch needs.
  init(_ part: ScalarPart, inputs: [UnsafeRawPointer], batch: Int) {
    var known: [[UInt32]: Int32] = [:]
    var rowOfSample: [Int32] = []
    var firstSamples: [Int] = []
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
    self.rowOfSample = rowOfSample
    self.firstSamples = firstSamples
    memory = FloatMemory(count: part.size * firstSamples.count)
  }

  /// The numbers of an input, one a row.
  func gathered(_ input: UnsafeRawPointer) -> FloatMemory {
    let memory = FloatMemory(count: rows)
    for (row, sample) in firstSamples.enumerated() {
      UnsafeMutableRawPointer(memory.pointer).storeBytes(
        of: input.loadUnaligned(fromByteOffset: 4 * sample, as: UInt32.self),
        toByteOffset: 4 * row, as: UInt32.self)
    }
    return memory
  }
}
