internal import MosaicCore

extension Manifest {
  /// Checks that a variant can run: its program, its weights and the roles of its inputs.
  func check(_ variant: Variant) throws(BundleError.Reason) {
    let section = "variant '\(printable(variant.name))'"
    guard variant.weights.count == variant.program.weights.count else {
      throw .inconsistent(
        section: section,
        problem: "gives \(variant.weights.count) weights for the "
          + "\(variant.program.weights.count) of its program")
    }
    var bytes = 0
    for (source, weight) in zip(variant.weights, variant.program.weights) {
      var place: String { "\(section), weight '\(printable(weight.name))'" }
      let shape = try shape(of: source, place)
      guard shape == weight.shape else {
        throw .inconsistent(
          section: place,
          problem: "its tensor gives the shape \(shape) instead of \(weight.shape)")
      }
      // Below 2^40 each, and never more than a manifest holds: no overflow.
      bytes += 4 * (elementCount(of: shape) ?? 0)
      guard bytes <= BundleLimits.size else {
        throw .limit(what: "\(section)'s bytes", value: bytes, limit: BundleLimits.size)
      }
    }
    for units in variant.kept { try check(units, section) }
    do {
      try ProgramVerifier.verify(variant.program)
    } catch {
      throw .program(variant: variant.name, error)
    }
    try checkRoles(of: variant.program, section)
  }

  /// The shape of what a weight source selects.
  func shape(
    of source: WeightSource, _ section: @autoclosure () -> String
  ) throws(BundleError.Reason) -> [Int] {
    guard tensors.indices.contains(source.tensor) else {
      throw .inconsistent(
        section: section(), problem: "names tensor \(source.tensor) of \(tensors.count)")
    }
    let tensor = tensors[source.tensor]
    guard !source.runs.isEmpty else { return tensor.shape }
    guard source.axis == 0 || source.axis == 1, source.axis < tensor.shape.count else {
      throw .inconsistent(
        section: section(),
        problem: "selects along axis \(source.axis) of a tensor of shape \(tensor.shape)")
    }
    var shape = tensor.shape
    shape[source.axis] = 0
    for run in source.runs {
      try check(run, below: tensor.shape[source.axis], section())
      shape[source.axis] += run.count
      // Repeated rows cannot make a weight larger than the tensor it comes from.
      guard shape[source.axis] <= tensor.shape[source.axis] else {
        throw .inconsistent(section: section(), problem: "selects more rows than its tensor has")
      }
    }
    return shape
  }

  private func check(_ units: KeptUnits, _ section: String) throws(BundleError.Reason) {
    guard groups.indices.contains(units.group) else {
      throw .inconsistent(
        section: section, problem: "keeps units of group \(units.group) of \(groups.count)")
    }
    let group = groups[units.group]
    let place = "\(section), group '\(printable(group.name))'"
    var end = 0
    for run in units.runs {
      try check(run, below: group.unitCount, place)
      guard run.start >= end else {
        throw .inconsistent(
          section: place, problem: "its kept units are not ascending at \(run.start)")
      }
      end = run.start + run.count
    }
  }

  private func check(
    _ run: Run, below limit: Int, _ section: @autoclosure () -> String
  ) throws(BundleError.Reason) {
    guard run.start >= 0, run.count > 0, run.count <= limit, run.start <= limit - run.count else {
      throw .inconsistent(
        section: section(), problem: "the run of \(run.count) from \(run.start) leaves 0..<\(limit)"
      )
    }
  }

  /// The inputs that samplers feed exist and have the shapes they are fed with.
  private func checkRoles(of program: Program, _ section: String) throws(BundleError.Reason) {
    var roles: [(name: String, shapes: [[Int]], element: Program.Port.Element)] = [
      (model.sampleInput, [model.sampleShape], .f32), (model.timestepInput, [[], [1]], .f32),
    ]
    if let classInput = model.classInput { roles.append((classInput, [[], [1]], .i32)) }
    for name in model.conditioningInputs where !program.inputs.contains(where: { $0.name == name })
    {
      throw .inconsistent(
        section: section, problem: "its program has no input '\(printable(name))'")
    }
    for role in roles {
      guard
        program.inputs.contains(where: {
          $0.name == role.name && role.shapes.contains($0.shape) && $0.element == role.element
        })
      else {
        throw .inconsistent(
          section: section,
          problem: "its program has no \(role.element) input '\(printable(role.name))' of the "
            + "shape \(role.shapes[role.shapes.count - 1])")
      }
    }
    guard program.outputShape == model.outputShape else {
      throw .inconsistent(
        section: section,
        problem: "its output has the shape \(program.outputShape) instead of "
          + "\(model.outputShape)")
    }
  }
}
