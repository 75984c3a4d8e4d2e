internal import MosaicBundle
internal import MosaicCore

/// What the reusable units of a batch were when they were last computed.
///
/// The batch is one group of samples, or several of equal size that each have a past of their own:
/// plans that are tried side by side.
public final class ReuseMemory: @unchecked Sendable {
  /// A unit and the memory it is given.
  public struct Unit: Sendable, Equatable {
    public var name: String
    /// Of one forward's value.
    public var elements: Int
    /// Values kept: one more than the largest order of extrapolation; 0 for a unit that no later
    /// step reuses.
    public var depth: Int
    /// Of the branch's input, which is kept with each value; 0 where no correction asks for it.
    public var inputElements: Int

    public init(name: String, elements: Int, depth: Int, inputElements: Int = 0) {
      self.name = name
      self.elements = elements
      self.depth = depth
      self.inputElements = inputElements
    }

    /// Floats that a forward's values take.
    fileprivate var floats: Int { depth * (elements + inputElements) }
  }

  struct Past {
    var step: Int
    var slot: Int
  }

  public let units: [Unit]
  /// Whether runs leave nothing here: what is tried, not done.
  public var isReadOnly = false
  /// Where runs leave the inputs of branches whose values they reuse.
  public var observed: ObservedInputs?
  /// Samples of each group.
  let groupSize: Int
  private let forwardsPerSample: Int
  /// Where each step lies, for extrapolation.
  let positions: [Double]
  /// By unit, slot and group: the forwards, one behind the other. In one piece, for large memory is
  /// cheaper to be given.
  private let memory: FloatMemory
  /// By unit, where its first slot begins.
  private let starts: [Int]
  /// Of units, by the bytes of their names: Swift takes some texts for equal that programs tell
  /// apart.
  let numbers: [[UInt8]: Int]
  /// Of each group and unit the values kept, the latest first.
  private(set) var past: [[[Past]]]

  /// - Parameters:
  ///   - positions: Where each step lies for extrapolation, no two alike.
  ///   - groupSize: Samples of each group.
  ///   - forwardsPerSample: 2 with guidance.
  public init(
    units: [Unit], positions: [Double], groupSize: Int, forwardsPerSample: Int, groups: Int = 1
  ) {
    self.units = units
    self.positions = positions
    self.groupSize = groupSize
    self.forwardsPerSample = forwardsPerSample
    var starts: [Int] = []
    var end = 0
    for unit in units {
      starts.append(end)
      end += unit.floats * groupSize * forwardsPerSample * groups
    }
    self.starts = starts
    memory = FloatMemory(count: end)
    numbers = Dictionary(
      units.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    past = Array(repeating: Array(repeating: [], count: units.count), count: groups)
  }

  public var groupCount: Int { past.count }

  public var byteCount: Int {
    units.reduce(0) { $0 + $1.floats } * groupSize * forwardsPerSample * groupCount
      * MemoryLayout<Float>.size
  }

  /// The same past, of as many values as said, for each of `groups` groups.
  ///
  /// - Parameter depths: By unit, how many values are to be kept.
  /// - Precondition: There is one group here.
  public func copied(groups: Int, depths: [Int]) -> ReuseMemory {
    precondition(groupCount == 1 && depths.count == units.count)
    let result = ReuseMemory(
      units: zip(units, depths).map {
        Unit(
          name: $0.name, elements: $0.elements, depth: $1, inputElements: $0.inputElements)
      },
      positions: positions, groupSize: groupSize, forwardsPerSample: forwardsPerSample,
      groups: groups)
    for (index, unit) in result.units.enumerated() {
      for (slot, value) in past[0][index].prefix(unit.depth).enumerated() {
        let forwards = groupSize * forwardsPerSample
        for group in 0..<groups {
          result.past[group][index].append(Past(step: value.step, slot: slot))
          result.place(unit: index, slot: slot, group: group)
            .update(
              from: place(unit: index, slot: value.slot, group: 0), count: unit.elements * forwards)
          result.inputPlace(unit: index, slot: slot, group: group)
            .update(
              from: inputPlace(unit: index, slot: value.slot, group: 0),
              count: unit.inputElements * forwards)
        }
      }
    }
    return result
  }

  /// The inputs of the branch that `values` are of.
  public func inputs(unit: Int, group: Int, of step: Int) -> UnsafeBufferPointer<Float>? {
    guard let latest = past[group][unit].first, latest.step == step else { return nil }
    return UnsafeBufferPointer(
      start: inputPlace(unit: unit, slot: latest.slot, group: group),
      count: units[unit].inputElements * groupSize * forwardsPerSample)
  }

  /// A group's forwards of a unit as they were computed last, one behind the other; nil where the
  /// unit was not computed at `step`.
  public func values(unit: Int, group: Int, of step: Int) -> UnsafeBufferPointer<Float>? {
    guard let latest = past[group][unit].first, latest.step == step else { return nil }
    return UnsafeBufferPointer(
      start: place(unit: unit, slot: latest.slot, group: group),
      count: units[unit].elements * groupSize * forwardsPerSample)
  }

  /// Where a group's forwards of a unit begin.
  func place(unit: Int, slot: Int, group: Int) -> UnsafeMutablePointer<Float> {
    let size = units[unit].elements * groupSize * forwardsPerSample
    return memory.pointer + starts[unit] + (slot * groupCount + group) * size
  }

  /// Where the branch's inputs begin that belong to a group's forwards of a unit.
  func inputPlace(unit: Int, slot: Int, group: Int) -> UnsafeMutablePointer<Float> {
    let forwards = groupSize * forwardsPerSample * groupCount
    let size = units[unit].inputElements * groupSize * forwardsPerSample
    return memory.pointer + starts[unit] + units[unit].depth * units[unit].elements * forwards
      + (slot * groupCount + group) * size
  }

  /// The slot for the value of a step: a free one, or that of the oldest value.
  func remember(_ step: Int, unit: Int, group: Int) -> Int {
    let known = past[group][unit]
    let depth = units[unit].depth
    let taken = known.map(\.slot)
    let free = (0..<depth).first { !taken.contains($0) }
    let slot = free ?? known[known.count - 1].slot
    past[group][unit] = [Past(step: step, slot: slot)] + known.prefix(depth - 1)
    return slot
  }
}
