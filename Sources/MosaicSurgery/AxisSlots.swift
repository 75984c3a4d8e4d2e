internal import MosaicIR

/// The axes of all values of a graph, numbered, and the elements of those that pruning may touch.
struct AxisSlots {
  /// The first axis of each value.
  private let firsts: [Int]
  /// The value of each axis.
  private let owners: [ValueID]
  private let extents: [Int?]
  /// The first element of each axis; nil where elements are not looked at.
  private var starts: [Int?]
  private(set) var elementCount = 0

  init(_ graph: Graph) {
    var firsts: [Int] = []
    var owners: [ValueID] = []
    var extents: [Int?] = []
    for id in graph.values.indices.map(graph.id(at:)) {
      firsts.append(owners.count)
      for dimension in graph[id].type.shape {
        owners.append(id)
        extents.append(dimension.isFixed ? dimension.factor : nil)
      }
    }
    self.firsts = firsts
    self.owners = owners
    self.extents = extents
    starts = Array(repeating: nil, count: owners.count)
  }

  var count: Int { owners.count }

  func slot(_ value: ValueID, axis: Int) -> Int { firsts[value.index] + axis }

  func slot(_ axis: AxisRule.Axis, of node: Graph.Node) -> Int {
    switch axis.operand {
    case .input(let index): slot(node.inputs[index], axis: axis.axis)
    case .output(let index): slot(node.outputs[index], axis: axis.axis)
    }
  }

  func value(of slot: Int) -> ValueID { owners[slot] }
  func axis(of slot: Int) -> Int { slot - firsts[owners[slot].index] }
  func extent(of slot: Int) -> Int? { extents[slot] }

  /// The elements of an axis; nil where they are not looked at.
  func elements(of slot: Int) -> Range<Int>? {
    guard let start = starts[slot], let extent = extents[slot] else { return nil }
    return start..<start + extent
  }

  /// Numbers the elements of the axes for which `isWanted` holds and whose extent is fixed, as long as
  /// there are no more than `limit`.
  mutating func numberElements(upTo limit: Int, _ isWanted: (Int) -> Bool) {
    for slot in owners.indices {
      guard let extent = extents[slot], isWanted(slot), extent <= limit - elementCount else {
        continue
      }
      starts[slot] = elementCount
      elementCount += extent
    }
  }
}
