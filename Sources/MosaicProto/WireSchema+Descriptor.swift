internal import CProtobufC
public import MosaicCore

extension WireSchema {
  /// The messages that can lie inside a message of the generated descriptor `root`, which comes
  /// first. Taken from there, what the scanner checks and what protobuf-c decodes cannot drift apart.
  ///
  /// - Parameters:
  ///   - root: A `ProtobufCMessageDescriptor`.
  ///   - isPayload: Whether it is reported where a field's content lies; given the message's name,
  ///     without its package's.
  public init(
    _ root: UnsafeRawPointer, isPayload: (_ message: String, _ field: Field) -> Bool
  ) {
    var found = [root]
    var indices = [root: 0]
    self.init([])
    while messages.count < found.count {
      let descriptor = found[messages.count].load(as: ProtobufCMessageDescriptor.self)
      let fields = UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields))
      let message = String(cString: descriptor.short_name)
      messages.append(
        Message(
          String(cString: descriptor.name), unpackedSize: descriptor.sizeof_message,
          fields: fields.map { field in
            var kind = Kind(scalar: field.type)
            if field.type == PROTOBUF_C_TYPE_MESSAGE, let inner = field.descriptor {
              let index = indices[inner, default: found.count]
              if index == found.count {
                indices[inner] = index
                found.append(inner)
              }
              kind = .message(index)
            }
            var result = Field(
              Int(field.id), String(cString: field.name), kind,
              isRepeated: field.label == PROTOBUF_C_LABEL_REPEATED)
            result.isPayload = isPayload(message, result)
            return result
          }))
    }
  }
}

extension WireSchema.Kind {
  fileprivate init(scalar type: ProtobufCType) {
    self =
      switch type {
      case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
      case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
      case PROTOBUF_C_TYPE_STRING: .string
      case PROTOBUF_C_TYPE_BYTES: .bytes
      default: .varint
      }
  }
}
