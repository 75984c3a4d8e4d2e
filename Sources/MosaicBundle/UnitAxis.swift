internal import MosaicCore

/// Which unit of a pruning group each stretch of a stored tensor's rows or columns belongs to.
struct UnitAxis: Equatable {
  /// 0 for producers, 1 for consumers.
  var axis: Int
  var group: String
  /// In the order they are stored.
  var units: [Int]
  /// Rows or columns of a unit.
  var unitSize: Int
}

extension Manifest {
  /// The axes of every tensor that lie in units.
  func unitAxes() -> [[UnitAxis]] {
    var axes = [[UnitAxis]](repeating: [], count: tensors.count)
    var numbers: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() { numbers[tensor.name] = index }
    func add(_ axis: Int, of tensor: Int?, _ group: Group, _ units: [Int]) {
      guard let tensor, !units.isEmpty else { return }
      let shape = tensors[tensor].shape
      // Without elements, the product of some dimensions has no bound.
      guard elementCount(of: shape) ?? 0 > 0 else { return }
      let (size, overflow) = units.count.multipliedReportingOverflow(by: group.unitSize)
      guard shape.count > axis, !overflow, shape[axis] == size,
        !axes[tensor].contains(where: { $0.axis == axis })
      else { return }
      axes[tensor].append(
        UnitAxis(axis: axis, group: group.name, units: units, unitSize: group.unitSize))
    }
    for group in groups where group.unitSize > 0 {
      let stored = group.stored
      for producer in group.producers { add(0, of: numbers[producer], group, stored) }
      add(1, of: numbers[group.consumer], group, stored)
      for variant in variants where variant.unsupported == nil {
        // What was refitted has the columns of the rows that the variant reads.
        let consumers = zip(variant.program.weights, variant.weights).filter {
          $0.name == group.consumer && tensors[$1.tensor].name != group.consumer
        }
        for (_, source) in consumers {
          add(1, of: source.tensor, group, units(of: group, stored, in: variant))
        }
      }
    }
    return axes
  }

  /// The group's units in the order the variant has them, which its producers' rows tell.
  private func units(of group: Group, _ stored: [Int], in variant: Variant) -> [Int] {
    for source in variant.weights where group.producers.contains(tensors[source.tensor].name) {
      guard !source.runs.isEmpty else { return stored }
      // Runs may repeat, and no variant can keep more units than are stored.
      guard source.runs.reduce(0, { $0 + $1.count / group.unitSize }) <= stored.count else {
        return []
      }
      return source.runs.flatMap { run -> [Int] in
        let (first, end) = (run.start / group.unitSize, (run.start + run.count) / group.unitSize)
        return first < end && end <= stored.count ? Array(stored[first..<end]) : []
      }
    }
    return []
  }
}

extension Manifest.Group {
  /// The unit at each stored place, or nothing where there are too many to be listed.
  fileprivate var stored: [Int] {
    let mostListed = 1 << 22
    return order.isEmpty && unitCount <= mostListed ? Array(0..<unitCount) : order
  }
}

extension TensorView {
  /// The rows and columns of `units` along `axis`, in their order, copied together.
  ///
  /// - Precondition: The axis' units are those of this tensor and hold all of `units`.
  func selecting(_ units: [Int], of axis: UnitAxis) -> TensorView {
    var places: [Int: Int] = [:]
    for (place, unit) in axis.units.enumerated() { places[unit] = place }
    let inner = shape.dropFirst(axis.axis + 1).reduce(dataType.byteWidth, *) * axis.unitSize
    let outer = shape.prefix(axis.axis).reduce(1, *)
    let result = OwnedBytes(uninitializedCount: outer * units.count * inner)
    withExtendedLifetime(owner) {
      for row in 0..<outer {
        for (target, unit) in units.enumerated() {
          let source = (row * axis.units.count + places[unit, default: 0]) * inner
          let start = (row * units.count + target) * inner
          result.memory.slice(start..<start + inner)
            .copyMemory(from: bytes.slice(source..<source + inner))
        }
      }
    }
    var shape = shape
    shape[axis.axis] = units.count * axis.unitSize
    return TensorView(
      dataType: dataType, shape: shape, bytes: UnsafeRawBufferPointer(result.memory),
      owner: result)
  }
}
