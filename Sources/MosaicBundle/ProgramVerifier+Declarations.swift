internal import MosaicCore

extension ProgramVerifier {
  /// Checks what a program declares, before any instruction: counts, shapes and names.
  static func checkDeclarations(of program: Program) throws(ProgramError) {
    let counts = [
      ("instructions", program.instructions.count, BundleLimits.instructions),
      ("values", program.values.count, BundleLimits.values),
      ("reusable units", program.reusableUnits.count, BundleLimits.reusableUnits),
    ]
    for (what, count, limit) in counts where count > limit {
      throw ProgramError(.program, "has \(count) \(what), more than \(limit)")
    }
    guard program.arenaSize >= 0, program.arenaSize <= BundleLimits.size / 4 else {
      throw ProgramError(.program, "asks for an arena of \(program.arenaSize) elements")
    }
    try checkShape(program.outputShape, "the output", .program)
    var names: Set<[UInt8]> = []
    for port in program.inputs {
      let name = "input '\(printable(port.name))'"
      try checkShape(port.shape, name, .program)
      guard names.insert(Array(port.name.utf8)).inserted else {
        throw ProgramError(.program, "\(name) is there twice")
      }
    }
    for weight in program.weights {
      try checkShape(weight.shape, "weight '\(printable(weight.name))'", .program)
    }
    for (index, value) in program.values.enumerated() {
      try checkShape(value.shape, "it", .value(index))
    }
  }

  /// Each is an instruction of its own, and they come in the order of these.
  static func checkReusableUnits(of program: Program) throws(ProgramError) {
    var names: Set<[UInt8]> = []
    var least = 0
    for unit in program.reusableUnits {
      let name = "reusable unit '\(printable(unit.name))'"
      guard names.insert(Array(unit.name.utf8)).inserted else {
        throw ProgramError(.program, "\(name) is there twice")
      }
      guard unit.instruction >= least, unit.instruction < program.instructions.count else {
        throw ProgramError(
          .program,
          "\(name) is instruction \(unit.instruction), which is not one of "
            + "\(least)..<\(program.instructions.count)")
      }
      least = unit.instruction + 1
      if let input = unit.input, !(0..<unit.instruction).contains(input) {
        throw ProgramError(
          .program,
          "\(name) is instruction \(unit.instruction), but its input instruction \(input)")
      }
      if let input = program.inputShape(of: unit) {
        let (inner, outer) = (
          ChannelAxis(of: input), ChannelAxis(of: program.valueShape(of: unit))
        )
        // Corrections are products, whose sides have 31 bits.
        guard
          [inner, outer].allSatisfy({ max($0.outer, $0.count, $0.inner) <= Int(Int32.max) })
        else {
          throw ProgramError(.program, "\(name) or its input has an axis of 2^31 elements or more")
        }
        if inner.hasPlaces(of: outer) { continue }
        throw ProgramError(
          .program,
          "\(name) has the shape \(program.valueShape(of: unit)), but its input \(input), which has other "
            + "places")
      }
    }
  }

  private static func checkShape(
    _ shape: [Int], _ what: @autoclosure () -> String, _ place: ProgramError.Place
  ) throws(ProgramError) {
    guard shape.count <= BundleLimits.rank, shape.allSatisfy({ $0 > 0 }),
      let count = elementCount(of: shape), count <= BundleLimits.size
    else {
      throw ProgramError(place, "\(what()) has the shape \(shape), which is not possible")
    }
  }
}
