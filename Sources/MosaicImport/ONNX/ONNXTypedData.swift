internal import COnnxProto
internal import MosaicCore

// Tensors whose elements are stored number by number. Source: the comments of TensorProto in
// onnx/onnx.proto.

extension DataType {
  /// The field of `TensorProto` that holds elements of this type.
  var typedField: String {
    switch self {
    case .f32: "float_data"
    case .f64: "double_data"
    case .i64: "int64_data"
    case .u32, .u64: "uint64_data"
    case .i32, .i16, .i8, .u16, .u8, .bool, .f16, .bf16, .f8e4m3, .f8e5m2: "int32_data"
    }
  }
}

extension Onnx__TensorProto {
  /// Names of the fields that hold elements.
  var typedFields: [String] {
    let counts = [
      ("float_data", n_float_data), ("int32_data", n_int32_data), ("string_data", n_string_data),
      ("int64_data", n_int64_data), ("double_data", n_double_data),
      ("uint64_data", n_uint64_data),
    ]
    return counts.filter { $0.1 > 0 }.map(\.0)
  }

  /// The elements as `dataType` stores them; of floats of 8 and 16 bits the field holds the bits.
  func typedData(as dataType: DataType, _ place: String) throws(ONNXError.Reason) -> OwnedBytes {
    let int32s = UnsafeBufferPointer(start: int32_data, count: n_int32_data)
    let uint64s = UnsafeBufferPointer(start: uint64_data, count: n_uint64_data)
    switch dataType {
    case .f32: return copy(UnsafeBufferPointer(start: float_data, count: n_float_data))
    case .f64: return copy(UnsafeBufferPointer(start: double_data, count: n_double_data))
    case .i64: return copy(UnsafeBufferPointer(start: int64_data, count: n_int64_data))
    case .u64: return copy(uint64s)
    case .u32: return try narrow(uint64s, to: UInt32.self, place)
    case .i32: return copy(int32s)
    case .i16: return try narrow(int32s, to: Int16.self, place)
    case .i8: return try narrow(int32s, to: Int8.self, place)
    case .u16, .f16, .bf16: return try narrow(int32s, to: UInt16.self, place)
    case .u8, .bool, .f8e4m3, .f8e5m2: return try narrow(int32s, to: UInt8.self, place)
    }
  }
}

private func copy<Element>(_ elements: UnsafeBufferPointer<Element>) -> OwnedBytes {
  let bytes = UnsafeRawBufferPointer(elements)
  return OwnedBytes(copying: bytes, count: bytes.count)
}

private func narrow<Stored: FixedWidthInteger, Element: FixedWidthInteger>(
  _ elements: UnsafeBufferPointer<Stored>, to: Element.Type, _ place: String
) throws(ONNXError.Reason) -> OwnedBytes {
  let width = MemoryLayout<Element>.size
  let result = OwnedBytes(count: elements.count * width)
  for (index, element) in elements.enumerated() {
    guard let value = Element(exactly: element) else {
      throw .tensor(place, problem: "has the element \(element), which its type does not hold")
    }
    result.memory.storeBytes(of: value.littleEndian, toByteOffset: index * width, as: Element.self)
  }
  return result
}
