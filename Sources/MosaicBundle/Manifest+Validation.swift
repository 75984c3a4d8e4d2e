internal import MosaicCore

extension Manifest {
  /// Checks every part of the manifest against the others and against the limits of the format.
  ///
  /// - Parameter end: Where the chunks end in the file.
  func validate(end: Int) throws(BundleError.Reason) {
    try checkChunks(end: end)
    try checkTensors()
    for source in provenance.sources where source.sha256.count != 32 {
      throw .inconsistent(
        section: "source '\(printable(source.name))'",
        problem: "its SHA-256 has \(source.sha256.count) bytes")
    }
    try model.check()
    try scheduler.checkSampler()
    for group in groups { try group.checkOrder() }
    try checkRanges()
    for variant in variants where variant.unsupported == nil {
      try check(variant)
    }
    try checkReport()
    try checkPlans()
  }

  /// Every noise level is served by exactly one variant.
  private func checkRanges() throws(BundleError.Reason) {
    var end = -Double.infinity
    for variant in variants {
      let (lower, upper) = (variant.logSNRLower, variant.logSNRUpper)
      // Written so that NaN fails.
      guard lower == end, lower < upper else {
        throw .inconsistent(
          section: "variant '\(printable(variant.name))'",
          problem: "its noise levels \(lower)..<\(upper) do not start at \(end)")
      }
      end = upper
    }
    guard end == .infinity else {
      throw .inconsistent(
        section: "the variants", problem: "no variant serves noise levels from \(end) on")
    }
  }

  private func checkReport() throws(BundleError.Reason) {
    if let step = schedule.perStep.first(where: { !variants.indices.contains($0.variant) }) {
      throw .inconsistent(
        section: "the schedule", problem: "names variant \(step.variant) of \(variants.count)")
    }
    if let curve = sensitivity.first(where: { $0.sparsities.count != $0.errors.count }) {
      throw .inconsistent(
        section: "the sensitivity of step \(curve.step)",
        problem: "has \(curve.sparsities.count) sparsities and \(curve.errors.count) errors")
    }
  }
}

extension Manifest.Group {
  /// Each place has a unit of its own.
  fileprivate func checkOrder() throws(BundleError.Reason) {
    guard Set(order).count == order.count, order.allSatisfy((0..<unitCount).contains) else {
      throw .inconsistent(
        section: "group '\(printable(name))'",
        problem: "its order of \(order.count) units names one twice or beyond \(unitCount)")
    }
  }
}

extension ModelDescription {
  fileprivate func check() throws(BundleError.Reason) {
    guard (2...3).contains(sampleShape.count), sampleShape.allSatisfy({ $0 > 0 }),
      outputChannels > 0
    else {
      throw .inconsistent(
        section: "the model",
        problem: "its samples have the shape \(sampleShape) and its output "
          + "\(outputChannels) channels")
    }
    // The sampler reads a sample's channels from the front of the output.
    guard sampleShape.count == 2 ? outputChannels == channels : outputChannels >= channels else {
      throw .inconsistent(
        section: "the model",
        problem: "its output has \(outputChannels) channels for samples of \(channels)")
    }
    if let nullClass, !(0...classCount).contains(nullClass) {
      throw .inconsistent(
        section: "the model", problem: "its null class \(nullClass) is outside 0...\(classCount)")
    }
    guard classNames.count <= classCount else {
      throw .inconsistent(
        section: "the model", problem: "names \(classNames.count) of \(classCount) classes")
    }
    guard (classInput == nil) == (classCount == 0) else {
      throw .inconsistent(
        section: "the model",
        problem: "has \(classCount) classes and "
          + (classInput == nil ? "no input for them" : "an input for them"))
    }
    guard timestepScale > 0, timestepScale.isFinite else {
      throw .inconsistent(
        section: "the model", problem: "its timesteps are scaled by \(timestepScale)")
    }
    let others = [sampleInput, timestepInput, classInput].compactMap { $0 }
    guard Set(conditioningInputs).count == conditioningInputs.count,
      Set(conditioningInputs).isDisjoint(with: others)
    else {
      throw .inconsistent(section: "the model", problem: "an input of it has two roles")
    }
  }
}
