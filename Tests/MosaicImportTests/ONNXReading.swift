import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// The model in `bytes`, of a file that does not exist.
func readONNX(_ bytes: [UInt8]) throws -> ONNXModel {
  let owned = bytes.withUnsafeBytes { OwnedBytes(copying: $0, count: bytes.count) }
  return try ONNXModel(
    path: "m.onnx", bytes: UnsafeRawBufferPointer(owned.memory), owner: owned)
}

func readONNX(_ model: WireMessage) throws -> ONNXModel { try readONNX(model.bytes) }

/// Expects the reader to refuse `bytes` with the whole message.
func refusesONNX(
  _ bytes: [UInt8], _ message: String, _ status: MosaicCore.ExitStatus = .badData,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = #expect(throws: ONNXError.self, sourceLocation: sourceLocation) {
    try readONNX(bytes)
  }
  #expect(error?.description == "m.onnx: \(message)", sourceLocation: sourceLocation)
  #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
}

func refusesONNX(
  _ model: WireMessage, _ message: String, _ status: MosaicCore.ExitStatus = .badData,
  sourceLocation: SourceLocation = #_sourceLocation
) { refusesONNX(model.bytes, message, status, sourceLocation: sourceLocation) }

func refusesONNX(
  graph: WireMessage, _ message: String, _ status: MosaicCore.ExitStatus = .badData,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  refusesONNX(
    SmallONNX.model(graph: graph), message, status, sourceLocation: sourceLocation)
}

/// A part of a model that should be there is not.
struct Absent: Error {
  var name: String
}
