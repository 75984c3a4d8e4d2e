import ArgumentParser

/// The whole shape of one input of an ONNX model: sample=2,4,32,32.
struct InputShape: ExpressibleByArgument {
  var name: String
  var extents: [Int]

  init?(argument: String) {
    // Names may hold anything but what stands behind the last equals sign.
    guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else {
      return nil
    }
    let parts = argument[argument.index(after: equals)...]
      .split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    name = String(argument[..<equals])
    extents = numbers
  }
}
