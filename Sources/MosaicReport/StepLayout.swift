/// Where the steps lie along the x axis: evenly, in the order of sampling.
struct StepLayout {
  var count: Int
  var left: Double
  var right: Double

  /// The place between step `index - 1` and step `index`.
  func edge(_ index: Int) -> Double {
    left + (right - left) * Double(min(max(index, 0), count)) / Double(max(count, 1))
  }

  func center(_ index: Int) -> Double { (edge(index) + edge(index + 1)) / 2 }

  /// The steps that get a label, `room` apart at the least, the last one among them.
  func labelled(room: Double) -> [Int] {
    guard count > 0, right > left else { return [] }
    let width = (right - left) / Double(count)
    let stride = Swift.max(1, Int((room / width).rounded(.up)))
    var result = Array(Swift.stride(from: 0, to: count, by: stride))
    if result[result.count - 1] != count - 1 {
      if count - 1 - result[result.count - 1] < stride { result.removeLast() }
      result.append(count - 1)
    }
    return result
  }

  /// The part of `steps` that exists, or nil where there is none.
  func existing(_ steps: Range<Int>) -> Range<Int>? {
    let part = steps.clamped(to: 0..<count)
    return part.isEmpty ? nil : part
  }
}
