internal import MosaicCore

/// Takes an operation's attributes by name and finds those nobody asked for.
struct AttributeReader {
  private var left: [StoredOperation.Attribute]
  private let operation: String
  private let place: String

  init(_ attributes: [StoredOperation.Attribute], operation: String, place: String) {
    left = attributes
    self.operation = operation
    self.place = place
  }

  mutating func integers(_ name: String) throws(BundleError.Reason) -> [Int] {
    guard case .integers(let values) = try take(name) else { throw wrong(name, "integers") }
    return values
  }

  mutating func integer(_ name: String) throws(BundleError.Reason) -> Int {
    let values = try integers(name)
    guard values.count == 1 else { throw wrong(name, "one integer") }
    return values[0]
  }

  mutating func flag(_ name: String) throws(BundleError.Reason) -> Bool {
    let value = try integer(name)
    guard value == 0 || value == 1 else { throw wrong(name, "0 or 1") }
    return value == 1
  }

  mutating func float(_ name: String) throws(BundleError.Reason) -> Float {
    guard case .number(let value) = try take(name), Float(value).isFinite else {
      throw wrong(name, "a finite number")
    }
    return Float(value)
  }

  mutating func activation(_ name: String) throws(BundleError.Reason) -> Program.Activation {
    guard case .text(let text) = try take(name) else { throw wrong(name, "a text") }
    guard let result = Program.Activation(rawValue: text) else {
      throw .unsupported(kind: "activation", name: text, place: place)
    }
    return result
  }

  /// A function by the name that bundles give it.
  mutating func function<Function: RawRepresentable<String>>(
    _ name: String
  ) throws(BundleError.Reason) -> Function {
    guard case .text(let text) = try take(name) else { throw wrong(name, "a text") }
    guard let result = Function(rawValue: text) else {
      throw .unsupported(kind: "function", name: text, place: place)
    }
    return result
  }

  /// - Throws: Where an attribute was not taken: it would change the meaning unseen.
  func finish() throws(BundleError.Reason) {
    guard let first = left.first else { return }
    throw .unsupported(
      kind: "attribute", name: "\(operation).\(first.name)", place: place)
  }

  private mutating func take(
    _ name: String
  ) throws(BundleError.Reason) -> StoredOperation.Attribute.Value {
    guard let index = left.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw .inconsistent(section: place, problem: "\(operation) lacks '\(name)'")
    }
    return left.remove(at: index).value
  }

  private func wrong(_ name: String, _ expected: String) -> BundleError.Reason {
    .inconsistent(section: place, problem: "\(operation).\(name) is not \(expected)")
  }
}
