/// Checks that values which live at the same time share no element of the arena.
enum ArenaCheck {
  /// - Parameter lifetimes: For each arena value that is used, the instructions from the first that
  ///   writes it to the last that touches it or a view of it.
  static func verify(
    _ program: Program, lifetimes: [Int: ClosedRange<Int>]
  ) throws(ProgramError) {
    let blocks = blocks(of: program, lifetimes: lifetimes)
    let bounds = Set(blocks.flatMap { [$0.elements.lowerBound, $0.elements.upperBound] }).sorted()
    let position = Dictionary(
      uniqueKeysWithValues: bounds.enumerated().map { ($0.element, $0.offset) })
    func leaves(_ block: Block) -> Range<Int> {
      position[
        block.elements.lowerBound, default: 0]..<position[
          block.elements.upperBound, default: 0]
    }

    var cover = IntervalCover(count: bounds.count)
    let endings = blocks.sorted { $0.lifetime.upperBound < $1.lifetime.upperBound }
    var ended = 0
    for block in blocks {
      // An instruction's operands still live while it writes its result.
      while endings[ended].lifetime.upperBound < block.lifetime.lowerBound {
        cover.remove(leaves(endings[ended]))
        ended += 1
      }
      guard cover.insert(leaves(block)) else {
        let other = blocks.first {
          $0.value != block.value && $0.lifetime.overlaps(block.lifetime)
            && $0.elements.overlaps(block.elements)
        }
        throw ProgramError(
          .value(block.value),
          "it shares memory with value \(other?.value ?? block.value) while both are in use")
      }
    }
  }

  private struct Block {
    var value: Int
    var elements: Range<Int>
    var lifetime: ClosedRange<Int>
  }

  /// In the order they begin to live.
  private static func blocks(
    of program: Program, lifetimes: [Int: ClosedRange<Int>]
  ) -> [Block] {
    var blocks: [Block] = []
    for (index, value) in program.values.enumerated() {
      guard case .arena(let offset) = value.storage, let lifetime = lifetimes[index] else {
        continue
      }
      blocks.append(
        Block(
          value: index, elements: offset..<offset + value.elementCount, lifetime: lifetime))
    }
    return blocks.sorted {
      ($0.lifetime.lowerBound, $0.value) < ($1.lifetime.lowerBound, $1.value)
    }
  }
}

/// Disjoint intervals of a line, in logarithmic time whatever their number: a segment tree.
struct IntervalCover {
  /// Leaves are a power of two; node 1 is the root, node n has the children 2n and 2n + 1.
  private let leafCount: Int
  private var isWhole: [Bool]
  private var isTouched: [Bool]

  init(count: Int) {
    var leafCount = 1
    while leafCount < count { leafCount *= 2 }
    self.leafCount = leafCount
    isWhole = Array(repeating: false, count: 2 * leafCount)
    isTouched = isWhole
  }

  /// Adds an interval unless it meets another.
  mutating func insert(_ range: Range<Int>) -> Bool {
    guard !meets(range, node: 1, span: 0..<leafCount) else { return false }
    set(range, to: true, node: 1, span: 0..<leafCount)
    return true
  }

  /// Removes an interval that was added.
  mutating func remove(_ range: Range<Int>) {
    set(range, to: false, node: 1, span: 0..<leafCount)
  }

  private func meets(_ range: Range<Int>, node: Int, span: Range<Int>) -> Bool {
    guard range.overlaps(span), isTouched[node] else { return false }
    if isWhole[node] || range.lowerBound <= span.lowerBound && span.upperBound <= range.upperBound {
      return true
    }
    let middle = span.lowerBound + span.count / 2
    return meets(range, node: 2 * node, span: span.lowerBound..<middle)
      || meets(range, node: 2 * node + 1, span: middle..<span.upperBound)
  }

  private mutating func set(_ range: Range<Int>, to value: Bool, node: Int, span: Range<Int>) {
    guard range.overlaps(span) else { return }
    if range.lowerBound <= span.lowerBound && span.upperBound <= range.upperBound {
      isWhole[node] = value
      isTouched[node] = value
      return
    }
    let middle = span.lowerBound + span.count / 2
    set(range, to: value, node: 2 * node, span: span.lowerBound..<middle)
    set(range, to: value, node: 2 * node + 1, span: middle..<span.upperBound)
    isTouched[node] = isTouched[2 * node] || isTouched[2 * node + 1]
  }
}
