internal import MosaicCore

/// Where a value's elements lie: a range of the value that its views lead to.
struct ValuePlace {
  /// A value that is no view.
  let root: Int
  /// Elements of one sample of the root.
  let range: Range<Int>

  enum Kind: String {
    case floats = "a computed value or float input"
    case integers = "an integer input"
    case weight = "a weight"
  }

  func kind(in program: Program) -> Kind {
    switch program.values[root].storage {
    case .weight: .weight
    case .input(let port): program.inputs[port].element == .i32 ? .integers : .floats
    case .output, .arena, .view: .floats
    }
  }
}

extension ValuePlace {
  /// The places of all values.
  ///
  /// - Throws: `ProgramError` where a value names an input, weight or value that does not exist or
  ///   has another shape, views lead in a circle, or an element lies outside what holds it.
  static func all(of program: Program) throws(ProgramError) -> [ValuePlace] {
    var places = [ValuePlace?](repeating: nil, count: program.values.count)
    for start in program.values.indices {
      // Down the chain of views to one whose place is known, then back up.
      var chain: [Int] = []
      var index = start
      while places[index] == nil, case .view(let base, _) = program.values[index].storage {
        guard program.values.indices.contains(base) else {
          throw ProgramError(.value(index), "it views value \(base) of \(program.values.count)")
        }
        chain.append(index)
        guard chain.count <= program.values.count else {
          throw ProgramError(.value(start), "its views lead in a circle")
        }
        index = base
      }
      if places[index] == nil { places[index] = try root(index, of: program) }
      for view in chain.reversed() {
        guard case .view(let base, let offset) = program.values[view].storage,
          let viewed = places[base]
        else { continue }
        places[view] = try viewed.part(
          count: program.values[view].elementCount, at: offset, value: view, of: program)
      }
    }
    return places.compactMap { $0 }
  }

  private static func root(_ index: Int, of program: Program) throws(ProgramError) -> ValuePlace {
    let value = program.values[index]
    let count = value.elementCount
    switch value.storage {
    case .input(let port):
      guard program.inputs.indices.contains(port), program.inputs[port].shape == value.shape
      else { throw ProgramError(.value(index), "it is not the whole of input \(port)") }
    case .weight(let weight):
      guard program.weights.indices.contains(weight),
        program.weights[weight].shape == value.shape
      else { throw ProgramError(.value(index), "it is not the whole of weight \(weight)") }
    case .arena(let offset):
      guard offset >= 0, count <= program.arenaSize, offset <= program.arenaSize - count else {
        throw ProgramError(
          .value(index),
          "its \(count) elements at \(offset) leave the arena of \(program.arenaSize)")
      }
    case .output, .view:
      break
    }
    return ValuePlace(root: index, range: 0..<count)
  }

  private func part(
    count: Int, at offset: Int, value: Int, of program: Program
  ) throws(ProgramError) -> ValuePlace {
    if case .weight = program.values[root].storage {
      throw ProgramError(.value(value), "it views a weight")
    }
    guard offset >= 0, count <= range.count, offset <= range.count - count else {
      throw ProgramError(
        .value(value), "its \(count) elements at \(offset) leave the \(range.count) it views")
    }
    let start = range.lowerBound + offset
    return ValuePlace(root: root, range: start..<start + count)
  }
}

extension Program.Value {
  /// Of a shape that has been checked.
  var elementCount: Int { MosaicCore.elementCount(of: shape) ?? 0 }
}

extension Program.Value.Storage {
  /// Whether instructions write it, views aside.
  var isComputed: Bool {
    switch self {
    case .arena, .output: true
    case .input, .weight, .view: false
    }
  }
}
