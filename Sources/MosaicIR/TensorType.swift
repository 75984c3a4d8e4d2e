/// One axis' extent: `factor · batch^power`.
///
/// The batch stays symbolic through the compiler, so one graph and one program serve every batch.
public struct Dimension: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public var factor: Int
  public var power: Int

  public init(_ factor: Int, power: Int = 0) {
    self.factor = factor
    self.power = power
  }

  public init(integerLiteral value: Int) { self.init(value) }

  /// The number of samples in a run.
  public static let batch = Dimension(1, power: 1)

  public var isFixed: Bool { power == 0 }

  public var description: String {
    switch (factor, power) {
    case (_, 0): "\(factor)"
    case (1, 1): "n"
    case (_, 1): "\(factor)n"
    default: "\(factor)n^\(power)"
    }
  }
}

/// What flows along a value: element kind and shape.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public enum Element: String, Sendable { case float, integer }

  public var element: Element
  public var shape: [Dimension]

  public init(_ shape: [Dimension], element: Element = .float) {
    self.shape = shape
    self.element = element
  }

  public var rank: Int { shape.count }

  /// Whether axis 0 is the batch and no other axis depends on it.
  public var isBatched: Bool {
    shape.first == .batch && shape.dropFirst().allSatisfy(\.isFixed)
  }

  /// The shape with every batch axis bound to `batch`.
  public func shape(batch: Int) -> [Int] {
    shape.map { dimension in
      (0..<dimension.power).reduce(dimension.factor) { product, _ in product * batch }
    }
  }

  /// Shape of one sample: without the leading batch axis where there is one.
  public var sampleShape: [Int] { isBatched ? shape.dropFirst().map(\.factor) : shape(batch: 1) }

  /// Elements of one sample.
  public var sampleCount: Int { sampleShape.reduce(1, *) }

  public var description: String {
    let dimensions = shape.map(\.description).joined(separator: ", ")
    return element == .float ? "[\(dimensions)]" : "int [\(dimensions)]"
  }
}
