/// Elements of axes in sets that come and go together; a set may be pinned, for a reason.
struct ElementSets {
  private var parents: [Int32]
  /// Of a set's root: the number of the reason, 0 for none.
  private var pins: [Int32]

  init(count: Int) {
    parents = (0..<Int32(count)).map { $0 }
    pins = Array(repeating: 0, count: count)
  }

  var count: Int { parents.count }

  /// The least element of the set.
  mutating func root(of element: Int) -> Int {
    var at = Int32(element)
    while parents[Int(at)] != at {
      parents[Int(at)] = parents[Int(parents[Int(at)])]
      at = parents[Int(at)]
    }
    return Int(at)
  }

  mutating func unite(_ a: Int, _ b: Int) {
    let (first, second) = (root(of: a), root(of: b))
    if first == second { return }
    let (top, other) = (min(first, second), max(first, second))
    parents[other] = Int32(top)
    if pins[top] == 0 { pins[top] = pins[other] }
  }

  /// - Parameter reason: Not 0; the first one given stays.
  mutating func pin(_ element: Int, reason: Int) {
    let top = root(of: element)
    if pins[top] == 0 { pins[top] = Int32(reason) }
  }

  mutating func reason(of element: Int) -> Int { Int(pins[root(of: element)]) }
}
