internal import MosaicLowering
internal import MosaicRuntime
internal import MosaicSurgery

/// Memory into which a run copies the inputs of some groups' consumers.
final class ActivationCapture: @unchecked Sendable {
  private var buffers: [UnsafeMutableBufferPointer<Float>] = []
  private(set) var captures: [Executor.Capture] = []

  /// - Parameter batch: Forwards of the largest run.
  init(of groups: [PruningGroup], in lowered: LoweredGraph, batch: Int) throws {
    for group in groups {
      guard let instruction = lowered.instructions[group.name] else {
        throw LoweringError(node: group.name, reason: "no instruction reads this group")
      }
      let operand = lowered.program.instructions[instruction].inputs[0]
      let size = lowered.program.values[operand].shape.reduce(1, *)
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: size * batch)
      buffer.initialize(repeating: 0)
      buffers.append(buffer)
      if let base = buffer.baseAddress {
        captures.append(Executor.Capture(instruction: instruction, destination: base))
      }
    }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  /// A group's rows of the last run, the first `share` of the memory.
  func rows(of index: Int, share: Double = 1) -> [Float] {
    let count = Int((Double(buffers[index].count) * share).rounded())
    return Array(buffers[index].prefix(count))
  }
}
