internal import MosaicCore

/// Bytes of a bundle's tensors before compression, beside what others would take in the same types.
struct TensorBytes {
  /// That variants read.
  var stored: Int
  /// Of a file for each variant.
  var separate: Int
  /// Of the network before pruning, as the groups tell.
  var dense: Int
}

extension BundleSummary {
  var tensorBytes: TensorBytes {
    var (separate, dense) = (0, 0)
    var names: Set<String> = []
    for variant in manifest.variants where variant.unsupported == nil {
      for (source, weight) in zip(variant.weights, variant.program.weights) {
        let width = manifest.tensors[source.tensor].dataType.byteWidth
        separate += width * (elementCount(of: weight.shape) ?? 0)
        guard names.insert(weight.name).inserted else { continue }
        // The groups' sizes are claims.
        let count = denseShape(of: weight).reduce(1) { $0.multipliedClamped(by: $1) }
        dense = dense.addingClamped(count.multipliedClamped(by: width))
      }
    }
    let stored = zip(manifest.tensors, uses).reduce(0) {
      $0 + ($1.1.variants.isEmpty ? 0 : $1.0.byteCount)
    }
    return TensorBytes(stored: stored, separate: separate, dense: dense)
  }

  /// One line: what is stored once, and what that saves.
  var sharingText: String {
    let bytes = tensorBytes
    func share(_ part: Int) -> String {
      bytes.dense > 0 ? ", \(fixed(Double(part) / Double(bytes.dense), 3)) of dense" : ""
    }
    return "tensors before compression: \(byteText(bytes.stored))\(share(bytes.stored)); "
      + "a file for each variant would take \(byteText(bytes.separate))\(share(bytes.separate))"
  }

  /// The weight's shape with all units of its groups.
  private func denseShape(of weight: Program.Weight) -> [Int] {
    var shape = weight.shape
    for group in manifest.groups {
      let isProducer = group.producers.contains(weight.name)
      let axis = isProducer ? 0 : 1
      guard isProducer || group.consumer == weight.name, shape.indices.contains(axis)
      else { continue }
      shape[axis] = group.unitCount.multipliedClamped(by: group.unitSize)
    }
    return shape
  }
}
