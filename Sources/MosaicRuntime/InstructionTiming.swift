internal import Synchronization

/// What each instruction of a program took, summed over chunks and runs.
final class InstructionTiming: Sendable {
  /// Processor time: a thread's time, or that of as many as shared the instruction. By instruction.
  private let nanoseconds: Mutex<[Int]>

  init(instructions: Int) {
    nanoseconds = Mutex([Int](repeating: 0, count: instructions))
  }

  func add(_ duration: Duration, to instruction: Int, team: Int) {
    let taken = Int(duration / .nanoseconds(1)) * team
    nanoseconds.withLock { $0[instruction] += taken }
  }

  /// By instruction.
  var seconds: [Double] { nanoseconds.withLock { $0.map { Double($0) * 1e-9 } } }
}
