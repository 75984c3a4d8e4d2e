internal import Dispatch
internal import Synchronization

/// A numbered value that is made on a thread of its own until it is asked for.
final class Prefetch<Value: Sendable>: Sendable {
  let number: Int
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ number: Int, _ make: @escaping @Sendable () throws -> Value) {
    self.number = number
    DispatchQueue.global().async { [self] in
      let made = Result { try make() }
      result.withLock { $0 = made }
      done.signal()
    }
  }

  /// The value, as soon as it is made.
  func wait() throws -> Value? {
    done.wait()
    done.signal()
    return try result.withLock { $0 }?.get()
  }
}
