/// Returns how many units of each group go so that at least a share `sparsity` of the groups'
/// multiply-accumulates is saved, every group giving the same share.
///
/// Counts are rounded; the finest units make up for what the coarse ones' rounding saves too much
/// or too little.
public func uniformRemovals(of groups: [PruningGroup], sparsity: Double) -> [Int] {
  guard sparsity > 0 else { return groups.map { _ in 0 } }
  var counts = groups.map { $0.removalCount(at: sparsity) }
  let whole = groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
  let target = Int((sparsity * Double(whole)).rounded(.up))
  fillUp(&counts, of: groups, saving: target, most: groups.map { $0.unitCount - $0.balance })
  return counts
}

/// Changes the counts of the groups with the finest steps, in turn, until `target`
/// multiply-accumulates are saved, and no step more than that. Sub-layers that are gone stay so.
///
/// - Parameter most: How many units of each group may go.
func fillUp(
  _ counts: inout [Int], of groups: [PruningGroup], saving target: Int, most: [Int]
) {
  guard let finest = groups.map(\.macsPerStep).min(), finest > 0 else { return }
  let fine = groups.indices.filter { groups[$0].macsPerStep == finest }
  let saved = zip(counts, groups).reduce(0) { $0 + $1.0 * $1.1.macsPerUnit }
  // Rounded up: a budget is kept, not missed by half a step.
  let missing = target - saved
  var steps = missing >= 0 ? (missing + finest - 1) / finest : -(-missing / finest)
  while steps != 0 {
    let sign = steps.signum()
    let open = fine.filter {
      counts[$0] < groups[$0].unitCount
        && (0...most[$0]).contains(counts[$0] + sign * groups[$0].balance)
    }
    guard !open.isEmpty else { return }
    let share = max(1, abs(steps) / open.count)
    for index in open where steps != 0 {
      let balance = groups[index].balance
      let room = (sign > 0 ? most[index] - counts[index] : counts[index]) / balance
      let change = min(share, room, abs(steps))
      counts[index] += sign * change * balance
      steps -= sign * change
    }
  }
}

/// Returns how many units of each group go so that at least a share `sparsity` of the groups'
/// multiply-accumulates is saved at the least sum of losses.
///
/// Steps down the lower convex hulls of all groups' loss curves together, steepest saving first:
/// the exact minimum over the hulls, up to the last step taken.
///
/// - Parameters:
///   - losses: Each group's loss with 0, 1, … units gone, up to as many as may go, in a unit common
///     to all groups.
public func spreadRemovals(
  of groups: [PruningGroup], losses: [[Double]], sparsity: Double
) -> [Int] {
  guard sparsity > 0 else { return groups.map { _ in 0 } }
  let whole = groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
  let target = Int((sparsity * Double(whole)).rounded(.up))
  var segments: [HullSegment] = []
  for (index, (group, curve)) in zip(groups, losses).enumerated() {
    let steps = stride(from: 0, to: curve.count, by: group.balance).map { curve[$0] }
    segments += HullSegment.lowerHull(of: steps, group: index, macsPerStep: group.macsPerStep)
  }
  // Within a group slopes rise, so sorting keeps each group's own order.
  segments.sort {
    ($0.slope, $0.group, $0.steps.lowerBound) < ($1.slope, $1.group, $1.steps.lowerBound)
  }
  var counts = groups.map { _ in 0 }
  var saved = 0
  for segment in segments where saved < target {
    let step = groups[segment.group].macsPerStep
    let needed = step > 0 ? (target - saved + step - 1) / step : segment.steps.count
    let taken = min(segment.steps.count, needed)
    counts[segment.group] += taken * groups[segment.group].balance
    saved += taken * step
  }
  fillUp(&counts, of: groups, saving: target, most: losses.map { max(0, $0.count - 1) })
  return counts
}

extension PruningGroup {
  /// Multiply-accumulates of the fewest units that may go together.
  var macsPerStep: Int { macsPerUnit * balance }
}

/// A straight piece of the lower convex hull of a loss curve.
private struct HullSegment {
  var group: Int
  /// From how many steps of removal to how many.
  var steps: Range<Int>
  /// Loss a multiply-accumulate saved.
  var slope: Double

  static func lowerHull(of curve: [Double], group: Int, macsPerStep: Int) -> [HullSegment] {
    var corners: [Int] = []
    for point in curve.indices {
      while corners.count >= 2 {
        let (a, b) = (corners[corners.count - 2], corners[corners.count - 1])
        let before = (curve[b] - curve[a]) / Double(b - a)
        let after = (curve[point] - curve[b]) / Double(point - b)
        if before < after { break }
        corners.removeLast()
      }
      corners.append(point)
    }
    return zip(corners, corners.dropFirst()).map { from, to in
      let loss = max(0, curve[to] - curve[from])
      return HullSegment(
        group: group, steps: from..<to,
        slope: loss / Double((to - from) * max(macsPerStep, 1)))
    }
  }
}
