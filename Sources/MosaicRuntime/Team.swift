internal import Dispatch

/// Threads that share the work inside an instruction.
struct Team: Sendable {
  static let alone = Team(threads: 1)

  var threads: Int

  /// Calls `body` with ranges that make up `0..<count`, at the same time where there are several.
  ///
  /// - Parameter grain: Ranges begin at multiples of it.
  func split(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    let parts = min(threads, grains)
    guard parts > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        let start = grains * part / parts * grain
        let end = min(count, grains * (part + 1) / parts * grain)
        body(start..<end)
      }
    }
  }
}
