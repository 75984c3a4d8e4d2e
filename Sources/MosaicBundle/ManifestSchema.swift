internal import CMosaicProto
internal import MosaicCore

/// The manifest's messages for the wire scanner, taken from the generated descriptors so that the
/// two cannot drift apart.
enum ManifestSchema {
  static let wire = WireSchema(messages(from: mosaic__manifest__descriptor))

  private static func messages(
    from root: ProtobufCMessageDescriptor
  ) -> [WireSchema.Message] {
    var found = [root]
    var indices: [UnsafeRawPointer: Int] = [:]
    var result: [WireSchema.Message] = []
    while result.count < found.count {
      let descriptor = found[result.count]
      let fields = UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields))
      let isRoot = result.isEmpty
      result.append(
        WireSchema.Message(
          String(cString: descriptor.name), unpackedSize: descriptor.sizeof_message,
          fields: fields.map { field in
            var kind = scalarKind(of: field.type)
            if field.type == PROTOBUF_C_TYPE_MESSAGE, let inner = field.descriptor {
              let index = indices[inner, default: found.count]
              if index == found.count {
                indices[inner] = index
                found.append(
                  inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self).pointee)
              }
              kind = .message(index)
            }
            let name = String(cString: field.name)
            return WireSchema.Field(
              Int(field.id), name, kind, isRepeated: field.label == PROTOBUF_C_LABEL_REPEATED,
              isPayload: isRoot && name == "content")
          }))
    }
    return result
  }

  private static func scalarKind(of type: ProtobufCType) -> WireSchema.Kind {
    switch type {
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
    case PROTOBUF_C_TYPE_STRING: .string
    case PROTOBUF_C_TYPE_BYTES: .bytes
    default: .varint
    }
  }
}
