internal import Synchronization

/// Arenas that workers hand on, so that a run does not pay for fresh pages.
final class ArenaPool: Sendable {
  private let free = Mutex<[FloatMemory]>([])

  /// The smallest that is large enough; where there is none a new one, in place of one too small.
  func take(elements: Int) -> FloatMemory {
    let found = free.withLock { free -> FloatMemory? in
      let fitting = free.indices.filter { free[$0].count >= elements }
      if let best = fitting.min(by: { free[$0].count < free[$1].count }) {
        return free.remove(at: best)
      }
      if !free.isEmpty { free.removeLast() }
      return nil
    }
    return found ?? FloatMemory(count: elements)
  }

  func put(back arena: FloatMemory) { free.withLock { $0.append(arena) } }
}
