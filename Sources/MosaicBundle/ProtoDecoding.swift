internal import MosaicCore

// The wire scanner has been over these structures: strings are UTF-8 and end where they seem to.

func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}

func texts(_ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int)
  -> [String]
{
  UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count).map { text($0) }
}

func array<T>(_ pointer: UnsafeMutablePointer<T>?, _ count: Int) -> [T] {
  Array(UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
}

/// The messages of a repeated field.
func list<T>(_ pointer: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int) -> [T] {
  array(pointer, count).compactMap { $0?.pointee }
}

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
