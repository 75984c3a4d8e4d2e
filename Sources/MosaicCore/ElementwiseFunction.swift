/// A function of one number, under the name that bundles give it.
public enum UnaryFunction: String, Sendable, CaseIterable {
  case absolute, ceiling, cosine, erf, exponential, floor, logarithm, negate, not, reciprocal
  case rectify
  /// To the nearest whole number, halves to the even one.
  case round
  case sigmoid, sign, sine, softplus
  case squareRoot = "square_root"
  case tangent, tanh
}

/// A function of two numbers, under the name that bundles give it. Comparisons give 1 or 0, and what
/// is not 0 counts as true.
public enum BinaryFunction: String, Sendable, CaseIterable {
  case add, divide, maximum, minimum, multiply, power, subtract
  /// What a quotient that is rounded down leaves over.
  case modulo
  /// What a quotient that is cut off leaves over.
  case remainder
  case equal, greater
  case greaterOrEqual = "greater_or_equal"
  case less
  case lessOrEqual = "less_or_equal"
  case and, or, xor
}

/// What many numbers become one by, under the name that bundles give it.
public enum Reduction: String, Sendable, CaseIterable {
  case maximum, mean, minimum, product, sum
  case sumOfSquares = "sum_of_squares"
}

/// Which coordinates of a head turn together in a rotary embedding, under the name that bundles give
/// it.
public enum RotationPairs: String, Sendable, CaseIterable {
  /// 0 and 1, 2 and 3, and so on.
  case neighbours
  /// Each of the first half with the same of the second.
  case halves
}
