import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ctrl-C and `kill`, taken between two steps of the work so that nothing is left half done.
enum Interrupt {
  struct Received: Error { var signal: Int32 }

  private static let pending = Atomic<Int32>(0)

  /// From here on SIGINT and SIGTERM are only noted; a second one ends the process at once. Writing
  /// beyond a limit or to a closed pipe is an error of the write, so that nothing is left half done.
  static func watch() {
    for number in [SIGXFSZ, SIGPIPE] { signal(number, SIG_IGN) }
    // Touched here, so that the handler finds it initialised.
    pending.store(0, ordering: .relaxed)
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&watched, number)
      signal(number) { received in
        Interrupt.pending.store(received, ordering: .relaxed)
        signal(received, SIG_DFL)
      }
    }
    // Blocked signals are inherited: programs that start others from worker threads hand them on.
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  /// - Throws: `Received` where a signal has come.
  static func check() throws(Received) {
    let signal = pending.load(ordering: .relaxed)
    if signal != 0 { throw Received(signal: signal) }
  }
}
