/// The inputs of reused branches, as the last run of the only group found them.
public final class ObservedInputs: @unchecked Sendable {
  private let memory: FloatMemory
  private let starts: [Int]
  private let sizes: [Int]

  /// - Parameter elements: By unit, of the group's forwards together.
  public init(elements: [Int]) {
    var end = 0
    starts = elements.map { size in
      defer { end += size }
      return end
    }
    sizes = elements
    memory = FloatMemory(count: end)
  }

  func place(_ unit: Int) -> UnsafeMutablePointer<Float> { memory.pointer + starts[unit] }

  /// The forwards' inputs one behind the other.
  public func values(unit: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: place(unit), count: sizes[unit])
  }
}
