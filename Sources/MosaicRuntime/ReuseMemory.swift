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

    public init(name: String, elements: Int, depth: Int) {
      self.name = name
      self.elements = elements
      self.depth = depth
    }
  }

  private struct Past {
    var step: Int
    var slot: Int
  }

  public let units: [Unit]
  /// Whether runs leave nothing here: what is tried, not done.
  public var isReadOnly = false
  /// Samples of each group.
  private let groupSize: Int
  private let forwardsPerSample: Int
  /// Where each step lies, for extrapolation.
  private let positions: [Double]
  /// By unit, slot and group: the forwards, one behind the other. In one piece, for large memory is
  /// cheaper to be given.
  private let memory: FloatMemory
  /// By unit, where its first slot begins.
  private let starts: [Int]
  /// Of units, by the bytes of their names: Swift takes some texts for equal that programs tell
  /// apart.
  private let numbers: [[UInt8]: Int]
  /// Of each group and unit the values kept, the latest first.
  private var past: [[[Past]]]

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
      end += unit.depth * unit.elements * groupSize * forwardsPerSample * groups
    }
    self.starts = starts
    memory = FloatMemory(count: end)
    numbers = Dictionary(
      units.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    past = Array(repeating: Array(repeating: [], count: units.count), count: groups)
  }

  public var groupCount: Int { past.count }

  public var byteCount: Int {
    units.reduce(0) { $0 + $1.depth * $1.elements } * groupSize * forwardsPerSample * groupCount
      * MemoryLayout<Float>.size
  }

  /// The same past, of as many values as said, for each of `groups` groups.
  ///
  /// - Parameter depths: By unit, how many values are to be kept.
  /// - Precondition: There is one group here.
  public func copied(groups: Int, depths: [Int]) -> ReuseMemory {
    precondition(groupCount == 1 && depths.count == units.count)
    let result = ReuseMemory(
      units: zip(units, depths).map { Unit(name: $0.name, elements: $0.elements, depth: $1) },
      positions: positions, groupSize: groupSize, forwardsPerSample: forwardsPerSample,
      groups: groups)
    for (index, unit) in result.units.enumerated() {
      for (slot, value) in past[0][index].prefix(unit.depth).enumerated() {
        let size = unit.elements * groupSize * forwardsPerSample
        for group in 0..<groups {
          result.past[group][index].append(Past(step: value.step, slot: slot))
          result.place(unit: index, slot: slot, group: group)
            .update(from: place(unit: index, slot: value.slot, group: 0), count: size)
        }
      }
    }
    return result
  }

  /// What a run takes from here and leaves here. Values that it computes count as known from here on,
  /// so the run has to follow.
  ///
  /// - Parameters:
  ///   - orders: By unit: nil computes it; 0 repeats the last value, 1 and 2 extrapolate.
  ///   - forecasts: By group of the run and unit; nil, or no groups at all, for Lagrange's weights.
  ///   - groups: Whose samples the run is of.
  /// - Throws: `RuntimeError.Reason.unknownValues` where too few values are known.
  func exchange(
    step: Int, orders: [Int?], forecasts: [[ValueForecast?]] = [], groups: Range<Int>,
    with program: Program
  ) throws(RuntimeError) -> ValueExchange {
    let known = instructions(of: program)
    let reused = known.filter { orders[$0.unit] != nil }
    let (isLive, read) = program.liveInstructions(given: Set(reused.map(\.instruction)))
    var fills: [Int: [ValueExchange.Fill]] = [:]
    // A reused unit that only other reused ones need takes no memory and no time.
    for (unit, instruction) in reused where read.contains(instruction) {
      guard let order = orders[unit] else { continue }
      var sources: [ValueExchange.Fill] = []
      for (place, group) in groups.enumerated() {
        sources.append(
          try fill(
            unit: unit, group: group, step: step, order: order,
            forecast: forecasts.isEmpty ? nil : forecasts[place][unit]))
      }
      fills[instruction] = sources
    }
    var keeps: [Int: [UnsafeMutablePointer<Float>]] = [:]
    for (unit, instruction) in known
    where units[unit].depth > 0 && isLive[instruction] && !isReadOnly {
      keeps[instruction] = groups.map { group in
        place(unit: unit, slot: remember(step, unit: unit, group: group), group: group)
      }
    }
    return ValueExchange(
      isLive: isLive, fills: fills, keeps: keeps, groupSize: groupSize, groupCount: groups.count)
  }

  /// Units by their number here, with the instruction that computes them.
  private func instructions(of program: Program) -> [(unit: Int, instruction: Int)] {
    program.reusableUnits.compactMap { known in
      numbers[Array(known.name.utf8)].map { ($0, known.instruction) }
    }
  }

  private func fill(
    unit: Int, group: Int, step: Int, order: Int, forecast: ValueForecast?
  ) throws(RuntimeError) -> ValueExchange.Fill {
    let known = past[group][unit]
    guard (0...ValueForecast.mostOrder).contains(order), known.count > order else {
      throw RuntimeError(
        .unknownValues(unit: units[unit].name, step: step, order: order, known: known.count))
    }
    let weights =
      forecast?.weights
      ?? ValueForecast.weights(
        at: positions[step], from: known.map { positions[$0.step] }, order: order
      ).map { Float($0) }
    return ValueExchange.Fill(
      sources: zip(known, weights).map { value, weight in
        ValueExchange.Source(
          values: UnsafePointer(place(unit: unit, slot: value.slot, group: group)),
          weight: weight)
      }, offset: forecast?.offset ?? [])
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
  private func place(unit: Int, slot: Int, group: Int) -> UnsafeMutablePointer<Float> {
    let size = units[unit].elements * groupSize * forwardsPerSample
    return memory.pointer + starts[unit] + (slot * groupCount + group) * size
  }

  /// The slot for the value of a step: a free one, or that of the oldest value.
  private func remember(_ step: Int, unit: Int, group: Int) -> Int {
    let known = past[group][unit]
    let depth = units[unit].depth
    let taken = known.map(\.slot)
    let free = (0..<depth).first { !taken.contains($0) }
    let slot = free ?? known[known.count - 1].slot
    past[group][unit] = [Past(step: step, slot: slot)] + known.prefix(depth - 1)
    return slot
  }
}

/// What a run takes from a `ReuseMemory` in place of computing it, and what it leaves there.
struct ValueExchange: @unchecked Sendable {
  struct Source {
    /// A group's forwards, one behind the other.
    var values: UnsafePointer<Float>
    var weight: Float
  }

  struct Fill {
    var sources: [Source]
    /// By channel; empty for none.
    var offset: [Float]
  }

  /// Instructions that have to run.
  var isLive: [Bool]
  /// By instruction and group: what its result is made of instead.
  var fills: [Int: [Fill]]
  /// By instruction and group: where its result goes as well.
  var keeps: [Int: [UnsafeMutablePointer<Float>]]
  /// Samples of each group.
  var groupSize: Int
  var groupCount: Int

  /// The group of a run's forward, and the forward's number in that group's memory.
  ///
  /// In a run the unconditional forwards of all groups follow the conditional ones.
  func place(ofForward forward: Int) -> (group: Int, forward: Int) {
    let (half, sample) = forward.quotientAndRemainder(dividingBy: groupSize * groupCount)
    let (group, own) = sample.quotientAndRemainder(dividingBy: groupSize)
    return (group, half * groupSize + own)
  }
}
