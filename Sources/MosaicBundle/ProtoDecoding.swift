internal import MosaicCore
internal import MosaicProto

func integer(
  _ value: UInt64, _ section: @autoclosure () -> String
) throws(BundleError.Reason) -> Int {
  // Sums of two such numbers cannot overflow.
  guard value <= UInt64(Int.max / 2) else {
    throw .inconsistent(section: section(), problem: "the number \(value) is too large")
  }
  return Int(value)
}

func integers(
  _ pointer: UnsafeMutablePointer<UInt64>?, _ count: Int, _ section: @autoclosure () -> String
) throws(BundleError.Reason) -> [Int] {
  var result: [Int] = []
  for value in array(pointer, count) { result.append(try integer(value, section())) }
  return result
}

/// A shape inside the format's limits.
func shape(
  _ pointer: UnsafeMutablePointer<UInt64>?, _ count: Int, _ section: @autoclosure () -> String
) throws(BundleError.Reason) -> [Int] {
  guard count <= BundleLimits.rank else {
    throw .limit(what: "\(section())'s rank", value: count, limit: BundleLimits.rank)
  }
  let result = try integers(pointer, count, section())
  guard let elements = elementCount(of: result), elements <= BundleLimits.size,
    result.allSatisfy({ $0 <= BundleLimits.size })
  else {
    throw .inconsistent(
      section: section(), problem: "the shape \(result) has too many elements")
  }
  return result
}

/// `name` where the format can hold it.
func checkedName(_ name: String, _ section: String) throws(BundleError.Reason) -> String {
  guard !name.isEmpty, name.utf8.count <= BundleLimits.nameBytes else {
    throw .inconsistent(
      section: section,
      problem: "its name has \(name.utf8.count) bytes instead of 1...\(BundleLimits.nameBytes)")
  }
  return name
}
