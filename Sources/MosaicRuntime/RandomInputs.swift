internal import MosaicBundle
internal import MosaicCore

/// Inputs that any program takes: noise, timesteps of 500 and the first class.
struct RandomInputs {
  private let memories: [FloatMemory]

  init(of program: Program, batch: Int) {
    memories = program.inputs.enumerated().map { index, port in
      let memory = FloatMemory(count: batch * port.shape.reduce(1, *))
      switch port.element {
      case .i32:
        // Index 0 is in every table.
        memory.floats.update(repeating: 0)
      case .f32 where memory.count == batch: memory.floats.update(repeating: 500)
      case .f32: CounterRandom(seed: 0, stream: UInt64(index)).fillNormal(memory.floats, item: 0)
      }
      return memory
    }
  }

  /// One for each of the program's inputs; valid as long as this is.
  var addresses: [UnsafeRawPointer] { memories.map { UnsafeRawPointer($0.pointer) } }
}
