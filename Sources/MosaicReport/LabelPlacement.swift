/// Moves labels apart: returns for each of `places` one that is near it and at least `gap` from the
/// others, within `bounds` where they fit; in `places`' order.
func spread(_ places: [Double], gap: Double, within bounds: ClosedRange<Double>) -> [Double] {
  let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
  let room = bounds.upperBound - bounds.lowerBound
  let gap = places.count > 1 ? min(gap, room / Double(places.count - 1)) : gap
  var result = places
  var least = bounds.lowerBound
  for index in order {
    result[index] = max(result[index], least)
    least = result[index] + gap
  }
  var most = bounds.upperBound
  for index in order.reversed() {
    result[index] = min(result[index], most)
    most = result[index] - gap
  }
  return result
}
