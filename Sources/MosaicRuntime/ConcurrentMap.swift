internal import Dispatch
internal import Synchronization

/// Returns `transform` of every index below `count`, in order, computed on several threads.
///
/// - Throws: The error of the lowest index that failed.
public func concurrentMap<T: Sendable>(
  _ count: Int, threads: Int, _ transform: @Sendable (Int) throws -> T
) throws -> [T] {
  let results = Mutex<[Int: Result<T, any Error>]>([:])
  let next = Atomic(0)
  @Sendable func work() {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = Result { try transform(index) }
      results.withLock { $0[index] = result }
    }
  }
  if threads > 1, count > 1 {
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in work() }
  } else {
    work()
  }
  let all = results.withLock { $0 }
  return try (0..<count).compactMap { try all[$0]?.get() }
}
