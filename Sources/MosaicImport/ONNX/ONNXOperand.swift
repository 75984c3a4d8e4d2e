internal import MosaicCore
internal import MosaicIR

/// A value of an ONNX graph while that becomes ours: what it is, and its elements where they do not
/// depend on what the network is run on.
struct ONNXOperand {
  var name: String
  var type: TensorType
  /// Its place in the graph; nil as long as no node reads it.
  var id: ValueID?
  /// An initialiser's bytes.
  var stored: TensorView?
  /// Elements that were worked out. Beside an `id` they hold for this binding of the inputs alone.
  var tensor: Tensor?
  /// Whether `tensor` holds codes of extents, some of which depend on the batch.
  var isSymbolic = false

  /// More elements than this are left to the network.
  static let foldedCount = 1 << 20

  /// The elements where they are known, and few enough to work with.
  var known: Tensor? {
    if let tensor { return tensor }
    guard let stored, stored.elementCount <= ONNXOperand.foldedCount else { return nil }
    return Tensor(stored)
  }

  /// The elements of a vector of extents.
  var extents: [Dimension]? {
    guard let known, !type.element.isFloat else { return nil }
    return known.integers.map { isSymbolic ? Dimension(code: $0) : Dimension(Int($0)) }
  }
}

/// Extents as integers, so that all that moves integers moves them too: fixed ones are themselves,
/// others have the batch's power from bit 48 on.
extension Dimension {
  private static let powerShift: Int64 = 48

  init(code: Int64) {
    let power = code >> Dimension.powerShift
    self =
      power <= 0
      ? Dimension(Int(code))
      : Dimension(
        Int(code & (1 << Dimension.powerShift - 1)), power: Int(power))
  }

  /// Nil where the code has no room for it.
  var code: Int64? {
    let bound = 1 << Int(Dimension.powerShift)
    guard power == 0 ? abs(factor) < bound : (0..<bound).contains(factor), power < 1 << 12 else {
      return nil
    }
    return Int64(factor) + Int64(power) << Dimension.powerShift
  }
}

extension ONNXOperand {
  /// A vector of extents, or a single one, that the importer worked out.
  static func extents(
    _ extents: [Dimension], shape: [Int], name: String, element: DataType = .i64
  ) -> ONNXOperand? {
    let codes = extents.compactMap(\.code)
    guard codes.count == extents.count else { return nil }
    let isSymbolic = extents.contains { !$0.isFixed }
    return ONNXOperand(
      name: name, type: TensorType(shape.map { Dimension($0) }, element: element),
      tensor: Tensor(integers: codes, shape: shape, as: isSymbolic ? .i64 : element),
      isSymbolic: isSymbolic)
  }
}
