internal import MosaicAnalysis
internal import MosaicCore
internal import MosaicIR
internal import MosaicLowering
internal import MosaicPruning
internal import MosaicSurgery

/// The dense weights that variants are made from, as a bundle holds them: rounded to its type, each
/// group's units in the order that gives variants few runs.
struct ShippedWeights {
  let network: DenseNetwork
  private let orders: [UnitOrder?]
  /// Of a weight whose rows do not all stay, or whose units have moved: the rows that stay.
  private let storedRows: [ValueID: Int]

  /// The weights of the checkpoint, in their order.
  init(_ network: DenseNetwork, groups: [PruningGroup]) {
    self.network = network
    orders = groups.map { _ in nil }
    storedRows = [:]
  }

  /// - Parameter variants: Pruned from `network`.
  init(_ network: DenseNetwork, groups: [PruningGroup], orderedFor variants: [PrunedNetwork]) {
    orders = groups.enumerated().map { number, group in
      guard group.isPlain(in: network.graph) else { return nil }
      let order = UnitOrder(unitCount: group.unitCount, kept: variants.map { $0.kept[number] })
      return order.isIdentity && order.usedCount == group.unitCount ? nil : order
    }
    self.network = network.reordered(groups, by: orders.map { $0?.units })
    var storedRows: [ValueID: Int] = [:]
    for (group, order) in zip(groups, orders) {
      guard let order else { continue }
      for producer in group.producers { storedRows[producer] = order.usedCount * group.unitSize }
      storedRows[group.consumer] = network.graph[group.consumer].type.shape(batch: 1)[0]
    }
    self.storedRows = storedRows
  }

  /// The variant with its units in the stored order, so that what is proven is what is shipped.
  func place(_ variant: RangeVariant, in subject: CalibrationSubject) throws -> RangeVariant {
    let placed = variant.network.reordered(subject.groups, by: orders.map { $0?.units })
    return RangeVariant(
      steps: variant.steps, sparsity: variant.sparsity, network: placed,
      predictor: try subject.predictor(of: placed, from: network))
  }

  /// The unit at each stored place of a group; empty where all are stored as they came.
  func order(ofGroup number: Int) -> [Int] {
    orders[number].map { Array($0.units.prefix($0.usedCount)) } ?? []
  }

  /// The rows of a weight that are stored.
  func rowCount(_ id: ValueID, _ shape: [Int]) -> Int { storedRows[id] ?? shape.first ?? 1 }

  /// The bytes of all tensors that a bundle of these variants stores, before compression; equal
  /// content that two of them happen to share counts twice.
  func storedBytes(of variants: [RangeVariant], from weights: any WeightSource) throws -> Int {
    var shared: Set<ValueID> = []
    var bytes = 0
    for variant in variants {
      for id in try variant.network.graph.lowered().weights {
        switch variant.network.replacements[id] {
        case nil, .rows:
          guard shared.insert(id).inserted,
            let view = weights.tensor(variant.network.graph[id].name)
          else { continue }
          bytes += stored(id, original: view).bytes.count
        case .values, .added:
          let shape = variant.network.graph[id].type.shape(batch: 1)
          let values = variant.network.weight(id, of: network).array
          bytes += stored(id, refitted: values, shape: shape).bytes.count
        }
      }
    }
    return bytes
  }

  /// A weight as it is stored.
  ///
  /// - Parameter original: The checkpoint's tensor, which serves where nothing has changed.
  func stored(_ id: ValueID, original: TensorView) -> TensorView {
    let type = storedType(id)
    guard storedRows[id] != nil || original.dataType != type else { return original }
    var shape = original.shape
    if let rows = storedRows[id] { shape[0] = rows }
    let count = shape.reduce(1, *)
    let floats = network.floats(id)
    return TensorView(
      count == floats.count ? floats : Array(floats[..<count]), shape: shape, storedAs: type)
  }

  /// Refitted values as they are stored. Small changes of a bias would vanish in half precision, so
  /// that only matrices, which were rounded before, are kept in it.
  func stored(_ id: ValueID, refitted values: [Float], shape: [Int]) -> TensorView {
    let view = TensorView(
      values, shape: shape, storedAs: shape.count >= 2 ? storedType(id) : .f32)
    return view.firstNonFinite == nil ? view : TensorView(values, shape: shape)
  }

  /// The weight's own type where bundles hold it, else f32.
  private func storedType(_ id: ValueID) -> DataType {
    switch network.storage[id] {
    case .f16: .f16
    case .bf16: .bf16
    default: .f32
    }
  }
}
