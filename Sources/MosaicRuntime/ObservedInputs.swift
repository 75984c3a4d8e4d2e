/// The inputs of reused branches, as the last run found them.
public final class ObservedInputs: @unchecked Sendable {
  private let memory: FloatMemory
  private let starts: [Int]
  private let sizes: [Int]

  /// - Parameter elements: By unit, of a group's forwards together.
  public init(elements: [Int], groups: Int = 1) {
    var end = 0
    starts = elements.map { size in
      defer { end += size * groups }
      return end
    }
    sizes = elements
    memory = FloatMemory(count: end)
  }

  func place(_ unit: Int, _ group: Int) -> UnsafeMutablePointer<Float> {
    memory.pointer + starts[unit] + group * sizes[unit]
  }

  public func values(unit: Int, group: Int = 0) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: place(unit, group), count: sizes[unit])
  }
}
