public import MosaicCore

/// Element types of ONNX tensors, by the numbers that files hold.
///
/// Source: `TensorProto.DataType` in onnx/onnx.proto.
public enum ONNXElementType: Int32, CaseIterable, Sendable {
  case float = 1
  case uint8
  case int8
  case uint16
  case int16
  case int32
  case int64
  case string
  case bool
  case float16
  case double
  case uint32
  case uint64
  case complex64
  case complex128
  case bfloat16
  case float8e4m3fn
  case float8e4m3fnuz
  case float8e5m2
  case float8e5m2fnuz
  case uint4
  case int4
  case float4e2m1
  case float8e8m0
  case uint2
  case int2

  /// The name that ONNX gives it.
  public var name: String { "\(self)".uppercased() }

  /// Nil for what Mosaic has no tensors of: text, complex numbers, elements narrower than a byte,
  /// and the 8-bit floats that processors without them rarely meet.
  public var dataType: DataType? {
    switch self {
    case .float: .f32
    case .uint8: .u8
    case .int8: .i8
    case .uint16: .u16
    case .int16: .i16
    case .int32: .i32
    case .int64: .i64
    case .bool: .bool
    case .float16: .f16
    case .double: .f64
    case .uint32: .u32
    case .uint64: .u64
    case .bfloat16: .bf16
    case .float8e4m3fn: .f8e4m3
    case .float8e5m2: .f8e5m2
    case .string, .complex64, .complex128, .float8e4m3fnuz, .float8e5m2fnuz, .uint4, .int4,
      .float4e2m1, .float8e8m0, .uint2, .int2:
      nil
    }
  }
}
