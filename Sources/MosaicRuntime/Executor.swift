internal import Dispatch
public import MosaicBundle
internal import MosaicKernels
internal import Synchronization

/// Runs a program over a batch.
///
/// What depends on single numbers of a sample alone runs first, once for all samples that share them.
/// Then the batch is cut into chunks of samples that pass through the rest one after the other, so
/// that what a chunk computes stays in cache; workers take chunks in turn. Chunks that are left when
/// there are fewer of them than threads have their instructions divided instead.
///
/// Neither the batch nor the number of threads shows in what products, norms and attention compute.
public final class Executor: Sendable {
  public let program: Program
  /// One for each of the program's weights.
  public let weights: [ProgramWeight]
  public let threads: Int
  /// In what products are computed: that of the packed weights.
  public let precision: Precision
  private let leaf: Int?
  private let joinedProductEnds: [Int]
  private let arenas = ArenaPool()
  let scalarPart: SharedPart

  /// - Parameter leaf: Where given, what is computed does not depend on the number of threads, and
  ///   for each whole leaf of so many samples not on the rest of the batch either: chunks are then
  ///   equal parts of leaves.
  /// - Precondition: The program is verified, each weight has its element count, and those that are
  ///   packed are the program's matrices.
  public init(program: Program, weights: [ProgramWeight], threads: Int, leaf: Int? = nil) {
    precondition(
      weights.count == program.weights.count
        && zip(weights, program.weights).allSatisfy { $0.count == $1.shape.reduce(1, *) })
    let matrices = program.matrixWeights()
    precondition(
      weights.indices.allSatisfy { index in
        switch weights[index] {
        case .plain(let rows): rows.base != nil && matrices[index] == nil
        case .packed(let matrix): matrix.inner == matrices[index]
        }
      })
    self.program = program
    self.weights = weights
    self.threads = max(1, threads)
    precision =
      weights.lazy.compactMap {
        if case .packed(let matrix) = $0 { matrix.precision } else { nil }
      }.first ?? .f32
    self.leaf = leaf
    scalarPart = SharedPart.scalars(of: program)
    joinedProductEnds = program.joinedProductEnds
  }

  /// Of weights as they are stored; matrices are rearranged into memory of their own.
  public convenience init(
    program: Program, weights: [WeightRows], threads: Int, leaf: Int? = nil,
    precision: Precision = .f32
  ) {
    self.init(
      program: program, weights: program.arranged(weights, precision, threads: threads),
      threads: threads, leaf: leaf)
  }

  /// Of weights that lie in buffers of their own.
  public convenience init(
    program: Program, weights: [FloatBuffer], threads: Int, leaf: Int? = nil,
    precision: Precision = .f32
  ) {
    self.init(
      program: program, weights: weights.map { WeightRows($0) }, threads: threads, leaf: leaf,
      precision: precision)
  }

  /// A copy of the weights' values, one buffer for each of the program's weights.
  public var weightValues: [FloatBuffer] { weights.map(\.unpacked) }

  /// A copy of what an instruction reads as its first operand, for calibration.
  public struct Capture: @unchecked Sendable {
    var instruction: Int
    var destination: UnsafeMutablePointer<Float>

    /// - Parameter destination: Memory for the operand of every sample of the batch.
    public init(instruction: Int, destination: UnsafeMutablePointer<Float>) {
      self.instruction = instruction
      self.destination = destination
    }
  }

  /// - Parameters:
  ///   - inputs: One address for each of the program's inputs, `batch` samples each.
  ///   - output: Memory for `batch` samples of the output.
  public func run(
    inputs: [UnsafeRawPointer], output: UnsafeMutablePointer<Float>, batch: Int,
    captures: [Capture] = []
  ) {
    run(inputs: inputs, output: output, batch: batch, captures: captures, exchange: nil)
  }

  /// - Parameters:
  ///   - exchange: What is taken from earlier runs and kept for later ones.
  ///   - known: What `evaluate` made of inputs that are the same again; nothing may be captured of it.
  ///   - timing: Told what each instruction took.
  func run(
    inputs: [UnsafeRawPointer], output: UnsafeMutablePointer<Float>, batch: Int,
    captures: [Capture], exchange: ValueExchange?, known: SharedValues? = nil,
    timing: InstructionTiming? = nil
  ) {
    precondition(inputs.count == program.inputs.count)
    // Workers hold bare pointers into the weights.
    defer { withExtendedLifetime(self) {} }
    var shared = known.map { [$0] } ?? []
    if !scalarPart.isEmpty {
      shared.append(evaluateScalarPart(inputs, batch, captures, exchange, timing))
    }
    let chunk = chunkSize(batch: batch)
    let job = Job(
      inputs: inputs, output: output, batch: batch, chunk: chunk, captures: captures,
      exchange: exchange, shared: shared, timing: timing)
    let chunks = (batch + chunk - 1) / chunk
    // Whole rounds of a chunk a thread.
    let together = threads == 1 ? chunks : chunks / threads * threads
    BLAS.setThreads(1)
    if together > 0, threads > 1 {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in
        work(job, team: .alone, next: { job.claim(below: together) })
      }
    }
    work(job, team: Team(threads: threads), next: { job.claim(below: chunks) })
  }

  private func evaluateScalarPart(
    _ inputs: [UnsafeRawPointer], _ batch: Int, _ captures: [Capture], _ exchange: ValueExchange?,
    _ timing: InstructionTiming?
  ) -> SharedValues {
    let numbers = NumberRows(of: scalarPart, inputs: inputs, batch: batch)
    let rows = inputs.enumerated().map { index, input in
      scalarPart.inputs.contains(index) ? numbers.gathered(input) : FloatMemory(count: 0)
    }
    defer { withExtendedLifetime(rows) {} }
    let values = SharedValues(
      scalarPart, rowOfSample: numbers.rowOfSample, rows: numbers.firstSamples.count)
    fill(
      values, from: rows.map { UnsafeRawPointer($0.pointer) }, batch, captures, exchange, timing)
    return values
  }

  /// The results of a part of the program, for runs whose samples have its inputs in common.
  ///
  /// - Parameters:
  ///   - inputs: One address for each of the program's inputs; `rows` rows of those that the part
  ///     reads.
  ///   - rowOfSample: The row of each sample of those runs.
  func evaluate(
    _ part: SharedPart, inputs: [UnsafeRawPointer], rows: Int, rowOfSample: [Int32]
  ) -> SharedValues {
    let values = SharedValues(part, rowOfSample: rowOfSample, rows: rows)
    fill(values, from: inputs, rowOfSample.count, [], nil, nil)
    withExtendedLifetime(self) {}
    return values
  }

  private func fill(
    _ values: SharedValues, from inputs: [UnsafeRawPointer], _ batch: Int, _ captures: [Capture],
    _ exchange: ValueExchange?, _ timing: InstructionTiming?
  ) {
    let job = Job(
      inputs: inputs, output: values.memory.pointer, batch: batch, chunk: values.rows,
      captures: captures, exchange: exchange, shared: [values], timing: timing)
    BLAS.setThreads(1)
    ChunkRun(
      program: program, weights: weights, precision: precision, work: .rows(values),
      arena: values.memory.pointer, job: job, start: 0, count: values.rows,
      team: Team(threads: threads)
    ).execute()
  }

  /// Samples a chunk: as many as keep the arena near the size of a cache, in whole shares of the
  /// workers.
  func chunkSize(batch: Int) -> Int {
    let cacheElements = 1 << 19
    let fitting = max(1, cacheElements / max(program.arenaSize, 1))
    if let leaf {
      // A quarter at most leaves work for four threads in a single leaf.
      return (1...max(1, leaf / 4)).last { leaf.isMultiple(of: $0) && $0 <= fitting } ?? 1
    }
    let rounds = (batch + fitting * threads - 1) / (fitting * threads)
    return max(1, (batch + rounds * threads - 1) / (rounds * threads))
  }

  private func work(_ job: Job, team: Team, next: () -> Int?) {
    guard let first = next() else { return }
    let arena = arenas.take(elements: program.arenaSize * job.chunk)
    defer { arenas.put(back: arena) }
    var start: Int? = first
    while let sample = start {
      ChunkRun(
        program: program, weights: weights, precision: precision,
        work: .samples(joinedProductEnds), arena: arena.pointer, job: job, start: sample,
        count: min(job.chunk, job.batch - sample), team: team
      ).execute()
      start = next()
    }
  }
}

/// One run's operands, and the place from which the next chunk is taken.
final class Job: @unchecked Sendable {
  let inputs: [UnsafeRawPointer]
  let output: UnsafeMutablePointer<Float>
  let batch: Int
  let chunk: Int
  let captures: [Executor.Capture]
  let exchange: ValueExchange?
  let shared: [SharedValues]
  let timing: InstructionTiming?
  private let position = Atomic(0)

  init(
    inputs: [UnsafeRawPointer], output: UnsafeMutablePointer<Float>, batch: Int, chunk: Int,
    captures: [Executor.Capture], exchange: ValueExchange?, shared: [SharedValues],
    timing: InstructionTiming?
  ) {
    self.inputs = inputs
    self.output = output
    self.batch = batch
    self.chunk = chunk
    self.captures = captures
    self.exchange = exchange
    self.shared = shared
    self.timing = timing
  }

  /// The first sample of the next of the first `chunks` chunks, or nil when they are taken.
  func claim(below chunks: Int) -> Int? {
    while true {
      let number = position.load(ordering: .relaxed)
      guard number < chunks else { return nil }
      let swap = position.compareExchange(
        expected: number, desired: number + 1, ordering: .relaxed)
      if swap.exchanged { return number * chunk }
    }
  }
}
