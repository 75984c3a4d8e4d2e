internal import CMosaicProto
internal import MosaicCore
internal import MosaicProto

extension Program {
  /// - Throws: `.unsupported` where an instruction, an element type or a kind of storage is of a
  ///   newer writer.
  init(_ message: Mosaic__Program, place: String) throws(BundleError.Reason) {
    self.init(
      inputs: [], outputShape: try shape(message.output_shape, message.n_output_shape, place),
      weights: [], values: [], instructions: [],
      arenaSize: try integer(message.arena_size, place))
    for port in list(message.inputs, message.n_inputs) {
      guard let element = Port.Element(rawValue: text(port.element)) else {
        throw .unsupported(kind: "element type", name: text(port.element), place: place)
      }
      inputs.append(
        Port(
          name: try checkedName(text(port.name), "\(place), an input"),
          shape: try shape(port.shape, port.n_shape, place), element: element))
    }
    for weight in list(message.weights, message.n_weights) {
      weights.append(
        Weight(
          name: text(weight.name), shape: try shape(weight.shape, weight.n_shape, place)))
    }
    for value in list(message.values, message.n_values) {
      values.append(try Value(value, place: "\(place), value \(values.count)"))
    }
    for instruction in list(message.instructions, message.n_instructions) {
      instructions.append(
        try Instruction(instruction, place: "\(place), instruction \(instructions.count)"))
    }
    for unit in list(message.reusable_units, message.n_reusable_units) {
      let input = try integer(unit.input, place)
      reusableUnits.append(
        ReusableUnit(
          name: try checkedName(text(unit.name), "\(place), a reusable unit"),
          instruction: try integer(unit.instruction, place), input: input == 0 ? nil : input - 1))
    }
  }
}

extension Program.Value {
  fileprivate init(_ message: Mosaic__Value, place: String) throws(BundleError.Reason) {
    let index = try integer(message.index, place)
    let offset = try integer(message.offset, place)
    let storage: Storage
    switch message.storage {
    case MOSAIC__STORAGE_KIND__STORAGE_INPUT: storage = .input(index)
    case MOSAIC__STORAGE_KIND__STORAGE_OUTPUT: storage = .output
    case MOSAIC__STORAGE_KIND__STORAGE_WEIGHT: storage = .weight(index)
    case MOSAIC__STORAGE_KIND__STORAGE_ARENA: storage = .arena(offset: offset)
    case MOSAIC__STORAGE_KIND__STORAGE_VIEW: storage = .view(of: index, offset: offset)
    default:
      throw .unsupported(
        kind: "storage", name: String(message.storage.rawValue), place: place)
    }
    self.init(
      name: text(message.name),
      shape: try MosaicBundle.shape(message.shape, message.n_shape, place), storage: storage)
  }
}

extension Program.Instruction {
  fileprivate init(_ message: Mosaic__Instruction, place: String) throws(BundleError.Reason) {
    let attributes = list(message.attributes, message.n_attributes).map {
      StoredOperation.Attribute(text($0.name), Self.value(of: $0))
    }
    let stored = StoredOperation(name: text(message.operation), attributes: attributes)
    self.init(
      try stored.operation(place: place), try integers(message.inputs, message.n_inputs, place),
      into: try integer(message.output, place))
  }

  /// The one of its three forms that an attribute has.
  private static func value(of message: Mosaic__Attribute) -> StoredOperation.Attribute.Value {
    let text = text(message.text)
    switch (message.n_integers, message.n_numbers, text.isEmpty) {
    case (1..., 0, true):
      return .integers(array(message.integers, message.n_integers).map(Int.init))
    case (0, 1, true): return .number(message.numbers[0])
    case (0, 0, false): return .text(text)
    default: return .other
    }
  }
}
