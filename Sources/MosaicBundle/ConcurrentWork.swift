internal import Dispatch
internal import Synchronization

/// Calls `body` with every index below `count`, on up to `threads` threads.
///
/// - Throws: The error of the lowest index that failed.
func forEachConcurrently<E: Error>(
  _ count: Int, threads: Int,
  _ body: @Sendable (Int) throws(E) -> Void
) throws(E) {
  let next = Atomic(0)
  let failure = Mutex<(index: Int, error: E)?>(nil)
  @Sendable func work() {
    while failure.withLock({ $0 == nil }) {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      do throws(E) {
        try body(index)
      } catch {
        failure.withLock { found in
          if index < (found?.index ?? .max) { found = (index, error) }
        }
      }
    }
  }
  if threads > 1, count > 1 {
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in work() }
  } else {
    work()
  }
  if let failure = failure.withLock({ $0 }) { throw failure.error }
}
