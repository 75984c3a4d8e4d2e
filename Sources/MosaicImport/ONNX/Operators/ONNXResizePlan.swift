internal import MosaicCore
internal import MosaicIR

/// Where samples lie, and how those around them are weighted.
///
/// Source: "Resize" in docs/Operators.md of github.com/onnx/onnx; the cubic kernel is Keys,
/// "Cubic convolution interpolation for digital image processing", eq. 4.
struct ONNXResizePlan {
  private enum Kernel { case nearest, linear, cubic }

  private let kernel: Kernel
  private let transformation: String
  private let rounding: String
  private let cubicCoefficient: Double
  private let excludesOutside: Bool
  private let isAntialiased: Bool
  /// What elements outside become.
  let extrapolation: Double

  private static let transformations: Set = [
    "align_corners", "asymmetric", "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
    "tf_crop_and_resize",
  ]

  init(_ node: inout ONNXNodeImport) throws(ONNXNodeProblem) {
    let mode = try node.text("mode", default: "nearest")
    guard let kernel = ["nearest": Kernel.nearest, "linear": .linear, "cubic": .cubic][mode] else {
      throw .unsupported("has the mode '\(printable(mode))'")
    }
    self.kernel = kernel
    transformation = try node.text("coordinate_transformation_mode", default: "half_pixel")
    guard ONNXResizePlan.transformations.contains(transformation) else {
      throw .unsupported("has the coordinates '\(printable(transformation))'")
    }
    rounding = try node.text("nearest_mode", default: "round_prefer_floor")
    guard ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].contains(rounding) else {
      throw .unsupported("has the nearest_mode '\(printable(rounding))'")
    }
    cubicCoefficient = Double(try node.float("cubic_coeff_a") ?? -0.75)
    excludesOutside = try node.flag("exclude_outside")
    isAntialiased = try node.flag("antialias")
    extrapolation = Double(try node.float("extrapolation_value") ?? 0)
  }

  var usesRegion: Bool { transformation == "tf_crop_and_resize" }

  /// What each element of the resized axis is a sum of.
  func sums(
    from extent: Int, to count: Int, scale: Double, region: (Double, Double)
  ) -> [Resample.Sum] {
    (0..<count).map { index in
      let place = place(
        of: Double(index), extent: Double(extent), count: Double(count), scale: scale,
        region: region)
      if usesRegion, place < 0 || place > Double(extent - 1) {
        return Resample.Sum(sources: [], weights: [])
      }
      return sum(at: place, extent: extent, scale: scale)
    }
  }

  private func place(
    of index: Double, extent: Double, count: Double, scale: Double, region: (Double, Double)
  ) -> Double {
    // Not always whole, unlike `count`.
    let resized = scale * extent
    switch transformation {
    case "align_corners": return resized == 1 ? 0 : index * (extent - 1) / (resized - 1)
    case "asymmetric": return index / scale
    case "tf_crop_and_resize":
      let span = (region.1 - region.0) * (extent - 1)
      return region.0 * (extent - 1) + (resized == 1 ? span / 2 : index * span / (resized - 1))
    case "pytorch_half_pixel" where resized == 1: return -0.5
    case "half_pixel_symmetric":
      return extent / 2 * (1 - count / resized) + (index + 0.5) / scale - 0.5
    default: return (index + 0.5) / scale - 0.5
    }
  }

  private func sum(at place: Double, extent: Int, scale: Double) -> Resample.Sum {
    let last = Double(extent - 1)
    if kernel == .nearest {
      let chosen: Double =
        switch rounding {
        case "round_prefer_floor": (place - 0.5).rounded(.up)
        case "round_prefer_ceil": (place + 0.5).rounded(.down)
        case "floor": place.rounded(.down)
        default: place.rounded(.up)
        }
      return Resample.Sum(sources: [Int(min(max(chosen, 0), last))], weights: [1])
    }
    // A kernel is stretched over what becomes one element when it is made smaller.
    let stretch = isAntialiased ? min(scale, 1) : 1
    let reach = (kernel == .linear ? 1.0 : 2) / stretch
    var weights: [Int: Double] = [:]
    var total = 0.0
    let first = (place - reach).rounded(.up)
    let end = min((place + reach).rounded(.down), first + 1 + 2 * reach)
    for source in stride(from: first, through: end, by: 1) {
      let isOutside = source < 0 || source > last
      if isOutside, excludesOutside { continue }
      let weight = weight(at: abs(source - place) * stretch)
      total += weight
      weights[Int(min(max(source, 0), last)), default: 0] += weight
    }
    if total == 0 { return Resample.Sum(sources: [], weights: []) }
    let sources = weights.keys.sorted()
    return Resample.Sum(
      sources: sources, weights: sources.map { Float((weights[$0] ?? 0) / total) })
  }

  private func weight(at distance: Double) -> Double {
    if kernel == .linear { return max(0, 1 - distance) }
    let a = cubicCoefficient
    if distance <= 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
    return distance < 2
      ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0
  }
}
