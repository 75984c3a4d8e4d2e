#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The candidates of an evolution: whole levels of sparsity, one for each stage, that save enough
/// and no level more than that.
struct StageLevels: Sendable {
  /// Level `levels` is the hardest there is.
  let levels: Int
  private let projection: BudgetProjection
  /// What is to be saved beyond the least sparsities, as a share of the dense cost.
  private let needed: Double
  /// Sparsity of one level.
  private let unit: Double

  private var stageCount: Int { projection.weights.count }

  init(_ projection: BudgetProjection, levels: Int) {
    self.projection = projection
    self.levels = levels
    let width = projection.limits.upperBound - projection.limits.lowerBound
    let weight = projection.weights.reduce(0, +)
    needed = max(projection.required - weight * projection.limits.lowerBound, 0)
    guard needed > 0, weight > 0, width > 0 else {
      unit = width / Double(levels)
      return
    }
    // The least number of levels, over all stages, that is enough where stages cost alike; then the
    // sparsity of a level that makes it just enough.
    let stages = Double(projection.weights.count)
    let total = (needed / (weight * width) * stages * Double(levels) - 1e-9).rounded(.up)
    unit = min(needed * stages / (weight * total), width / Double(levels))
  }

  func sparsities(of candidate: [Int]) -> [Double] {
    candidate.map {
      min(projection.limits.lowerBound + unit * Double($0), projection.limits.upperBound)
    }
  }

  /// Uniform, ramps, a hump and its opposite, then random shapes, as many as there are of them up to
  /// `count`, none twice.
  func initial(count: Int, _ draw: inout Draws) -> [[Int]] {
    let last = Double(max(stageCount - 1, 1))
    let places = (0..<stageCount).map { Double($0) / last }
    let hump = places.map { exp(-8 * ($0 - 0.5) * ($0 - 0.5)) }
    var shapes = [
      places.map { _ in 1 }, places.map { 1 - $0 }, places, hump, hump.map { 1.01 - $0 },
    ]
    var found: [[Int]] = []
    for _ in 0..<(50 * count) where found.count < count {
      let shape =
        shapes.isEmpty ? places.map { _ in -log(draw.fraction()) } : shapes.removeFirst()
      let candidate = levels(shapedAs: shape, &draw)
      if !found.contains(candidate) { found.append(candidate) }
    }
    return found
  }

  /// Levels about proportional to `shape` that save just enough.
  private func levels(shapedAs shape: [Double], _ draw: inout Draws) -> [Int] {
    let spread = unit * zip(shape, projection.weights).reduce(0) { $0 + $1.0 * $1.1 }
    let factor = spread > 0 ? needed / spread : 0
    var candidate = shape.map { Int(min($0 * factor, Double(levels)).rounded(.down)) }
    repair(&candidate, sparing: [], &draw)
    return candidate
  }

  /// Moves 1 to `largest` levels from one stage to another.
  func move(upTo largest: Int, in candidate: inout [Int], _ draw: inout Draws) {
    let givers = candidate.indices.filter { candidate[$0] > 0 }
    guard !givers.isEmpty else { return }
    let giver = givers[draw.integer(below: givers.count)]
    let takers = candidate.indices.filter {
      $0 != giver && candidate[$0] < levels && projection.weights[$0] > 0
    }
    guard !takers.isEmpty else { return }
    let taker = takers[draw.integer(below: takers.count)]
    let given = min(draw.integer(below: largest) + 1, candidate[giver])
    let owed = Double(given) * projection.weights[giver] / projection.weights[taker]
    candidate[giver] -= given
    candidate[taker] += Int(min((owed - 1e-9).rounded(.up), Double(levels - candidate[taker])))
    repair(&candidate, sparing: [giver, taker], &draw)
  }

  /// Raises random stages until enough is saved, then lowers random ones by what is too much:
  /// `sparing` last of all.
  private func repair(_ candidate: inout [Int], sparing: [Int], _ draw: inout Draws) {
    var order = candidate.indices.filter { !sparing.contains($0) }
    for place in order.indices.reversed() where place > 0 {
      order.swapAt(place, draw.integer(below: place + 1))
    }
    order += sparing.reversed()
    while !saves(candidate) {
      let open = order.filter { candidate[$0] < levels && projection.weights[$0] > 0 }
      guard !open.isEmpty else { return }
      for stage in open where !saves(candidate) { candidate[stage] += 1 }
    }
    for stage in order {
      while candidate[stage] > 0 {
        candidate[stage] -= 1
        guard saves(candidate) else {
          candidate[stage] += 1
          break
        }
      }
    }
  }

  private func saves(_ candidate: [Int]) -> Bool {
    projection.saved(sparsities(of: candidate)) >= projection.required - BudgetProjection.slack
  }
}
