internal import MosaicCore

/// A length or place in a picture, to a tenth of a unit.
func coordinate(_ value: Double) -> String {
  guard value.isFinite else { return "0" }
  let text = fixed(value, 1)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

struct Point {
  var x: Double
  var y: Double
}

/// The `d` of a path through `points`.
func pathData(_ points: [Point], closed: Bool = false) -> String {
  let places = points.map { "\(coordinate($0.x)) \(coordinate($0.y))" }
  return "M" + places.joined(separator: "L") + (closed ? "Z" : "")
}

/// Runs of consecutive elements that are there.
func runs<Element>(of elements: [Element?]) -> [[Element]] {
  var result: [[Element]] = []
  var isInside = false
  for element in elements {
    if let element {
      if !isInside { result.append([]) }
      result[result.count - 1].append(element)
    }
    isInside = element != nil
  }
  return result
}
