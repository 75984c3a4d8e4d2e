/// Places values of known lifetime in one arena, so that values alive together never share
/// elements.
///
/// Greedy by size: the largest value first, each at the lowest free offset. Source: Pisarchyk and
/// Lee, "Efficient Memory Management for Deep Neural Net Inference", arXiv:2001.03288, 5.2.
struct MemoryPlan {
  struct Request {
    /// Elements.
    var size: Int
    /// The instruction that writes it, and the last one that reads it.
    var lifetime: ClosedRange<Int>
  }

  /// One offset a request, in elements.
  private(set) var offsets: [Int]
  private(set) var size = 0

  /// Offsets are multiples of this many elements: a cache line of f32.
  static let alignment = 16

  init(_ requests: [Request]) {
    offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []
    let order = requests.indices.sorted {
      (requests[$1].size, $0) < (requests[$0].size, $1)
    }
    for index in order {
      let rivals =
        placed
        .filter { requests[$0].lifetime.overlaps(requests[index].lifetime) }
        .map { (start: offsets[$0], end: offsets[$0] + Self.padded(requests[$0].size)) }
        .sorted { $0.start < $1.start }
      var offset = 0
      for rival in rivals {
        if offset + Self.padded(requests[index].size) <= rival.start { break }
        offset = max(offset, rival.end)
      }
      offsets[index] = offset
      size = max(size, offset + Self.padded(requests[index].size))
      placed.append(index)
    }
  }

  private static func padded(_ size: Int) -> Int {
    (size + alignment - 1) / alignment * alignment
  }
}
