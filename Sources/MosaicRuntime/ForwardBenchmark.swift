internal import MosaicBundle

/// Times forwards of one network, and what its instructions have of them.
public final class ForwardBenchmark {
  /// All instructions of one name.
  public struct OperationTime: Sendable, Equatable {
    public var name: String
    /// Instructions a forward.
    public var calls: Int
    /// Of one forward, with all threads at work.
    public var seconds: Double
    /// Of the whole batch; 0 for operations that are no products.
    public var flops: Double
  }

  private let executor: Executor
  public let batch: Int
  private let inputs: RandomInputs
  private let output: FloatMemory
  private let timing: InstructionTiming
  private var timedRuns = 0
  /// Seconds of each forward so far, those with operations timed left out.
  public private(set) var seconds: [Double] = []

  public init(_ executor: Executor, batch: Int) {
    self.executor = executor
    self.batch = batch
    let program = executor.program
    inputs = RandomInputs(of: program, batch: batch)
    output = FloatMemory(count: batch * program.outputShape.reduce(1, *))
    timing = InstructionTiming(instructions: program.instructions.count)
  }

  /// One forward; the first pays for fresh memory and is not counted.
  public func run() {
    let clock = ContinuousClock.now
    forward(timing: nil)
    let taken = (ContinuousClock.now - clock) / .seconds(1)
    if isWarm { seconds.append(taken) } else { isWarm = true }
  }

  private var isWarm = false

  /// One forward that tells its operations apart, which takes a little longer.
  public func runTimed() {
    forward(timing: timing)
    timedRuns += 1
  }

  private func forward(timing: InstructionTiming?) {
    executor.run(
      inputs: inputs.addresses, output: output.pointer, batch: batch,
      captures: [], exchange: nil, timing: timing)
    withExtendedLifetime(inputs) {}
  }

  public var medianSeconds: Double {
    seconds.isEmpty ? 0 : seconds.sorted()[seconds.count / 2]
  }

  /// Of one forward of the batch: products, convolutions and attention.
  public var flops: Double {
    executor.program.instructions.reduce(0) { $0 + $1.operation.flops } * Double(batch)
  }

  public var weightBytes: Int { executor.weightBytes }

  /// Values that are in memory at once, at most.
  public var activationBytes: Int { executor.activationBytes(batch: batch) }

  /// By name, the slowest first.
  public var operations: [OperationTime] {
    var known: [String: OperationTime] = [:]
    for (instruction, seconds) in zip(executor.program.instructions, timing.seconds) {
      let name = instruction.operation.name
      var entry =
        known[name] ?? OperationTime(name: name, calls: 0, seconds: 0, flops: 0)
      entry.calls += 1
      entry.seconds += seconds / Double(executor.threads * max(timedRuns, 1))
      entry.flops += instruction.operation.flops * Double(batch)
      known[name] = entry
    }
    return known.values.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
  }
}
