internal import Dispatch
public import MosaicBundle
internal import MosaicKernels
internal import Synchronization

/// Runs a program over a batch.
///
/// The batch is cut into chunks of samples that pass through the whole program one after the other,
/// so that what a chunk computes stays in cache; workers take chunks in turn. The products of a
/// worker run on its own thread: OpenBLAS' pool is used only where there is a single chunk.
public final class Executor: Sendable {
  public let program: Program
  /// One for each of the program's weights.
  public let weights: [WeightRows]
  public let threads: Int
  private let leaf: Int?
  private let arenas = ArenaPool()

  /// - Parameter leaf: Where given, what is computed does not depend on the number of threads, and
  ///   for each whole leaf of so many samples not on the rest of the batch either: products round
  ///   differently at other heights, so chunks are then equal parts of leaves.
  /// - Precondition: The program is verified, each weight has its element count, and only those
  ///   that products read by rows lie in several runs.
  public init(program: Program, weights: [WeightRows], threads: Int, leaf: Int? = nil) {
    precondition(
      weights.count == program.weights.count
        && zip(weights, program.weights).allSatisfy { $0.count == $1.shape.reduce(1, *) })
    let readByRows = program.weightsReadByRows()
    precondition(
      weights.indices.allSatisfy { weights[$0].base != nil || readByRows.contains($0) })
    self.program = program
    self.weights = weights
    self.threads = max(1, threads)
    self.leaf = leaf
  }

  /// Of weights that lie in buffers of their own.
  public convenience init(
    program: Program, weights: [FloatBuffer], threads: Int, leaf: Int? = nil
  ) {
    self.init(
      program: program, weights: weights.map { WeightRows($0) }, threads: threads, leaf: leaf)
  }

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

  /// - Parameter exchange: What is taken from earlier runs and kept for later ones.
  func run(
    inputs: [UnsafeRawPointer], output: UnsafeMutablePointer<Float>, batch: Int,
    captures: [Capture], exchange: ValueExchange?
  ) {
    precondition(inputs.count == program.inputs.count)
    // Workers hold bare pointers into the weights.
    defer { withExtendedLifetime(self) {} }
    let chunk = chunkSize(batch: batch)
    let chunks = (batch + chunk - 1) / chunk
    let workers = min(threads, chunks)
    BLAS.setThreads(chunks == 1 ? threads : 1)
    let job = Job(
      inputs: inputs, output: output, batch: batch, chunk: chunk, captures: captures,
      exchange: exchange)
    guard workers > 1 else {
      return work(job, next: { job.claim() })
    }
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      work(job, next: { job.claim() })
    }
  }

  /// Samples a chunk: as many as keep the arena near the size of a cache, in whole shares of the
  /// workers.
  private func chunkSize(batch: Int) -> Int {
    let cacheElements = 1 << 19
    let fitting = max(1, cacheElements / max(program.arenaSize, 1))
    if let leaf {
      // A quarter at most leaves work for four threads in a single leaf.
      return (1...max(1, leaf / 4)).last { leaf.isMultiple(of: $0) && $0 <= fitting } ?? 1
    }
    let rounds = (batch + fitting * threads - 1) / (fitting * threads)
    return max(1, (batch + rounds * threads - 1) / (rounds * threads))
  }

  private func work(_ job: Job, next: () -> Int?) {
    let arena = arenas.take(elements: program.arenaSize * job.chunk)
    defer { arenas.put(back: arena) }
    while let start = next() {
      let count = min(job.chunk, job.batch - start)
      let run = ChunkRun(
        program: program, weights: weights, arena: arena.pointer, job: job, start: start,
        count: count)
      run.execute()
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
  private let position = Atomic(0)

  init(
    inputs: [UnsafeRawPointer], output: UnsafeMutablePointer<Float>, batch: Int, chunk: Int,
    captures: [Executor.Capture], exchange: ValueExchange?
  ) {
    self.inputs = inputs
    self.output = output
    self.batch = batch
    self.chunk = chunk
    self.captures = captures
    self.exchange = exchange
  }

  /// The first sample of the next chunk, or nil when all are taken.
  func claim() -> Int? {
    let start = position.add(chunk, ordering: .relaxed).oldValue
    return start < batch ? start : nil
  }
}

/// Arenas that workers hand on, so that a step does not pay for fresh pages.
private final class ArenaPool: Sendable {
  private let free = Mutex<[FloatMemory]>([])

  func take(elements: Int) -> FloatMemory {
    let found = free.withLock { free -> FloatMemory? in
      guard let index = free.firstIndex(where: { $0.count >= elements }) else {
        free.removeAll()
        return nil
      }
      return free.remove(at: index)
    }
    return found ?? FloatMemory(count: elements)
  }

  func put(back arena: FloatMemory) { free.withLock { $0.append(arena) } }
}
