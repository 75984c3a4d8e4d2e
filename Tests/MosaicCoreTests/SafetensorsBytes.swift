import MosaicCore

/// A safetensors file of `header` as it is, and `dataCount` bytes 0, 1, 2, …
func safetensors(_ header: String, dataCount: Int = 0) -> [UInt8] {
  safetensors(Array(header.utf8), data: (0..<dataCount).map { UInt8(truncatingIfNeeded: $0) })
}

func safetensors(_ header: [UInt8], data: [UInt8]) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
}

/// One entry of a header.
func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

func read(_ bytes: [UInt8]) throws(SafetensorsError) -> SafetensorsReader {
  let memory = bytes.withUnsafeBytes { OwnedBytes(copying: $0, count: bytes.count) }
  return try SafetensorsReader(
    path: "w.safetensors", bytes: UnsafeRawBufferPointer(memory.memory), owner: memory)
}

func view(_ dataType: DataType, _ bytes: [UInt8], shape: [Int]? = nil) -> TensorView {
  let memory = bytes.withUnsafeBytes { OwnedBytes(copying: $0, count: bytes.count) }
  return TensorView(
    dataType: dataType, shape: shape ?? [bytes.count / dataType.byteWidth],
    bytes: UnsafeRawBufferPointer(memory.memory), owner: memory)
}

extension TensorView {
  var byteArray: [UInt8] { withExtendedLifetime(owner) { Array(bytes) } }
}
