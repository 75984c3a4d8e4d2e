public import CMosaic
internal import MosaicCore
internal import MosaicRuntime

/// Structures of the caller begin with their size, so that one of another version is refused.
protocol SizedArgument {
  var size: Int { get }
}

extension mosaic_options: SizedArgument {}
extension mosaic_description: SizedArgument {}
extension mosaic_request: SizedArgument {}

/// - Throws: `CallError` where the structure is null or of another size.
func checked<T: SizedArgument>(_ argument: UnsafePointer<T>?, _ name: String) throws -> T {
  guard let argument else { throw CallError.null(name) }
  // The size stands first: nothing behind it is read before it is known.
  let size = UnsafeRawPointer(argument).loadUnaligned(as: Int.self)
  guard size == MemoryLayout<T>.size else {
    throw CallError.structSize(name, expected: MemoryLayout<T>.size, found: size)
  }
  return argument.pointee
}

/// The product, where it is a count of floats that memory can hold.
func floatCount(_ factors: [Int], _ name: String) throws -> Int {
  var product = 4
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor >= 0, !overflow else {
      throw CallError.outOfRange(name, "few enough samples to count their elements")
    }
    product = next
  }
  return product / 4
}

/// - Throws: `CallError` for a number that stands for nothing, or a precision that this processor has
///   no instructions for.
func checkedPrecision(_ number: Int32) throws -> Precision {
  let known: [Precision] = [.f32, .bf16, .int8]
  guard known.indices.contains(Int(number)) else {
    throw CallError.outOfRange("precision", "0, 1 or 2")
  }
  let precision = known[Int(number)]
  guard precision.isNative else { throw CallError.noInstructions(precision.rawValue) }
  return precision
}

/// Classes of a caller, each below `count`.
func checkedClasses(
  _ classes: UnsafePointer<Int64>?, count: Int, known: Int
) throws -> [Int] {
  guard let classes, count > 0 else { return [] }
  return try UnsafeBufferPointer(start: classes, count: count).map { number in
    guard (0..<Int64(known)).contains(number) else {
      throw CallError.outOfRange("classes", "in 0..<\(known), found \(number)")
    }
    return Int(number)
  }
}
