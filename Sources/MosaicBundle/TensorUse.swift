/// Who reads a stored tensor, by the manifest alone.
struct TensorUse: Equatable {
  enum Role: String {
    /// As the checkpoint has it, rows left out at most.
    case dense
    /// Made for the variants that read it, and stored under a name of its own.
    case refitted
    /// What a plan's reused values are made of.
    case forecasts
    case unused
  }

  /// Numbers of the variants that read it.
  var variants: [Int] = []
  var role = Role.unused

  var isShared: Bool { variants.count > 1 }
}

extension Manifest {
  /// One for each of `tensors`.
  func tensorUses() -> [TensorUse] {
    var uses = [TensorUse](repeating: TensorUse(), count: tensors.count)
    for (number, variant) in variants.enumerated() {
      for (source, weight) in zip(variant.weights, variant.program.weights) {
        if uses[source.tensor].variants.last != number {
          uses[source.tensor].variants.append(number)
        }
        uses[source.tensor].role =
          tensors[source.tensor].name == weight.name ? .dense : .refitted
      }
    }
    for plan in plans {
      for index in [plan.forecasts, plan.maps?.tensor].compactMap({ $0 }) {
        uses[index].role = .forecasts
        uses[index].variants = Set(plan.steps.map(\.variant)).sorted()
      }
    }
    return uses
  }
}

extension Manifest.Tensor {
  var byteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } }
}
