internal import COnnxProto
internal import MosaicCore
internal import MosaicProto

/// The bytes of an ONNX file, scanned and then decoded by protobuf-c, weights left where they lie.
///
/// protobuf-c copies what it decodes, so it gets the document condensed: in the place of a tensor's
/// bytes stands the number of the payload that they are.
final class ONNXDocument {
  let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes` alive.
  let owner: AnyObject
  private let payloads: [WireScan.Payload]
  private let message: UnsafeMutablePointer<Onnx__ModelProto>

  /// Messages inside messages: a graph in a node's attribute takes three.
  private static let limits = WireScanner.Limits(depth: 64)

  private static let schema = withUnsafePointer(to: onnx__model_proto__descriptor) { root in
    WireSchema(root) { message, field in
      // Strings of attributes are small and of use; all other bytes are weights, or are refused.
      field.kind == .bytes && message != "AttributeProto"
        || ["tp", "type_protos", "sparse_tensor", "sparse_tensors"].contains(field.name)
    }
  }

  init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(ONNXError.Reason) {
    guard bytes.count > 0 else { throw .empty }
    // Protobuf's own limit.
    guard bytes.count < 1 << 31 else { throw .tooLarge(bytes: bytes.count) }
    self.bytes = bytes
    self.owner = owner
    let condensed: [UInt8]
    do throws(WireError) {
      let scan = try WireScanner(schema: Self.schema, limits: Self.limits).scan(bytes)
      payloads = scan.payloads
      condensed = scan.condensed(bytes)
    } catch {
      throw .wire(error)
    }
    guard let message = onnx__model_proto__unpack(nil, condensed.count, condensed) else {
      throw .undecodable
    }
    self.message = message
  }

  deinit { onnx__model_proto__free_unpacked(message, nil) }

  var model: Onnx__ModelProto { message.pointee }

  /// What the file holds in the place of a condensed payload.
  func payload(_ data: ProtobufCBinaryData) -> UnsafeRawBufferPointer {
    let number = UnsafeRawBufferPointer(start: data.data, count: data.len)
      .loadUnaligned(as: UInt64.self)
    return UnsafeRawBufferPointer(
      rebasing: bytes[payloads[Int(UInt64(littleEndian: number))].range])
  }
}
