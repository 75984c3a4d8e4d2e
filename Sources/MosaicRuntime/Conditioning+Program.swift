public import MosaicBundle
public import MosaicCore

extension Conditioning {
  /// The inputs of `program` that `model` says are given row by row.
  static func inputs(of program: Program, _ model: ModelDescription) -> [Input] {
    program.inputs.filter { model.conditioningInputs.contains($0.name) }.map {
      Input(name: $0.name, shape: $0.shape, isInteger: $0.element == .i32)
    }
  }

  /// - Throws: `ConditioningError` where an input has no values or other ones, or an index leaves its
  ///   table.
  func check(against program: Program, _ model: ModelDescription) throws(ConditioningError) {
    for wanted in Self.inputs(of: program, model) {
      guard let own = inputs.first(where: { $0.name == wanted.name }) else {
        throw ConditioningError(
          path: path, reason: .missing(wanted.name, expected: wanted.shape))
      }
      guard own.count == wanted.count, own.isInteger == wanted.isInteger else {
        throw ConditioningError(
          path: path,
          reason: .shape(wanted.name, expected: [-1] + wanted.shape, found: [-1] + own.shape))
      }
    }
    for instruction in program.instructions {
      guard case .gather(let rows, _) = instruction.operation,
        let value = instruction.inputs.first,
        case .input(let port) = program.values[value].storage
      else { continue }
      let name = program.inputs[port].name
      if let stranger = stranger(in: name, outside: 0..<rows) {
        throw ConditioningError(path: path, reason: .indexOutside(name, stranger, rows: rows))
      }
    }
  }
}

extension BundleReader {
  /// The values of the network's inputs that `file` holds; nil where it takes none but states,
  /// timesteps and classes.
  ///
  /// - Throws: `ConditioningError`.
  public func conditioning(
    from file: SafetensorsReader?
  ) throws(ConditioningError) -> Conditioning? {
    guard let file, !manifest.model.conditioningInputs.isEmpty,
      let program = manifest.variants.first(where: { $0.unsupported == nil })?.program
    else { return nil }
    return try Conditioning(
      file, inputs: Conditioning.inputs(of: program, manifest.model))
  }
}
