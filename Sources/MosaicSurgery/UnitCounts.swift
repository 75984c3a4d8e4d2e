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
  fillUp(&counts, of: groups, saving: target)
  return counts
}

/// Changes the counts of the groups with the finest units, in turn, until `target`
/// multiply-accumulates are saved, and no unit more than that.
func fillUp(_ counts: inout [Int], of groups: [PruningGroup], saving target: Int) {
  guard let finest = groups.map(\.macsPerUnit).min(), finest > 0 else { return }
  let fine = groups.indices.filter { groups[$0].macsPerUnit == finest }
  let saved = zip(counts, groups).reduce(0) { $0 + $1.0 * $1.1.macsPerUnit }
  // Rounded up: a budget is kept, not missed by half a unit.
  let missing = target - saved
  var units = missing >= 0 ? (missing + finest - 1) / finest : -(-missing / finest)
  while units != 0 {
    let step = units.signum()
    let open = fine.filter { (0..<groups[$0].unitCount).contains(counts[$0] + step) }
    guard !open.isEmpty else { return }
    let share = max(1, abs(units) / open.count)
    for index in open where units != 0 {
      let room = step > 0 ? groups[index].unitCount - 1 - counts[index] : counts[index]
      let change = min(share, room, abs(units))
      counts[index] += step * change
      units -= step * change
    }
  }
}
