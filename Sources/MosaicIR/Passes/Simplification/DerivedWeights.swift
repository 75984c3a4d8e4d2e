public import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Weights of which some are worked out of others when they are asked for: a transposed matrix is
/// never stored beside the one that a file holds.
public struct DerivedWeights: WeightSource {
  /// An operation on weights, or elements that no file holds.
  enum Recipe: Sendable {
    case constant(Tensor)
    case operation(any Operator, operands: [String], output: Int)
  }

  let base: any WeightSource
  var recipes: [String: Recipe] = [:]

  init(base: any WeightSource) { self.base = base }

  public func tensor(_ name: String) -> TensorView? {
    recipes[name] == nil ? base.tensor(name) : value(name)?.view
  }

  public func path(of name: String) -> String? {
    switch recipes[name] {
    case nil: base.path(of: name)
    case .constant: nil
    case .operation(_, let operands, _): operands.first.flatMap(path)
    }
  }

  /// Whether two weights hold the same elements, as far as that shows without working anything out.
  func areEqual(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    switch (recipes[a], recipes[b]) {
    case (nil, nil):
      guard let first = base.tensor(a), let second = base.tensor(b) else { return false }
      return withExtendedLifetime((first.owner, second.owner)) {
        first.dataType == second.dataType && first.shape == second.shape
          && first.bytes.count == second.bytes.count && first.bytes.holdsSame(as: second.bytes)
      }
    case (.operation(let first, let own, let output), .operation(let second, let other, let place)):
      return output == place && first.isEqual(to: second) && own.count == other.count
        && zip(own, other).allSatisfy(areEqual)
    default: return false
    }
  }

  /// Recipes read weights that were there before them, so the recursion ends.
  func value(_ name: String) -> Tensor? {
    switch recipes[name] {
    case nil: return base.tensor(name).map { Tensor($0) }
    case .constant(let tensor): return tensor
    case .operation(let operation, let operands, let output):
      let values = operands.compactMap(value)
      guard values.count == operands.count, operation.problem(with: values) == nil else {
        return nil
      }
      return operation.evaluate(values)[output]
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether as many bytes elsewhere are the same.
  fileprivate func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard let own = baseAddress, let other = other.baseAddress else { return true }
    return memcmp(own, other, count) == 0
  }
}
