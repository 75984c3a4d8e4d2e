internal import COnnxProto
internal import MosaicCore
internal import MosaicProto

extension ONNXGraphDecoder {
  mutating func initialiser(_ message: Onnx__TensorProto) throws -> TensorView {
    try tensor(message, place: "initialiser '\(printable(text(message.name)))'")
  }

  /// - Parameter place: What messages call the tensor.
  mutating func tensor(_ message: Onnx__TensorProto, place: String) throws -> TensorView {
    let (dataType, shape) = try layout(of: message, place)
    guard let count = elementCount(of: shape) else {
      throw ONNXError.Reason.tensor(
        place, problem: "has the shape \(shape), whose elements no memory can hold")
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: dataType.byteWidth)
    guard !overflow else {
      throw ONNXError.Reason.tensor(
        place, problem: "has the shape \(shape), whose elements no memory can hold")
    }
    let (bytes, owner) = try storage(of: message, dataType, byteCount, place)
    guard bytes.count == byteCount else {
      throw ONNXError.Reason.tensor(
        place,
        problem: "needs \(byteCount) bytes by shape \(shape) and type \(dataType.rawValue),"
          + " but has \(bytes.count)")
    }
    return TensorView(dataType: dataType, shape: shape, bytes: bytes, owner: owner)
  }

  private func layout(
    of message: Onnx__TensorProto, _ place: String
  ) throws(ONNXError.Reason) -> (DataType, [Int]) {
    guard let elementType = ONNXElementType(rawValue: message.data_type) else {
      throw .tensor(place, problem: "has the element type \(message.data_type), which is none")
    }
    guard let dataType = elementType.dataType else {
      throw .unsupportedTensor(place, kind: "has elements of type \(elementType.name)")
    }
    guard message.segment == nil else {
      throw .unsupportedTensor(place, kind: "is a segment of a tensor")
    }
    guard message.n_dims <= ONNXLimits.rank else {
      throw .tensor(place, problem: "has \(message.n_dims) dimensions, over \(ONNXLimits.rank)")
    }
    let shape = array(message.dims, message.n_dims).map { Int($0) }
    if let extent = shape.first(where: { $0 < 0 }) {
      throw .tensor(place, problem: "has the negative dimension \(extent)")
    }
    return (dataType, shape)
  }

  /// The tensor's bytes, from the one place that has them.
  private mutating func storage(
    of message: Onnx__TensorProto, _ dataType: DataType, _ byteCount: Int, _ place: String
  ) throws -> (UnsafeRawBufferPointer, AnyObject) {
    let isExternal = message.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    let sources =
      (message.has_raw_data != 0 ? ["raw_data"] : []) + message.typedFields
      + (isExternal || message.n_external_data > 0 ? ["external_data"] : [])
    guard sources.count <= 1 else {
      throw ONNXError.Reason.tensor(
        place, problem: "has data in \(sources.joined(separator: " and in "))")
    }
    switch sources.first {
    case nil:
      guard byteCount == 0 else {
        throw ONNXError.Reason.tensor(place, problem: "has no data")
      }
      return (UnsafeRawBufferPointer(start: nil, count: 0), document.owner)
    case "raw_data":
      return (document.payload(message.raw_data), document.owner)
    case "external_data":
      guard isExternal else {
        throw ONNXError.Reason.tensor(
          place, problem: "names external data, but is not marked as external")
      }
      let entries = list(message.external_data, message.n_external_data)
      return try external.bytes(
        entries.map { (text($0.key), text($0.value)) }, byteCount: byteCount, tensor: place)
    case let field?:
      guard field == dataType.typedField else {
        throw ONNXError.Reason.tensor(
          place, problem: "of type \(dataType.rawValue) has its data in \(field)")
      }
      let data = try message.typedData(as: dataType, place)
      return (UnsafeRawBufferPointer(data.memory), data)
    }
  }
}
