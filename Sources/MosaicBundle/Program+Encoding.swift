internal import CMosaicProto

extension Program {
  func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Program> {
    let result = arena.message(mosaic__program__init)
    result.pointee.n_inputs = inputs.count
    result.pointee.inputs = arena.list(inputs) { port in
      let message = arena.message(mosaic__port__init)
      message.pointee.name = arena.string(port.name)
      message.pointee.n_shape = port.shape.count
      message.pointee.shape = arena.integers(port.shape)
      message.pointee.element = arena.string(port.element.rawValue)
      return message
    }
    result.pointee.n_output_shape = outputShape.count
    result.pointee.output_shape = arena.integers(outputShape)
    result.pointee.n_weights = weights.count
    result.pointee.weights = arena.list(weights) { weight in
      let message = arena.message(mosaic__weight__init)
      message.pointee.name = arena.string(weight.name)
      message.pointee.n_shape = weight.shape.count
      message.pointee.shape = arena.integers(weight.shape)
      return message
    }
    result.pointee.n_values = values.count
    result.pointee.values = arena.list(values) { $0.message(in: arena) }
    result.pointee.n_instructions = instructions.count
    result.pointee.instructions = arena.list(instructions) { $0.message(in: arena) }
    result.pointee.arena_size = arena.unsigned(arenaSize)
    result.pointee.n_reusable_units = reusableUnits.count
    result.pointee.reusable_units = arena.list(reusableUnits) { unit in
      let message = arena.message(mosaic__reusable_unit__init)
      message.pointee.name = arena.string(unit.name)
      message.pointee.instruction = arena.unsigned(unit.instruction)
      message.pointee.input = arena.unsigned(unit.input.map { $0 + 1 } ?? 0)
      return message
    }
    return result
  }
}

extension Program.Value {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Value> {
    let result = arena.message(mosaic__value__init)
    result.pointee.name = arena.string(name)
    result.pointee.n_shape = shape.count
    result.pointee.shape = arena.integers(shape)
    switch storage {
    case .input(let index):
      result.pointee.storage = MOSAIC__STORAGE_KIND__STORAGE_INPUT
      result.pointee.index = arena.unsigned(index)
    case .output:
      result.pointee.storage = MOSAIC__STORAGE_KIND__STORAGE_OUTPUT
    case .weight(let index):
      result.pointee.storage = MOSAIC__STORAGE_KIND__STORAGE_WEIGHT
      result.pointee.index = arena.unsigned(index)
    case .arena(let offset):
      result.pointee.storage = MOSAIC__STORAGE_KIND__STORAGE_ARENA
      result.pointee.offset = arena.unsigned(offset)
    case .view(let base, let offset):
      result.pointee.storage = MOSAIC__STORAGE_KIND__STORAGE_VIEW
      result.pointee.index = arena.unsigned(base)
      result.pointee.offset = arena.unsigned(offset)
    }
    return result
  }
}

extension Program.Instruction {
  fileprivate func message(in arena: ProtoArena) -> UnsafeMutablePointer<Mosaic__Instruction> {
    let result = arena.message(mosaic__instruction__init)
    let stored = StoredOperation(operation)
    result.pointee.operation = arena.string(stored.name)
    result.pointee.n_attributes = stored.attributes.count
    result.pointee.attributes = arena.list(stored.attributes) { attribute in
      let message = arena.message(mosaic__attribute__init)
      message.pointee.name = arena.string(attribute.name)
      switch attribute.value {
      case .integers(let values):
        message.pointee.n_integers = values.count
        message.pointee.integers = arena.array(values.map(Int64.init))
      case .number(let value):
        message.pointee.n_numbers = 1
        message.pointee.numbers = arena.array([value])
      case .text(let text):
        message.pointee.text = arena.string(text)
      case .other:
        break
      }
      return message
    }
    result.pointee.n_inputs = inputs.count
    result.pointee.inputs = arena.integers(inputs)
    result.pointee.output = arena.unsigned(output)
    return result
  }
}
