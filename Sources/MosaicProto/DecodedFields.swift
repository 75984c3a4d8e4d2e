// The wire scanner has been over what protobuf-c unpacked: strings are UTF-8 and end where they
// seem to.

/// The text of a field, empty where it is absent.
public func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}

public func texts(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count).map { text($0) }
}

/// The values of a repeated field.
public func array<T>(_ pointer: UnsafeMutablePointer<T>?, _ count: Int) -> [T] {
  Array(UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
}

/// The messages of a repeated field.
public func list<T>(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int
) -> [T] {
  array(pointer, count).compactMap { $0?.pointee }
}
